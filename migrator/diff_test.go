package migrator

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// compared is the comparison of two CREATE TABLE of the table t, told in
// lines: what changes, how it is done natively, what the rows must not be, and
// what stays.
func compared(t *testing.T, want, have string, indexes ...string) (out []string) {
	t.Helper()
	w := &model{target: target{name: "t"}, sql: want, stated: map[string]bool{}, uniqueName: func(c string) string { return "uni_t_" + c }}
	h := &table{target: target{schema: "main", name: "t"}, kind: "table", sql: have}
	for _, sql := range indexes {
		sql, isWanted := strings.CutPrefix(sql, "want ")
		x, err := ddl.ParseIndex(sql)
		require.NoError(t, err)
		if isWanted {
			w.indexes = append(w.indexes, wantedIndex{name: x.Name, sql: sql})
		} else {
			h.indexes = append(h.indexes, object{"main", "index", x.Name, "t", sql})
		}
	}
	d, err := diff(w, h, true)
	require.NoError(t, err)
	for _, o := range d.ops {
		out = append(out, o.reason)
		if o.native == nil {
			out = append(out, "  rebuild")
		}
		for _, sql := range o.native {
			out = append(out, "  "+sql)
		}
		for _, m := range o.must {
			out = append(out, "  not: "+m.rows)
		}
		for _, cond := range o.unless {
			out = append(out, "  rebuild if: "+cond)
		}
	}
	for _, i := range d.create {
		out = append(out, "create "+i.name)
	}
	for _, i := range d.replace {
		out = append(out, "replace "+i.name)
	}
	for _, u := range d.unmet {
		out = append(out, "stays: "+u.Object+": "+u.Reason)
	}
	return out
}

// The comparison needs no database.
func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name, have, want string
		indexes          []string
		told             []string // of the comparison; none: nothing differs
	}{
		{name: "the same", have: "CREATE TABLE t (a text)", want: "CREATE TABLE `t` (a text)"},
		{name: "written otherwise",
			have: "create table \"T\"([A] VARCHAR ( 10 ) default('x') not null, -- why\n constraint C check((a>0)), unique(A))",
			want: "CREATE TABLE `t` (`a` varchar(10) NOT NULL DEFAULT \"x\",CONSTRAINT `c` CHECK (a > 0),UNIQUE (`a`))"},
		{name: "defaults that mean the same", have: "CREATE TABLE t (a DEFAULT 1.0, b DEFAULT TRUE, c DEFAULT (CURRENT_TIMESTAMP), d DEFAULT NULL, e DEFAULT -  1, f DEFAULT 'it''s')",
			want: "CREATE TABLE t (a DEFAULT 1, b DEFAULT true, c DEFAULT CURRENT_TIMESTAMP, d, e DEFAULT -1, f DEFAULT \"it's\")"},
		{name: "defaults that do not", have: "CREATE TABLE t (a DEFAULT 'x ')", want: "CREATE TABLE t (a DEFAULT 'x')",
			told: []string{`column "a": its default is 'x ', the model's 'x'`, "  ALTER TABLE `t` ALTER COLUMN a TO a DEFAULT 'x'", "  rebuild if: `a` IS 'x '"}},
		{name: "new column", have: "CREATE TABLE t (a)", want: "CREATE TABLE t (a, b text)",
			told: []string{`the model has column "b"`, "  ALTER TABLE `t` ADD COLUMN b text"}},
		{name: "new column that is not null", have: "CREATE TABLE t (a)", want: "CREATE TABLE t (a, b text NOT NULL)",
			told: []string{`the model has column "b"`, "  ALTER TABLE `t` ADD COLUMN b text NOT NULL", "  not: 1"}},
		{name: "new column with a default that is no constant", have: "CREATE TABLE t (a)", want: "CREATE TABLE t (a, b DEFAULT CURRENT_TIMESTAMP)",
			told: []string{`the model has column "b"`, "  ALTER TABLE `t` ADD COLUMN b DEFAULT CURRENT_TIMESTAMP", "  rebuild if: 1"}},
		{name: "not null", have: "CREATE TABLE t (a, b)", want: "CREATE TABLE t (a NOT NULL, b)",
			told: []string{`column "a": the model's is NOT NULL`, "  ALTER TABLE `t` ALTER COLUMN a TO a NOT NULL", "  not: `a` IS NULL"}},
		{name: "ALTER COLUMN cannot change a unique column", have: "CREATE TABLE t (a UNIQUE)", want: "CREATE TABLE t (a NOT NULL UNIQUE)",
			told: []string{`column "a": the model's is NOT NULL`, "  rebuild", "  not: `a` IS NULL"}},
		{name: "a column in the key is never NULL for the model", have: "CREATE TABLE t (a text PRIMARY KEY)", want: "CREATE TABLE t (a text NOT NULL,PRIMARY KEY (a))"},
		{name: "an index makes it unique", have: "CREATE TABLE t (a)", want: "CREATE TABLE t (a UNIQUE)",
			indexes: []string{"CREATE UNIQUE INDEX i ON t(a)"}},
		{name: "an index that is replaced does not", have: "CREATE TABLE t (a, b)", want: "CREATE TABLE t (a UNIQUE, b)",
			indexes: []string{"CREATE UNIQUE INDEX i ON t(a)", "want CREATE UNIQUE INDEX i ON t(a, b)"}, told: []string{"the model's (a) is unique", "  rebuild", "replace i"}},
		{name: "a partial index does not", have: "CREATE TABLE t (a)", want: "CREATE TABLE t (a UNIQUE)",
			indexes: []string{"CREATE UNIQUE INDEX i ON t(a) WHERE a > 0"}, told: []string{"the model's (a) is unique", "  rebuild",
				`stays: index "i": the model does not have it; AutoMigrate drops no indexes`}},
		{name: "indexes", have: "CREATE TABLE t (a, b)", want: "CREATE TABLE t (a, b)",
			indexes: []string{
				"CREATE INDEX same ON t(a, lower( b )) WHERE (a > 1)", "want CREATE INDEX `same` ON `t` (`a`,lower(b)) WHERE a > 1",
				"CREATE INDEX other ON t(a)", "want CREATE INDEX other ON t(a DESC)",
				"CREATE INDEX theirs ON t(b)", "want CREATE INDEX ours ON t(b)"},
			told: []string{"create ours", "replace other", `stays: index "theirs": the model does not have it; AutoMigrate drops no indexes`}},
		{name: "an index beside texts that are the same", have: "CREATE TABLE t (a)", want: "CREATE TABLE t (a)", indexes: []string{"CREATE UNIQUE INDEX theirs ON t(a)"},
			told: []string{`stays: index "theirs": the model does not have it; AutoMigrate drops no indexes`}},
		{name: "collation", have: "CREATE TABLE t (a, b COLLATE nocase, c COLLATE nocase, d COLLATE BINARY)", want: "CREATE TABLE t (a COLLATE NOCASE, b COLLATE NOCASE, c, d)",
			told: []string{`column "a": its collation is BINARY, the model's NOCASE`, "  ALTER TABLE `t` ALTER COLUMN a TO a COLLATE `NOCASE`", "  REINDEX `t`",
				`stays: column "c": its collation is nocase, the model names none`}},
		{name: "what another tool wrote stays", have: "CREATE TABLE t (a UNIQUE CHECK (a > 0) REFERENCES p, old, CONSTRAINT uni_t_old UNIQUE (old))", want: "CREATE TABLE t (a)",
			told: []string{
				`stays: column "old": the model does not have it; AutoMigrate drops no columns`,
				"stays: UNIQUE (a): the model does not have it, and GORM did not make it",
				`stays: constraint "uni_t_old" UNIQUE (old): the model does not have it, and GORM did not make it`,
				"stays: CHECK (a > 0): the model does not have it", "stays: FOREIGN KEY (a) to p: the model does not have it"}},
		{name: "shorter key", have: "CREATE TABLE t (a, b, PRIMARY KEY (a, b))", want: "CREATE TABLE t (a PRIMARY KEY, b)",
			told: []string{"stays: primary key (a, b): the model's is (a); a key does not become shorter"}},
		{name: "options", have: "CREATE TABLE t (a integer PRIMARY KEY) STRICT", want: "CREATE TABLE t (a integer PRIMARY KEY) STRICT, WITHOUT ROWID",
			told: []string{"the model's table is WITHOUT ROWID", "  rebuild"}},
		{name: "options that the model does not have", have: "CREATE TABLE t (a integer PRIMARY KEY) STRICT", want: "CREATE TABLE t (a integer PRIMARY KEY)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.told, compared(t, c.want, c.have, c.indexes...))
		})
	}
}

// A rebuild changes no more of the text than it must.
func TestRebuildKeepsTheText(t *testing.T) {
	have := &table{target: target{schema: "main", name: "t"}, kind: "table",
		sql: "CREATE TABLE t (\n\ta  TEXT, -- a comment, (with ' everything\n\tb INT\n)"}
	want := &model{target: target{name: "t"}, sql: "CREATE TABLE t (a text, b int UNIQUE)", uniqueName: func(string) string { return "" }}
	d, err := diff(want, have, true)
	require.NoError(t, err)
	r, err := newRebuild(&live{}, have, d.ops)
	require.NoError(t, err)
	require.Equal(t, "CREATE TABLE `t__new1` (\n\ta  TEXT, -- a comment, (with ' everything\n\tb INT, UNIQUE (`b`)\n)", r.sql)
	require.Equal(t, []string{"rowid", "`a`", "`b`"}, r.columns)
}

func TestConstant(t *testing.T) {
	for def, want := range map[string]bool{
		"1": true, "-1": true, "+1.5e3": true, "'x'": true, `"x"`: true, "x'00'": true, "NULL": true, "true": true, "abc": true,
		"CURRENT_TIMESTAMP": false, "current_date": false, "lower('x')": false, "1 + 1": false,
	} {
		require.Equal(t, want, constant(def), def)
	}
}

// What comes with a new column comes with it in a rebuild, too.
func TestConstraintsOfNewColumnsInARebuild(t *testing.T) {
	have := &table{target: target{schema: "main", name: "t"}, kind: "table", sql: "CREATE TABLE t (a integer)"}
	want := &model{target: target{name: "t"}, sql: "CREATE TABLE t (a integer, b text, CONSTRAINT b_is_short CHECK (length(b) < 9), CONSTRAINT u UNIQUE (a))", uniqueName: func(string) string { return "" }}
	d, err := diff(want, have, true)
	require.NoError(t, err)
	r, err := newRebuild(&live{}, have, d.ops)
	require.NoError(t, err)
	require.Equal(t, "CREATE TABLE `t__new1` (a integer, b text CONSTRAINT b_is_short CHECK (length(b) < 9), CONSTRAINT u UNIQUE (a))", r.sql)
}
