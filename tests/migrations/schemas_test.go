package migrations_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	gormschema "gorm.io/gorm/schema"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// made is a database that another tool made, and what GORM models do to it.
type made struct {
	file    string
	models  []any // of its tables as they are
	changes []remodel
	fire    []string // statements that fire its triggers
	ask     []string // questions whose answers stay
}

func allMade() []made { return slices.Concat(office, media, stores, oddities, spellings) }

// remodel is one change of the models.
type remodel struct {
	name    string
	models  []any
	added   map[string][]string // columns that come, by table and view
	objects []string            // objects whose text changes, or that come
	lines   []string            // parts of those lines of the texts that change
	undo    func(gorm.Migrator) error
	// respelt are objects whose text says the same in other words after the
	// way back.
	respelt []string
}

// load opens a new file with a schema of testdata in it.
func load(t *testing.T, file string) (*gorm.DB, *sql.Conn) {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { dbtest.Close(t, pool) })
	schema := text(t, file)
	if dbtest.Remote() { // servers refuse these
		schema = regexp.MustCompile(`(?m)^(ANALYZE|PRAGMA application_id = \d+);$`).ReplaceAllString(schema, "")
	}
	dbtest.Exec(t, pool, schema)
	return db, dbtest.Conn(t, pool)
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "schemas", file))
	require.NoError(t, err)
	return string(b)
}

// Each database is migrated to changed models and back, and nothing is lost
// on the way.
func TestDatabasesThatOthersMade(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range allMade() {
		seen[m.file] = true
		if dbtest.Remote() && m.file == "18-names.sql" {
			continue // GORM cuts the last character in two for the name of a constraint
		}
		t.Run(m.file, func(t *testing.T) { m.run(t) })
	}
	require.GreaterOrEqual(t, len(seen), 20)
}

func (m made) run(t *testing.T) {
	db, c := load(t, m.file)
	first := lookAt(t, c, m.ask, nil)
	did, fired := effects(t, c, m.fire, nil)
	require.NotEqual(t, first.rows, fired.rows, "the statements change nothing")
	writesNothing(t, db, c, m.models)
	for _, ch := range m.changes {
		t.Run(ch.name, func(t *testing.T) {
			require.NoError(t, db.AutoMigrate(ch.models...))
			now := lookAt(t, c, m.ask, ch.added)
			sameBut(t, first, now, ch.objects)
			ch.keepsLines(t, first, now)
			didNow, firedNow := effects(t, c, m.fire, ch.added)
			require.Equal(t, did, didNow)
			require.Equal(t, fired, firedNow)
			writesNothing(t, db, c, ch.models)

			require.NoError(t, db.AutoMigrate(m.models...))
			if ch.undo != nil {
				require.NoError(t, ch.undo(db.Migrator()))
			}
			back := lookAt(t, c, m.ask, nil)
			sameBut(t, first, back, ch.respelt)
			require.Equal(t, first.shape, back.shape)
			didBack, firedBack := effects(t, c, m.fire, nil)
			require.Equal(t, did, didBack)
			require.Equal(t, fired, firedBack)
			writesNothing(t, db, c, m.models)
		})
	}
	listsItsOwn(t, db, c)
}

// sameBut compares two looks, but for the texts of the objects of a change,
// which have to differ.
func sameBut(t *testing.T, before, after look, objects []string) {
	t.Helper()
	require.Equal(t, before.rows, after.rows)
	require.Equal(t, before.answers, after.answers)
	require.Equal(t, before.checks, after.checks)
	a, b := maps.Clone(before.objects), maps.Clone(after.objects)
	for _, o := range objects {
		o = "main." + o
		require.NotEqual(t, a[o], b[o], "%s does not change", o)
		delete(a, o)
		delete(b, o)
	}
	require.Equal(t, a, b)
}

// keepsLines looks whether the changed texts have all lines that the change is
// not about, comments among them.
func (ch remodel) keepsLines(t *testing.T, before, after look) {
	t.Helper()
	for _, o := range ch.objects {
		if !strings.HasPrefix(o, "table ") {
			continue
		}
		for _, line := range strings.Split(before.objects["main."+o], "\n") {
			line = strings.TrimRight(strings.TrimSpace(line), ",")
			if !slices.ContainsFunc(ch.lines, func(part string) bool { return strings.Contains(line, part) }) {
				require.Contains(t, after.objects["main."+o], line)
			}
		}
	}
}

// writesNothing looks whether the models are what is there: the plan is empty,
// and AutoMigrate neither writes nor waits for one who does.
func writesNothing(t *testing.T, db *gorm.DB, c *sql.Conn, models []any) {
	t.Helper()
	plan, err := migrator.NewPlan(db, models...)
	require.NoError(t, err)
	require.True(t, plan.Empty(), plan.String())
	state := func() [][]string {
		return append(table(t, c, "PRAGMA schema_version"), table(t, c, "PRAGMA data_version")...)
	}
	before := state()
	_, err = c.ExecContext(context.Background(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	err = db.AutoMigrate(models...)
	_, end := c.ExecContext(context.Background(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, end)
	require.Equal(t, before, state())
}

// listsItsOwn looks whether GetTables lists the tables that somebody made, and
// nothing that belongs to another object.
func listsItsOwn(t *testing.T, db *gorm.DB, c *sql.Conn) {
	t.Helper()
	var want []string
	vectors := column(t, c, `SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%libsql_vector_idx%'`)
	for _, n := range column(t, c, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'") {
		if !strings.HasPrefix(n, "sqlite_") && !vectorShadow(n, vectors) {
			want = append(want, n)
		}
	}
	got, err := db.Migrator().GetTables()
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
}

// All tables of all databases can be made anew, and altered in place, without
// anything lost.
func TestEveryTableOfOthersIsMadeAnew(t *testing.T) {
	t.Parallel()
	type unique struct {
		Extra *string `gorm:"column:zz extra;unique"`
	}
	type plain struct {
		Extra *string `gorm:"column:zz extra"`
	}
	// triggers that give a table as many values as it has columns
	counting := map[string]string{"playlist_track": "scrobble", "closure": "node_closure", "state": "reading_last", "Protokoll": "Bon_neu"}
	for _, m := range allMade() {
		t.Run(m.file, func(t *testing.T) {
			db, c := load(t, m.file)
			first := lookAt(t, c, m.ask, nil)
			did, fired := effects(t, c, m.fire, nil)
			tables, err := db.Migrator().GetTables()
			require.NoError(t, err)
			for _, n := range tables {
				for _, model := range []any{&unique{}, &plain{}} {
					one := onTable(t, db, n)
					if trigger := counting[n]; trigger != "" {
						require.ErrorContains(t, one.AutoMigrate(model), fmt.Sprintf("table %q: the trigger %q does not work", n, trigger))
						require.Equal(t, first, lookAt(t, c, m.ask, nil))
						continue
					}
					require.NoError(t, one.AutoMigrate(model), n)
					added := map[string][]string{n: {"zz extra"}}
					if n == "node" || n == "job" { // views of *
						added["both"], added["next_job"] = added[n], added[n]
					}
					sameBut(t, first, lookAt(t, c, m.ask, added), []string{"table " + n})
					didNow, firedNow := effects(t, c, m.fire, added)
					require.Equal(t, did, didNow, n)
					require.Equal(t, fired, firedNow, n)
					require.NoError(t, one.Migrator().DropColumn(model, "zz extra"), n)
					back := lookAt(t, c, m.ask, nil)
					sameBut(t, first, back, nil)
					require.Equal(t, first.shape, back.shape)
				}
			}
			didBack, firedBack := effects(t, c, m.fire, nil)
			require.Equal(t, did, didBack)
			require.Equal(t, fired, firedBack)
		})
	}
}

// onTable is db with a table for every model, whatever its name is.
func onTable(t *testing.T, db *gorm.DB, table string) *gorm.DB {
	t.Helper()
	one, err := gorm.Open(libsql.New(libsql.Config{Conn: db.ConnPool}), &gorm.Config{Logger: logger.Discard,
		NamingStrategy: oneTable{gormschema.NamingStrategy{}, "`" + strings.ReplaceAll(table, "`", "``") + "`"}})
	require.NoError(t, err)
	return one
}

type oneTable struct {
	gormschema.NamingStrategy
	table string
}

func (o oneTable) TableName(string) string { return o.table }
