package migrator

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/vecindex"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// vectorNotes is the table in which libSQL notes the options of its vector
// indexes.
const vectorNotes = "libsql_vector_meta_shadow"

// vectors tells whether the table is one in which libSQL keeps vector
// indexes: an ordinary table NAME_shadow for each.
func (l *live) vectors(t target) bool {
	if same(t.name, vectorNotes) {
		return true
	}
	index, ok := strings.CutSuffix(lower(t.name), "_shadow")
	return ok && isVectorIndex(l.indexes[key(t.schema, index)].sql)
}

// createIndex makes an index by the step st. VACUUM writes a second note of a
// vector index, of which DROP INDEX leaves one: CREATE INDEX would take it for
// its own, and make an index of the old dimensions, without the rows.
func (s *session) createIndex(l *live, t target, name, sql string, st Step) (steps []Step, err error) {
	st.SQL = t.qualify(sql)
	if l.find(target{schema: t.schema, name: vectorNotes}) == nil || !isVectorIndex(sql) {
		return []Step{st}, nil
	}
	notes := target{schema: t.schema, name: vectorNotes, twin: l.twin(vectorNotes)}.quoted() +
		" WHERE name = " + sqltext.QuoteString(name) + " COLLATE NOCASE" // with NOCASE it looks at all
	n, err := s.int("SELECT count(*) FROM " + notes)
	if err != nil {
		return nil, fmt.Errorf("libsql: table %q: index %q: %w", t.label(), name, err)
	}
	if _, there := l.indexes[key(t.schema, name)]; there {
		n-- // goes with it
	}
	forget := st
	forget.Kind, forget.Cost, forget.Loses, forget.SQL = ForgetIndex, Instant, "", "DELETE FROM "+notes
	for range n {
		steps = append(steps, forget) // deletes one of those that are alike
	}
	return append(steps, st), nil
}

// dropVectors drops the vector indexes of a table that is going to be dropped.
// While foreign keys are on, SQLite deletes the rows of a table first that
// foreign keys refer to, which fails where a vector index is.
func (s *session) dropVectors(st Step) error {
	l, err := readLive(s.ctx, s.pool)
	if err != nil {
		return err
	}
	have := l.find(target{schema: st.schema, name: st.name})
	if have == nil {
		return nil
	}
	for _, o := range have.indexes {
		if !isVectorIndex(o.sql) {
			continue
		}
		if _, err := s.exec("DROP INDEX " + have.prefix() + quote(o.name)); err != nil {
			return err
		}
	}
	return nil
}

func isVectorIndex(sql string) bool { return hasWord(sql, "libsql_vector_idx") }

// hasVectors tells whether the table has a vector index.
func (t *table) hasVectors() bool {
	return slices.ContainsFunc(t.indexes, func(o object) bool { return isVectorIndex(o.sql) })
}

// keepsVectors tells whether the object is of those in which libSQL keeps a
// vector index of a table that is made anew: they are, too, and have the types
// of the table's key.
func (p *Plan) keepsVectors(l *live, o object) bool {
	return slices.ContainsFunc(p.rebuild, func(r rebuild) bool {
		return same(r.schema, o.schema) && slices.ContainsFunc(l.byTable[key(r.schema, r.name)], func(i object) bool {
			return i.kind == "index" && isVectorIndex(i.sql) && same(o.table, i.name+"_shadow")
		})
	})
}

// vectorIndexed tells whether a vector index is over the column.
func (t *table) vectorIndexed(column string) bool {
	return slices.ContainsFunc(t.indexes, func(o object) bool {
		if !isVectorIndex(o.sql) {
			return false
		}
		i, err := ddl.ParseIndex(o.sql)
		return err != nil || indexMentions(i, column)
	})
}

// vectorOptions are those of the field's tag vectorIndex; ok is false without
// one.
func vectorOptions(f *schema.Field) (o vecindex.Options, ok bool, err error) {
	tag, ok := f.TagSettings["VECTORINDEX"]
	if ok {
		o, err = vecindex.Parse(tag)
	}
	return o, ok, err
}

func vectorIndexName(stmt *gorm.Statement, o vecindex.Options, f *schema.Field) string {
	return o.IndexName(stmt.DB.NamingStrategy, tableOf(stmt).name, f.DBName)
}

// wantVectorIndexes adds the indexes of the tags vectorIndex.
func (m Migrator) wantVectorIndexes(stmt *gorm.Statement, w *model) error {
	for _, dbName := range stmt.Schema.DBNames {
		f := stmt.Schema.FieldsByDBName[dbName]
		o, ok, err := vectorOptions(f)
		if !ok || f.IgnoreMigration {
			continue
		}
		fail := func(err error) error { return fmt.Errorf("libsql: table %q: %s: %w", w.name, column(dbName), err) }
		if err != nil {
			return fail(err)
		}
		declared := m.DataTypeOf(f)
		k, dims, isVector := vecindex.ParseType(declared)
		if !isVector {
			return fail(fmt.Errorf("vectorIndex: %s is no type of vectors", declared))
		}
		if err := o.Check(k, dims); err != nil {
			return fail(err)
		}
		name := vectorIndexName(stmt, o, f)
		for _, other := range w.indexes {
			if same(other.name, name) {
				return fmt.Errorf("libsql: table %q: two indexes have the name %q: add name=… to the tag vectorIndex", w.name, name)
			}
		}
		w.indexes = append(w.indexes, wantedIndex{name: name, sql: o.CreateIndex(name, tableOf(stmt).name, dbName)})
	}
	return nil
}

// checkVector refuses a tag dims that is no number of dimensions, or another
// than that of the type.
func checkVector(f *schema.Field, declared string) error {
	if _, _, ok := vecindex.ParseType(declared); !ok && f.TagSettings["DIMS"] == "" {
		return nil
	}
	_, err := vecindex.Dims(f.TagSettings["DIMS"], declared)
	return err
}

// sameVectors tells whether two expressions of indexes are the same index of
// vectors, one of them with defaults spelled out.
func sameVectors(a, b string) bool {
	x, o, ok := vecindex.ParseCall(a)
	y, p, alsoOK := vecindex.ParseCall(b)
	return ok && alsoOK && same(x, y) && o.Equal(p)
}
