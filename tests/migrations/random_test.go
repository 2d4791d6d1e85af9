package migrations_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

var (
	randRounds = flag.Int("migrations.rounds", 0, "how many random databases to migrate; 0: as many as the length of the run allows")
	randSeed   = flag.Uint64("migrations.seed", 0, "the seed of the first of them; 0: a new one")
)

// Random databases meet random models: nothing is lost, what the model wants
// is there or reported, and what cannot be done leaves all as it was.
func TestRandomMigrations(t *testing.T) {
	rounds, seed := *randRounds, *randSeed
	switch {
	case rounds > 0:
	case dbtest.Long():
		rounds = 20_000
	case testing.Short():
		rounds = 40
	default:
		rounds = 250
	}
	if seed == 0 {
		seed = rand.Uint64N(1 << 40)
	}
	counts := map[string]int{}
	for i := range rounds {
		ok := t.Run(fmt.Sprintf("seed=%d", seed+uint64(i)), func(t *testing.T) {
			counts[randomRound(t, seed+uint64(i))]++
		})
		if !ok {
			t.Fatalf("again: -run TestRandomMigrations -migrations.rounds 1 -migrations.seed %d", seed+uint64(i))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%5d %s", counts[k], k)
	}
	require.Greater(t, 4*(counts["done"]+counts["done in a transaction"]), rounds)
}

// randomRound migrates one database and tells what came of it.
func randomRound(t *testing.T, seed uint64) string {
	d := newRandDB(newRnd(seed))
	db := open(t)
	pool, err := db.DB()
	require.NoError(t, err)
	_, err = pool.Exec("PRAGMA synchronous = OFF")
	require.NoError(t, err)
	if !d.foreign {
		_, err = pool.Exec("PRAGMA foreign_keys = OFF")
		require.NoError(t, err)
	}
	for _, s := range d.statements {
		_, _ = pool.Exec(s) // what does not work is left out
	}
	_, err = pool.Exec("PRAGMA foreign_keys = ON")
	require.NoError(t, err)
	before := randStateOf(t, pool)
	table := pick(d.rnd, d.tables...)
	if before.tables[table.name] == nil {
		return "no table"
	}
	m := d.model(table)
	if len(m.fields) == 0 {
		return "no field"
	}
	t.Logf("%s\n%v", table.sql, fieldTags(m))
	named := func(db *gorm.DB) *gorm.DB { return db.Table("`" + strings.ReplaceAll(table.name, "`", "``") + "`") }
	views := viewsOf(t, pool, before)

	plan, planErr := libsql.Plan(named(db), m.value())
	require.Equal(t, before, randStateOf(t, pool), "a plan only reads")
	inTx := d.often(20)
	if inTx {
		err = db.Transaction(func(tx *gorm.DB) error { return named(tx).AutoMigrate(m.value()) })
	} else {
		err = named(db).AutoMigrate(m.value())
	}
	after := randStateOf(t, pool)
	if err != nil {
		t.Log(err)
		require.True(t, strings.HasPrefix(err.Error(), "libsql: "), err)
		require.Equal(t, before, after, err)
		return "refused"
	}
	require.NoError(t, planErr)
	t.Logf("%s\n%s", plan, plan.SQL())
	again, err := libsql.Plan(named(db), m.value())
	require.NoError(t, err)
	require.True(t, again.Empty(), again)
	r := &randCheck{t: t, table: table, model: m, plan: plan, before: before, after: after}
	r.nothingLost()
	r.allThere()
	require.Equal(t, views, viewsOf(t, pool, after))
	switch {
	case plan.Empty():
		return "nothing to do"
	case inTx:
		return "done in a transaction"
	}
	return "done"
}

func fieldTags(m *randModel) (out []string) {
	for _, f := range m.fields {
		out = append(out, f.tag())
	}
	return out
}

// viewsOf tells of each view whether it works.
func viewsOf(t *testing.T, q querier, s *randState) map[string]bool {
	out := map[string]bool{}
	for k := range s.objects {
		if name, ok := strings.CutPrefix(k, "view "); ok {
			_, err := tryLines(q, "SELECT count(*) FROM "+dquote(name))
			out[name] = err == nil
		}
	}
	return out
}

// randCheck compares what was with what is.
type randCheck struct {
	t             *testing.T
	table         *randTable
	model         *randModel
	plan          *migrator.Plan
	before, after *randState
}

func (r *randCheck) nothingLost() {
	t, name := r.t, r.table.name
	mine := map[string]bool{"table " + name: true}
	for _, f := range r.model.fields {
		if f.index != "" {
			mine["index "+f.index] = true
		}
	}
	for k, text := range r.before.objects {
		if !mine[k] && !strings.HasPrefix(k, "index sqlite_autoindex_") {
			require.Equal(t, text, r.after.objects[k], k)
		}
	}
	for k := range r.after.objects {
		_, was := r.before.objects[k]
		require.True(t, was || mine[k] || strings.HasPrefix(k, "index sqlite_autoindex_"), "%s is new", k)
	}
	for n, was := range r.before.tables {
		if n != name && !strings.HasSuffix(n, "_shadow") {
			require.Equal(t, was, r.after.tables[n], n)
			if !slices.Equal(r.before.orphans[n], []string{"error"}) { // a key that was wrong may be right now
				require.Equal(t, r.before.orphans[n], r.after.orphans[n], n)
			}
		}
	}
	require.Equal(t, r.before.sequence, r.after.sequence)
	require.Equal(t, r.before.settings, r.after.settings)
	text := r.unqualified(r.after.objects["table "+name])
	for _, c := range r.table.columns {
		for _, k := range c.keep {
			require.Contains(t, text, r.unqualified(k))
		}
	}
	for _, c := range r.table.constraints {
		require.Contains(t, text, r.unqualified(c.text))
	}
	for _, c := range r.table.comments {
		require.Contains(t, text, c)
	}
	r.rows()
}

// unqualified is a text without the table's name before a column, which a
// rebuild leaves out.
func (r *randCheck) unqualified(text string) string {
	n := r.table.name
	for _, q := range []string{n, dquote(n), "`" + strings.ReplaceAll(n, "`", "``") + "`", "[" + n + "]"} {
		text = strings.ReplaceAll(text, q+".", "")
	}
	return text
}

// rows compares the rows, by their rowid or their key.
func (r *randCheck) rows() {
	t, was, is := r.t, r.before.tables[r.table.name], r.after.tables[r.table.name]
	require.Len(t, is.rows, len(was.rows))
	require.Equal(t, was.options, is.options)
	retyped := map[string]bool{}
	for _, f := range r.model.fields {
		if f.retyped {
			retyped[strings.ToLower(f.column)] = true
		}
	}
	if was.rowid == "" && strings.HasPrefix(was.options, "without rowid 0") {
		// Columns hide the rowid: nothing tells the rows apart for sure.
		if len(retyped) == 0 {
			require.ElementsMatch(t, was.valuesOf(was.columns), is.valuesOf(was.columns))
		}
		return
	}
	id := func(s *tableState, row rowState) string {
		if s.rowid != "" {
			return row.rowid
		}
		var key []string
		for i, c := range s.columns {
			if c.key > 0 {
				key = append(key, row.values[i])
			}
		}
		return strings.Join(key, "/")
	}
	found := map[string]rowState{}
	for _, row := range is.rows {
		found[id(is, row)] = row
	}
	for _, row := range was.rows {
		now, ok := found[id(was, row)]
		require.True(t, ok, "row %s is gone", id(was, row))
		for i, c := range was.columns {
			if c.hidden > 0 && len(retyped) > 0 {
				continue // it is computed from what has another type now
			}
			j := is.column(c.name)
			require.GreaterOrEqual(t, j, 0, c.name)
			if retyped[strings.ToLower(c.name)] {
				require.True(t, sameState(row.values[i], now.values[j]), "%s: %s, then %s", c.name, row.values[i], now.values[j])
			} else {
				require.Equal(t, row.values[i], now.values[j], c.name)
			}
		}
	}
}

// valuesOf are the values of the columns, a line each row.
func (s *tableState) valuesOf(columns []columnState) (out []string) {
	for _, row := range s.rows {
		line := ""
		for _, c := range columns {
			line += row.values[s.column(c.name)] + " "
		}
		out = append(out, line)
	}
	return out
}

// allThere looks whether the table has what the model wants, or the plan
// reports that it has not.
func (r *randCheck) allThere() {
	t, is := r.t, r.after.tables[r.table.name]
	unmet := ""
	for _, u := range r.plan.Unmet() {
		unmet += u.String() + "\n"
	}
	text := r.after.objects["table "+r.table.name]
	for _, f := range r.model.fields {
		i := is.column(f.column)
		require.GreaterOrEqual(t, i, 0, f.column)
		c := is.columns[i]
		reported := strings.Contains(unmet, fmt.Sprintf("column %q", f.column))
		if f.key {
			require.Positive(t, c.key, f.column)
			continue
		}
		fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
		require.True(t, strings.HasPrefix(fold(f.typ), fold(c.typ)) || reported, "%s: %q, wanted %q", f.column, c.typ, f.typ)
		if f.notNull {
			require.True(t, c.notNull, f.column)
		} else if c.notNull {
			require.True(t, reported, f.column)
		}
		if c.hidden == 0 {
			require.Equal(t, f.def != "", c.def != "" && !strings.EqualFold(c.def, "NULL"), "%s: the default is %s", f.column, c.def)
		}
		if f.unique {
			require.True(t, r.isUnique(f.column), f.column)
		}
		if f.index != "" {
			require.Contains(t, is.indexes, f.index)
		}
		if f.check != "" {
			require.Contains(t, text, "`"+f.check+"` CHECK")
		}
		if f.generated != "" {
			require.Equal(t, 3, c.hidden, f.column)
		}
	}
}

func (r *randCheck) isUnique(column string) bool {
	s := r.after.tables[r.table.name]
	all := slices.Clone(s.unique)
	for _, text := range s.indexes {
		if strings.Contains(text, "unique 1 partial 0") {
			all = append(all, text)
		}
	}
	return slices.ContainsFunc(all, func(text string) bool {
		_, over, _ := strings.Cut(text, ": ")
		return strings.HasPrefix(strings.ToLower(over), strings.ToLower(column)+" ") && !strings.Contains(over, ", ")
	}) || s.columns[s.column(column)].key == 1
}

// plainReal is a text that SQLite writes for a real.
var plainReal = regexp.MustCompile(`^-?(0|[1-9]\d*)\.\d+(e[+-]\d+)?$`)

// sameState tells whether two values, "type:bytes", are the same but for being
// a number or its text.
func sameState(before, after string) bool {
	if before == after || sameValue(literal(before), literal(after)) {
		return true
	}
	text, isText := strings.CutPrefix(literal(before), "text ")
	real, isReal := strings.CutPrefix(literal(after), "real ")
	f, err := strconv.ParseFloat(text, 64)
	g, err2 := strconv.ParseFloat(real, 64)
	return isText && isReal && plainReal.MatchString(text) && err == nil && err2 == nil && f == g
}

// literal is the value as a type and a literal.
func literal(state string) string {
	typ, value, _ := strings.Cut(state, ":")
	if typ == "text" {
		var b []byte
		if _, err := fmt.Sscanf(value, "%x", &b); err == nil {
			value = string(b)
		}
	}
	return typ + " " + value
}
