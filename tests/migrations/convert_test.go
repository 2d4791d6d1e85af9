package migrations_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// values are what other tools store in whatever column.
var values = []string{
	"NULL", "0", "1", "-1", "5", "9007199254740992", "9007199254740993", "9223372036854775807", "-9223372036854775808",
	"0.0", "-0.0", "1.5", "5.0", "0.1", "1e300", "1e-300", "9007199254740993.0", "9e999", "1e15",
	"''", "'x'", "'5'", "'007'", "'5.0'", "'1.50'", "' 5'", "'5 '", "'+5'", "'-0'", "'1e5'", "'0x10'", "'1_000'", "'inf'", "'nan'", "'9007199254740993'",
	"'9223372036854775808'", "'0.1'", "'.5'", "'5.'", "'５'", "'2024-05-06'", "'true'", "x''", "x'35'", "x'00ff'", "CAST(x'ff35' AS TEXT)", "'5' || char(0)", "'5' || char(0) || 'x'",
}

// Whatever value meets whatever new type, it is the same value afterwards, or
// the change is refused and nothing has happened.
func TestNoTypeChangesAValue(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsText)
	models := map[string]any{
		"integer": &struct{ V int64 }{}, "real": &struct{ V float64 }{}, "text": &struct{ V string }{}, "blob": &struct{ V []byte }{},
		"numeric": &struct {
			V float64 `gorm:"type:decimal(10,2)"`
		}{},
		"boolean": &struct{ V bool }{},
	}
	done, refused := 0, 0
	for _, from := range []string{"", "integer", "real", "text", "blob", "decimal(20,8)", "varchar(5)", "datetime"} {
		for to, model := range models {
			db := open(t)
			for i, value := range values {
				exec(t, db, fmt.Sprintf("CREATE TABLE t%d(v %s)", i, from), fmt.Sprintf("INSERT INTO t%d VALUES (%s)", i, value))
				table := fmt.Sprintf("t%d", i)
				read := "SELECT typeof(v), quote(v) FROM " + table
				before := answer(t, db, read)
				text := answer(t, db, "SELECT sql FROM sqlite_schema WHERE name = '"+table+"'")
				err := db.Table(table).AutoMigrate(model)
				after := answer(t, db, read)
				what := fmt.Sprintf("%s from %q to %s: %s, then %s", value, from, to, before, after)
				if err != nil {
					refused++
					require.ErrorContains(t, err, `table "`+table+`": column "v": a value would not be the same`, what)
					require.Equal(t, before, after, what)
					require.Equal(t, text, answer(t, db, "SELECT sql FROM sqlite_schema WHERE name = '"+table+"'"), what)
					continue
				}
				done++
				require.True(t, sameValue(before, after), what)
				// What is read, written and read again stays: the column and
				// its values are of one mind.
				exec(t, db, "UPDATE "+table+" SET v = v")
				require.Equal(t, after, answer(t, db, read), what)
			}
		}
	}
	require.Greater(t, done, refused)
	require.Greater(t, refused, 50)
}

// sameValue tells whether two values, as a type and a literal, are the same
// but for being a number or the text of that number.
func sameValue(before, after string) bool {
	if before == after {
		return true
	}
	fromType, from, _ := strings.Cut(before, " ")
	toType, to, _ := strings.Cut(after, " ")
	from, to = strings.Trim(from, "'"), strings.Trim(to, "'")
	if fromType == "blob" || toType == "blob" || fromType == "null" || toType == "null" {
		return false
	}
	if from == to {
		return true
	}
	if i, err := strconv.ParseInt(from, 10, 64); err == nil && strconv.FormatInt(i, 10) == from && toType == "real" {
		f, err := strconv.ParseFloat(to, 64)
		return err == nil && f < 1<<63 && int64(f) == i
	}
	if fromType == "real" { // of the numbers, an integer or a text may stand for it
		f, err := strconv.ParseFloat(from, 64)
		g, err2 := strconv.ParseFloat(to, 64)
		return err == nil && err2 == nil && f == g
	}
	return false
}

// pool is one that gives no connection and begins transactions.
type pool struct{ gorm.ConnPool }

// Pools that others have made up are migrated in a transaction, when they
// have any.
func TestPoolsThatGiveNoConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	for name, wrap := range map[string]func(gorm.ConnPool) gorm.ConnPool{
		"begins": func(p gorm.ConnPool) gorm.ConnPool {
			return struct {
				gorm.ConnPool
				gorm.TxBeginner
			}{p, p.(gorm.TxBeginner)}
		},
		"does not": func(p gorm.ConnPool) gorm.ConnPool { return pool{p} },
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			exec(t, db, base, oneRow)
			sqlDB, err := db.DB()
			require.NoError(t, err)
			sqlDB.SetMaxOpenConns(1) // so that statements without a transaction meet one connection
			db.Statement.ConnPool, db.ConnPool = wrap(db.ConnPool), wrap(db.ConnPool)
			require.NoError(t, db.AutoMigrate(&newUnique{}))
			db.Statement.ConnPool, db.ConnPool = sqlDB, sqlDB
			require.Equal(t, "1 x NULL", answer(t, db, "SELECT id, name, code FROM t1"))
			require.Equal(t, "1", answer(t, db, "PRAGMA foreign_keys"))
		})
	}
}
