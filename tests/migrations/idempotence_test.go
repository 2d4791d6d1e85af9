package migrations_test

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/tests/migrations/models"
)

// vector and generated have tags that are this module's own.
type vector struct {
	ID    int
	Small []byte `gorm:"type:F32_BLOB(3);not null"`
	Big   []byte `gorm:"type:F64_BLOB(1536)"`
	Bits  []byte `gorm:"type:F1BIT_BLOB(8)"`
	Half  []byte `gorm:"type:FLOAT16(2)"`
}

type computed struct {
	ID    int
	Price int
	Sum   int    `gorm:"->;generated:price * 2"`
	Text  string `gorm:"->;generated:'it''s ' || price;index"`
	Both  int    `gorm:"->;generated:(price + (1)) * sum;type:bigint;check:both_,both < 99"`
}

func everything() []any { return append(models.All(), &vector{}, &computed{}) }

// The second AutoMigrate of unchanged models writes nothing and takes no lock:
// it is done while another connection holds the write lock.
func TestTheSecondTimeNothingIsDone(t *testing.T) {
	for _, pool := range []int{0, 1} {
		t.Run(fmt.Sprintf("pool of %d", pool), func(t *testing.T) {
			path := dbtest.DSN(t, "_synchronous=OFF")
			db := openFile(t, path)
			conn, err := db.DB()
			require.NoError(t, err)
			conn.SetMaxOpenConns(pool)
			require.NoError(t, db.AutoMigrate(everything()...))
			requireNothingToDo(t, db, path, everything()...)
		})
	}
}

// Each on its own, so that what is found twice is named.
func TestTheSecondTimeOfEachModel(t *testing.T) {
	path := dbtest.DSN(t, "_synchronous=OFF")
	db := openFile(t, path)
	for _, m := range everything() {
		t.Run(reflect.TypeOf(m).Elem().Name(), func(t *testing.T) {
			require.NoError(t, db.AutoMigrate(m))
			requireNothingToDo(t, db, path, m)
		})
	}
}

// defaults finds them, without those of SET DEFAULT.
var defaults = regexp.MustCompile(`[^T] DEFAULT ("(?:[^"]|"")*"|x'\w*'|-?[\w.]+(?:-\d+)?)`)

// Texts that say the same in other words are the same: they are read, where
// those of the module's own are known by their bytes.
func TestTheSecondTimeInOtherWords(t *testing.T) {
	for name, spell := range map[string]func(text string) string{
		"double quotes": func(text string) string { return quoted(text, `"`, `"`) },
		"brackets":      func(text string) string { return quoted(text, "[", "]") },
		"upper case": func(text string) string {
			return words(text, func(s string) string {
				if strings.EqualFold(s, "nocase") || strings.EqualFold(s, "rtrim") {
					return s
				}
				return upper(s)
			})
		},
		"lower case": func(text string) string { return words(text, strings.ToLower) },
		"comments": func(text string) string {
			return between(text, func(sqltext.Token) string { return " /* it's, ( */\n" }) + " -- end"
		},
		"one blank more": func(text string) string { return between(text, func(sqltext.Token) string { return "\t\n" }) },
		"parentheses": func(text string) string {
			return defaults.ReplaceAllStringFunc(text, func(s string) string {
				before, value, _ := strings.Cut(s, "DEFAULT ")
				if value[0] == '"' {
					value = sqltext.QuoteString(sqltext.Unquote(value)) // in parentheses, "x" would be a name
				}
				return before + "DEFAULT ( (" + value + "))"
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := dbtest.DSN(t, "_synchronous=OFF")
			mine := open(t)
			require.NoError(t, mine.AutoMigrate(everything()...))
			db := openFile(t, path)
			for _, text := range texts(t, mine) {
				exec(t, db, spell(text))
			}
			for _, m := range everything() {
				plan, err := libsql.Plan(db, m)
				require.NoError(t, err)
				require.True(t, plan.Empty(), "%T: %s", m, plan)
			}
			requireNothingToDo(t, db, path, everything()...)
		})
	}
}

// Tables that were renamed there and back are written otherwise by SQLite.
func TestTheSecondTimeAfterRenames(t *testing.T) {
	path := dbtest.DSN(t, "_synchronous=OFF")
	db := openFile(t, path)
	require.NoError(t, db.AutoMigrate(everything()...))
	tables, err := db.Migrator().GetTables()
	require.NoError(t, err)
	for _, name := range tables {
		q := sqltext.QuoteIdent(name)
		exec(t, db, "ALTER TABLE "+q+" RENAME TO gone", "ALTER TABLE gone RENAME TO "+q)
		column := answer(t, db, "SELECT name FROM pragma_table_info("+sqltext.QuoteString(name)+") LIMIT 1")
		exec(t, db, "ALTER TABLE "+q+" RENAME COLUMN "+sqltext.QuoteIdent(column)+" TO gone",
			"ALTER TABLE "+q+" RENAME COLUMN gone TO "+sqltext.QuoteIdent(column))
	}
	requireNothingToDo(t, db, path, everything()...)
}

// texts are those of the schema, tables first.
func texts(t *testing.T, db *gorm.DB) (out []string) {
	t.Helper()
	require.NoError(t, db.Raw("SELECT sql FROM sqlite_schema WHERE sql <> '' AND name NOT LIKE 'sqlite_%' ORDER BY rowid").Scan(&out).Error)
	require.Greater(t, len(out), 30)
	return out
}

// quoted puts other quotes around the names.
func quoted(text, left, right string) string {
	return tokens(text, func(tok sqltext.Token) string {
		s := tok.Text(text)
		if tok.Kind == sqltext.QuotedIdent && s[0] == '`' {
			return left + sqltext.Unquote(s) + right
		}
		return s
	})
}

// words changes the words that stand without quotes.
func words(text string, change func(string) string) string {
	return tokens(text, func(tok sqltext.Token) string {
		if tok.Kind == sqltext.Ident {
			return change(tok.Text(text))
		}
		return tok.Text(text)
	})
}

// between puts something between the tokens, but not where they belong
// together: SQLite reads "<" and "=" as one.
func between(text string, what func(sqltext.Token) string) string {
	keep := []sqltext.Kind{sqltext.Op, sqltext.Dot}
	last := sqltext.Op
	return tokens(text, func(tok sqltext.Token) string {
		s := tok.Text(text)
		if !slices.Contains(keep, tok.Kind) && !slices.Contains(keep, last) {
			s = what(tok) + s
		}
		last = tok.Kind
		return s
	})
}

// upper changes the letters of ASCII, as which SQLite takes others.
func upper(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func tokens(text string, change func(sqltext.Token) string) string {
	var b strings.Builder
	for tok := range sqltext.Tokens(text) {
		b.WriteString(change(tok))
	}
	return b.String()
}

// requireNothingToDo checks that AutoMigrate has nothing to do, and does it
// without a lock.
func requireNothingToDo(t *testing.T, db *gorm.DB, path string, models ...any) {
	t.Helper()
	plan, err := libsql.Plan(db, models...)
	require.NoError(t, err)
	require.True(t, plan.Empty(), plan)
	other := openFile(t, dbtest.With(path, "_busy_timeout=0"))
	require.NoError(t, other.Connection(func(conn *gorm.DB) error {
		var version, again, data, dataAgain int
		require.NoError(t, conn.Raw("PRAGMA schema_version").Scan(&version).Error)
		require.NoError(t, conn.Raw("PRAGMA data_version").Scan(&data).Error)
		require.NoError(t, conn.Exec("BEGIN IMMEDIATE").Error)
		require.NoError(t, db.AutoMigrate(models...))
		require.NoError(t, conn.Exec("ROLLBACK").Error)
		require.NoError(t, conn.Raw("PRAGMA schema_version").Scan(&again).Error)
		require.NoError(t, conn.Raw("PRAGMA data_version").Scan(&dataAgain).Error)
		require.Equal(t, version, again)
		require.Equal(t, data, dataAgain)
		return nil
	}))
}
