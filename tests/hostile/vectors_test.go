package hostile

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// edit changes the schema of a file behind SQLite's back.
func edit(t *testing.T, db *sql.DB, texts ...string) {
	t.Helper()
	conn := dbtest.Conn(t, db)
	dbtest.Exec(t, conn, "PRAGMA writable_schema = on")
	for _, text := range texts {
		dbtest.Exec(t, conn, text)
	}
	dbtest.Exec(t, conn, "PRAGMA schema_version = 1234; PRAGMA writable_schema = off")
}

// libSQL would read the first argument of libsql_vector_idx() where there is
// none: in SQL, and in the schema of a file before anything else is read.
func TestVectorIndexWithoutColumn(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	dbtest.Exec(t, db, "CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(2))")
	for _, text := range []string{
		"SELECT libsql_vector_idx()", "SELECT libsql_vector_idx(*)", "CREATE INDEX i ON v(libsql_vector_idx())", "CREATE INDEX i ON v((libsql_vector_idx() COLLATE nocase))",
		"CREATE UNIQUE INDEX i ON v(id, libsql_vector_idx())", "CREATE INDEX i ON v(id) WHERE libsql_vector_idx()", "CREATE INDEX i ON v(libsql_vector_idx() OVER ())",
		"CREATE TABLE w(a DEFAULT (libsql_vector_idx())); INSERT INTO w DEFAULT VALUES", "CREATE TABLE x(a AS (libsql_vector_idx()))",
	} {
		if _, err := db.Exec(text); !errors.Is(err, driver.ErrError) {
			t.Errorf("%s: %v", text, err)
		}
	}
	dbtest.Exec(t, db, "CREATE INDEX good ON v(libsql_vector_idx(e)); INSERT INTO v VALUES (1, vector32('[1,2]'))")
	for _, sql := range []string{"CREATE INDEX near ON v(libsql_vector_idx())", "CREATE INDEX near ON v(e) WHERE libsql_vector_idx()"} {
		path := dbtest.DSN(t)
		db := dbtest.Open(t, path)
		dbtest.Exec(t, db, "CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(2)); CREATE INDEX near ON v(e)")
		edit(t, db, "UPDATE sqlite_schema SET sql = '"+sql+"' WHERE name = 'near'")
		err := dbtest.Open(t, path).Ping()
		var e *driver.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), "malformed database schema") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

const twoIndexes = vectors + `; CREATE TABLE w(k TEXT PRIMARY KEY, e F64_BLOB(3)); CREATE INDEX far ON w(libsql_vector_idx(e, 'metric=l2', 'compress_neighbors=float8', 'max_neighbors=2'));
INSERT INTO w VALUES ('a', vector64('[1,2,3]')), ('b', vector64('[3,2,1]')), ('c', vector64('[3,2,2]'))`

// What a vector index says of itself is checked before libSQL believes it, when
// the file is not trusted.
func TestVectorIndexThatLies(t *testing.T) {
	param := func(from, to string) string { // each is a number and 64 bits
		return "UPDATE libsql_vector_meta_shadow SET metadata = unhex(replace(hex(metadata), '" + from + "', '" + to + "')) WHERE name = 'near'"
	}
	lies := []string{
		"UPDATE near_shadow SET data = substr(data, 1, 8) || x'FFFF' || substr(data, 11)",
		"UPDATE far_shadow SET data = CAST(substr(data, 1, 8) || x'0900' || substr(data, 11) AS BLOB) WHERE rowid = 2",
		"UPDATE near_shadow SET data = zeroblob(10)", "UPDATE near_shadow SET data = NULL", "UPDATE near_shadow SET data = 1",
		"UPDATE near_shadow SET data = zeroblob(length(data) + 1)",
		"UPDATE libsql_vector_meta_shadow SET metadata = NULL", "UPDATE libsql_vector_meta_shadow SET metadata = x''", "UPDATE libsql_vector_meta_shadow SET metadata = 'text'",
		"UPDATE libsql_vector_meta_shadow SET metadata = substr(metadata, 1, 45)", "UPDATE libsql_vector_meta_shadow SET metadata = CAST(metadata || metadata AS BLOB)",
		param("060001000000000000", "061000000000000000"), param("060001000000000000", "060001000000000001"), // the size of a block
		param("09C800000000000000", "0900000000010000FF"), param("040200000000000000", "04FF00000000000000"), // search_l, dimensions
		"CREATE TRIGGER hook AFTER INSERT ON v BEGIN UPDATE Near_Shadow SET data = x'00'; END",
		"CREATE TRIGGER hook AFTER INSERT ON v BEGIN DELETE FROM libsql_vector_meta_shadow; END",
		"DROP TABLE libsql_vector_meta_shadow; CREATE VIEW libsql_vector_meta_shadow AS SELECT 'near' AS name, randomblob(90) AS metadata",
	}
	for _, lie := range lies {
		t.Run(lie[:min(len(lie), 60)], func(t *testing.T) {
			path := dbtest.DSN(t)
			db := dbtest.Open(t, path)
			dbtest.Exec(t, db, twoIndexes)
			guarded := dbtest.Open(t, "file:"+path+"?_trusted_schema=0")
			if err := guarded.Ping(); err != nil {
				t.Fatalf("an honest index: %v", err)
			}
			dbtest.Exec(t, db, lie)
			liar := dbtest.Open(t, "file:"+path+"?_trusted_schema=0")
			err := liar.Ping()
			var e *driver.Error
			if !errors.As(err, &e) || e.Code != driver.ErrCorrupt || !strings.Contains(err.Error(), "vector") {
				t.Errorf("%v", err)
			}
			restoreLie(t, path, db)
		})
	}
}

// restoreLie tries to get past the check by a copy.
func restoreLie(t *testing.T, path string, liar *sql.DB) {
	t.Helper()
	victim := dbtest.Open(t, dbtest.DSN(t, "_trusted_schema=0"))
	dbtest.Exec(t, victim, "CREATE TABLE mine(x)")
	var lie bytes.Buffer
	if err := driver.With(t.Context(), liar, func(c *driver.Conn) error { return c.Serialize(t.Context(), &lie, driver.BackupOptions{}) }); err != nil {
		t.Fatal(err)
	}
	for _, unchecked := range []bool{false, true} {
		o := driver.RestoreOptions{Unchecked: unchecked}
		for _, restore := range []func(c *driver.Conn) error{
			func(c *driver.Conn) error { return c.Restore(t.Context(), path, o) },
			func(c *driver.Conn) error { return c.Deserialize(t.Context(), bytes.NewReader(lie.Bytes()), o) },
		} {
			if err := driver.With(t.Context(), victim, restore); !errors.Is(err, driver.ErrCorrupt) || !strings.Contains(err.Error(), "vector") {
				t.Errorf("unchecked %v: %v", unchecked, err)
			}
		}
	}
	dbtest.Exec(t, victim, "INSERT INTO mine VALUES (1)")
}

// Honest indexes of every type pass.
func TestHonestVectorIndexes(t *testing.T) {
	path := dbtest.DSN(t)
	db := dbtest.Open(t, path)
	for i, kind := range []string{"F32_BLOB", "F64_BLOB", "F1BIT_BLOB", "F8_BLOB", "F16_BLOB", "FB16_BLOB"} {
		for j, dims := range []int{1, 2, 3, 8, 17, 100} {
			for k, option := range []string{"", ", 'compress_neighbors=float8'", ", 'compress_neighbors=float1bit'", ", 'max_neighbors=1'", ", 'metric=l2', 'compress_neighbors=float16', 'max_neighbors=70'"} {
				dbtest.Exec(t, db, fmt.Sprintf("CREATE TABLE t%d%d%d(e %s(%d)); CREATE INDEX i%[1]d%[2]d%[3]d ON t%[1]d%[2]d%[3]d(libsql_vector_idx(e%[6]s))", i, j, k, kind, dims, option))
				if kind == "F1BIT_BLOB" && strings.Contains(option, "l2") {
					continue
				}
				make := []string{"vector32", "vector64", "vector1bit", "vector8", "vector16", "vectorb16"}[i]
				for n := range 6 {
					dbtest.Exec(t, db, fmt.Sprintf("INSERT INTO t%d%d%d VALUES (%s('[%d%s]'))", i, j, k, make, n+1, strings.Repeat(",1", dims-1)))
				}
			}
		}
	}
	if err := dbtest.Open(t, path+"?_trusted_schema=0").Ping(); err != nil {
		t.Error(err)
	}
}
