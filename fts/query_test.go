package fts_test

import (
	"database/sql"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestQuery(t *testing.T) {
	for text, want := range map[string]string{
		"":                         `""`,
		" \t\n":                    `""`,
		"\x00":                     `""`,
		"fox":                      `"fox"`,
		"brown fox":                `"brown" "fox"`,
		`"brown fox" dog`:          `"brown fox" "dog"`,
		`fox*`:                     `"fox"*`,
		`"brown fo"* dog`:          `"brown fo"* "dog"`,
		`"brown fo" * dog`:         `"brown fo" "dog"`,
		`"not closed`:              `"not closed"`,
		`a"b c"d`:                  `"a" "b c" "d"`,
		`""`:                       `""`,
		`*`:                        `""`,
		`a**`:                      `"a"*`,
		"NOT fox OR (dog AND cat)": `"NOT" "fox" "OR" "(dog" "AND" "cat)"`,
		"title:fox -dog ^cat":      `"title:fox" "-dog" "^cat"`,
		"NEAR(a b, 3)":             `"NEAR(a" "b," "3)"`,
		"nul\x00byte":              `"nul" "byte"`,
		"\"nul\x00byte\"":          `"nul byte"`,
		"größe　東京":                 `"größe" "東京"`,
		"it's a \\ day":            `"it's" "a" "\" "day"`,
		"\xff\xfe":                 "\"\xff\xfe\"",
	} {
		require.Equal(t, want, fts.Query(text), "%q", text)
	}
}

// tokenizers are all that the library has.
var tokenizers = []string{"unicode61", "porter ascii", "unicode61 remove_diacritics 2 tokenchars '*\"-'", "trigram", "trigram case_sensitive 1"}

func fuzzTables(t testing.TB) *sql.DB {
	db := dbtest.Open(t, dbtest.Memory(t))
	for i, tokenize := range tokenizers {
		name := string(rune('a' + i))
		dbtest.Exec(t, db, "CREATE VIRTUAL TABLE "+name+" USING fts5(x, y, tokenize=\""+strings.ReplaceAll(tokenize, `"`, `""`)+"\")")
		dbtest.Exec(t, db, "INSERT INTO "+name+" VALUES ('the brown fox', 'no AND or NOT')")
	}
	return db
}

// FuzzQuery asks FTS5 itself: no text is an error, and each word that a row
// consists of finds it.
func FuzzQuery(f *testing.F) {
	dbtest.LocalOnly(f, dbtest.NeedsTemp)
	for _, text := range []string{
		"", `"`, `""`, `a"b`, "*", "a*", `"a b"*`, "AND", "a AND", "NOT", "NEAR(", "x : a", "{x y} : a", "-a", "^a", "a + b", "(", ")", "\x00", "a\x00b",
		"\xff", "\xf0\x9f", "\"\xc3", "😀", "'", "''", ";", "--", "\\", "東京 塔", strings.Repeat("a ", 3000), strings.Repeat(`"`, 1001), strings.Repeat("(", 500),
		"e-mail o'neil c++", "\u2028a\u00a0b\u200bc", "ﬁ ß İ", "\ufeffa",
	} {
		f.Add(text)
	}
	db := fuzzTables(f)
	f.Fuzz(func(t *testing.T, text string) {
		query := fts.Query(text)
		for i := range tokenizers {
			name := string(rune('a' + i))
			for _, match := range []string{query, `{"x"} : (` + query + ")"} {
				rows, err := db.Query("SELECT rowid FROM "+name+" WHERE "+name+" MATCH ?", match)
				require.NoError(t, err, "%q", text)
				for rows.Next() {
				}
				require.NoError(t, rows.Err(), "%s: %q", tokenizers[i], text)
				rows.Close()
			}
		}
		if utf8.ValidString(text) { // else FTS5 takes bytes together that Go takes apart
			finds(t, db, text)
		}
	})
}

// finds checks the meaning: a row that is the text itself is found by the text
// as words, as long as it has a word at all; and with a word more, it is not.
func finds(t testing.TB, db *sql.DB, text string) {
	words := strings.NewReplacer(`"`, " ", "*", " ").Replace(text)
	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	dbtest.Exec(t, tx, "INSERT INTO a(rowid, x) VALUES (7, ?)", words)
	found := func(match string) bool {
		return dbtest.Int(t, tx, "SELECT count(*) FROM a WHERE rowid = 7 AND a MATCH ?", match) == 1
	}
	hasWords := dbtest.Int(t, tx, "SELECT EXISTS (SELECT 1 FROM a WHERE rowid = 7 AND a MATCH ?)", fts.Query(words+" ")) == 1
	dbtest.Exec(t, tx, "CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, a, instance)")
	indexed := dbtest.Int(t, tx, "SELECT count(*) FROM v WHERE doc = 7") > 0
	require.Equal(t, indexed, hasWords, "%q", text)
	require.False(t, found(fts.Query(words+" qqxyzzy")), "%q", text)
	if indexed {
		require.True(t, found(fts.Query(text)), "%q", text)
	}
}

func TestHugeText(t *testing.T) {
	db := fuzzTables(t)
	text := strings.Repeat(`word "and a phrase"* `, 500)
	dbtest.Int(t, db, "SELECT count(*) FROM a WHERE a MATCH ?", fts.Query(text))
	dbtest.Exec(t, db, "INSERT INTO a(rowid, x) VALUES (8, ?)", text)
	require.EqualValues(t, 1, dbtest.Int(t, db, "SELECT count(*) FROM a WHERE a MATCH ?", fts.Query("word \"a phrase word\"")))
}

// More words than FTS5 takes in a moment are an error, before it is asked.
func TestTooManyWords(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Post{})
	for text, ok := range map[string]bool{
		strings.Repeat("fox ", fts.MaxWords): true, strings.Repeat("fox ", fts.MaxWords+1): false,
		strings.Repeat(`"a b"`, fts.MaxWords+1): false, strings.Repeat("\x00 \"\" * ", 5000): true,
		`"` + strings.Repeat("fox ", 5000) + `"`: true,
	} {
		var posts []Post
		err := db.Scopes(fts.Match(&Post{}, text)).Find(&posts).Error
		if ok {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, fts.ErrTooManyWords)
			require.ErrorIs(t, db.Scopes(fts.Match(&Post{}, text)).Delete(&Post{}).Error, fts.ErrTooManyWords)
		}
	}
}
