package migrations_test

import (
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

var (
	randRounds = flag.Int("migrations.rounds", 0, "how many random databases to migrate; 0: as many as the length of the run allows")
	randSeed   = flag.Uint64("migrations.seed", 0, "the seed of the first of them; 0: a new one, in the short run 1")
	randFails  = flag.Int("migrations.fails", 3, "after how many failures to stop")
)

var generatedAlways = regexp.MustCompile(`(?i)\s*generated\s+always\s*`)

// Random databases, as other tools make them, meet random changes of a model
// of one table: nothing is lost, what the model wants is there or reported,
// and what cannot be done leaves all as it was. A failure prints its seed.
func TestRandomMigrations(t *testing.T) {
	first, rounds := *randSeed, *randRounds
	switch {
	case rounds > 0:
	case dbtest.Long():
		rounds = 20_000
	case testing.Short():
		rounds = 30
	default:
		rounds = 120
	}
	switch {
	case first > 0:
	case rounds == *randRounds || dbtest.Long():
		first = rand.Uint64N(1 << 40)
	default:
		first = 1 // the short run is the same each time
	}
	pad, err := sql.Open(driver.Name, ":memory:")
	require.NoError(t, err)
	defer pad.Close()
	s := scratch{pad, t, map[string]string{}}
	dir := t.TempDir()
	counts := map[string]int{}
	failed := 0
	for seed := first; seed < first+uint64(rounds) && failed < *randFails; seed++ {
		g := &round{t: t, seed: seed, scratch: s, path: filepath.Join(dir, "test.db")}
		g.run()
		if len(g.problems) > 0 {
			failed++
			g.report()
		}
		for _, o := range g.outcomes {
			counts[o]++
		}
	}
	var all []string
	for k, n := range counts {
		all = append(all, fmt.Sprintf("%s: %d", k, n))
	}
	sort.Strings(all)
	t.Logf("seeds %d to %d:\n%s", first, first+uint64(rounds)-1, strings.Join(all, "\n"))
	if rounds >= 30 && failed == 0 {
		require.Greater(t, counts["auto worked"]*8, rounds, "too few changes work")
		require.Greater(t, counts["auto failed"]*40, rounds, "too few changes fail")
	}
}

// round is one database and one change.
type round struct {
	t    *testing.T
	seed uint64
	path string
	scratch
	db   *gorm.DB
	pool *sql.DB
	d    *randDB
	m    *randModel

	outcomes, problems []string
	err                error
}

func (g *round) run() {
	t := g.t
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(g.path + suffix)
	}
	db, err := gorm.Open(libsql.Open(g.path), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	g.db = db
	g.pool, err = db.DB()
	require.NoError(t, err)
	defer g.pool.Close()
	g.d = newRandDB(newRnd(g.seed))
	g.make()
	g.m = g.d.following(pick(g.d.rnd, g.d.tables...))
	if g.d.often(30) {
		if f := g.method(); f != nil {
			g.call(f)
			return
		}
		g.m = g.d.following(g.m.table)
	}
	g.migrate()
}

// inside calls fn, some times in a transaction, which goes on after an error.
func (g *round) inside(fn func(db *gorm.DB) error) {
	if !g.d.often(15) {
		g.err = fn(g.db)
		return
	}
	g.m.change("in a transaction")
	g.m.mayFail("foreign keys cannot be switched off here", "FOREIGN KEY constraint failed", mismatch, "main.nowhere")
	require.NoError(g.t, g.db.Transaction(func(tx *gorm.DB) error {
		g.err = fn(tx)
		return nil
	}))
}

// make runs the statements. Some that put rows in are refused.
func (g *round) make() {
	off := []string{}
	if !g.d.foreign {
		off = append(off, "PRAGMA foreign_keys = OFF")
	}
	conn := dbtest.Conn(g.t, g.pool)
	defer conn.Close()
	for _, s := range append(off, g.d.statements...) {
		_, err := conn.ExecContext(g.t.Context(), s)
		if err != nil && strings.HasPrefix(strings.ToUpper(s), "CREATE TABLE") {
			require.NoError(g.t, err, "seed %d: %s", g.seed, s)
		}
	}
	_, err := conn.ExecContext(g.t.Context(), "PRAGMA foreign_keys = ON")
	require.NoError(g.t, err)
}

func (g *round) bad(format string, args ...any) {
	g.problems = append(g.problems, fmt.Sprintf(format, args...))
}

func (g *round) report() {
	g.t.Errorf("seed %d, table %q; again with: go test ./tests/migrations -run TestRandomMigrations -migrations.rounds 1 -migrations.seed %d\n%s\nchanges: %s\nerror: %v\n\n%s",
		g.seed, g.m.table.name, g.seed, strings.Join(g.d.statements, ";\n"), strings.Join(g.m.changes, "\n         "), g.err, strings.Join(g.problems, "\n"))
}

// gormName is the table's name as GORM takes any name.
func gormName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (g *round) outcome(s string) { g.outcomes = append(g.outcomes, s) }

// migrate runs AutoMigrate of the model as it follows the table, and as it is
// changed.
func (g *round) migrate() {
	m := g.m
	on := func(db *gorm.DB) *gorm.DB {
		db = db.Table(gormName(m.table.name))
		if m.options != "" {
			db = db.Set("gorm:table_options", m.options)
		}
		return db
	}
	plan, err := migrator.NewPlan(on(g.db), m.build(g.d.rnd))
	if err != nil {
		g.bad("the plan of the model that follows the table: %v", err)
		return
	}
	if !plan.Empty() {
		g.bad("the plan of the model that follows the table is not empty:\n%s", plan)
		return
	}
	g.d.alter(m)
	model := m.build(g.d.rnd)
	before := randStateOf(g.t, g.pool)
	fired := probe(g.t, g.pool, before, before)

	g.inside(func(db *gorm.DB) error { return on(db).AutoMigrate(model) })
	after := randStateOf(g.t, g.pool)
	if g.err != nil {
		g.refused("auto", before, after)
		return
	}
	plan, err = migrator.NewPlan(on(g.db), model)
	if err != nil {
		g.bad("the plan afterwards: %v", err)
		return
	}
	if !plan.Empty() {
		g.bad("the plan afterwards is not empty:\n%s", plan)
	}
	c := &comparison{t: g.t, pool: g.pool, before: before, after: after, table: m.table, unmet: plan.Unmet(), newKey: m.newKey || m.options != ""}
	ours := map[string]bool{}
	for _, i := range m.indexes {
		ours[i.name] = true
	}
	if m.options != "" {
		delete(fired, "insert "+m.table.name) // which was told the rowids
		for _, s := range []*randState{before, after} {
			for i := range s.orphans[m.table.name] {
				s.orphans[m.table.name][i] = "orphan"
			}
		}
	}
	c.surroundings(ours)
	c.kept(m.touched, m.recollated, m.rereferred)
	c.rows(m.touched, m.recomputed)
	c.wanted(m, g.scratch)
	c.fires(m, fired, probe(g.t, g.pool, before, after))
	if len(c.problems) > 0 {
		g.bad("CREATE TABLE was %s\nis %s\nunmet %q", before.objects["table "+m.table.name], after.objects["table "+m.table.name], plan.Unmet())
	}
	g.problems = append(g.problems, c.problems...)
	switch {
	case before.objects["table "+m.table.name] != after.objects["table "+m.table.name]:
		g.outcome("auto worked")
	case len(before.objects) != len(after.objects):
		g.outcome("auto made indexes alone")
	default:
		g.outcome("auto had nothing to do")
	}
}

// refused looks at what an error leaves behind.
func (g *round) refused(kind string, before, after *randState) {
	g.outcome(kind + " failed")
	c := &comparison{before: before, after: after}
	c.same("the database after an error", before, after)
	g.problems = append(g.problems, c.problems...)
	text := g.err.Error()
	if !strings.HasPrefix(text, "libsql: ") || strings.Contains(text, "__new") {
		g.bad("an error that does not say where it comes from")
	}
	if !slices.ContainsFunc(g.m.may, func(s string) bool { return strings.Contains(text, s) }) {
		g.bad("an error that the changes do not explain")
		return
	}
	for _, s := range g.m.may {
		if strings.Contains(text, s) {
			g.outcome("failed: " + s)
			break
		}
	}
}
