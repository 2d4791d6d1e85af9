package callbacks

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// dryStatement is a statement that a dry run has written.
type dryStatement struct {
	sql   string
	vars  []any
	begin time.Time
}

// dryRun makes a dry run of query and returns its statements, the outer ones
// first.
func dryRun(db *gorm.DB, query func(tx *gorm.DB) *gorm.DB) ([]dryStatement, error) {
	r := &recorder{}
	tx := db.Session(&gorm.Session{DryRun: true, SkipDefaultTransaction: true, Logger: r})
	rows := &madeUpRows{joins: map[reflect.Type]bool{}}
	defer rows.forget()
	tx.ClauseBuilders = maps.Clone(tx.ClauseBuilders)
	if tx.ClauseBuilders == nil {
		tx.ClauseBuilders = map[string]clause.ClauseBuilder{}
	}
	tx.ClauseBuilders["SELECT"] = rows.before(tx.ClauseBuilders["SELECT"])
	tx = query(tx)
	if tx == nil {
		return nil, errors.New("libsql: the function that makes the query returned nil")
	}
	if tx.Error == nil && len(r.statements) == 0 && tx.Statement.SQL.Len() == 0 {
		tx = tx.Find(&[]map[string]any{})
	}
	if tx.Error != nil {
		return nil, tx.Error
	}
	if tx.Statement.SQL.Len() > 0 && !slices.ContainsFunc(r.statements, func(s dryStatement) bool { return s.sql == tx.Statement.SQL.String() }) {
		// Raw without a finisher
		r.statements = append(r.statements, dryStatement{tx.Statement.SQL.String(), tx.Statement.Vars, time.Time{}})
	}
	// A statement is seen when it ends, after those that it has caused.
	slices.SortStableFunc(r.statements, func(a, b dryStatement) int { return a.begin.Compare(b.begin) })
	return r.statements, nil
}

// recorder is a logger, which GORM tells of each statement of a dry run.
type recorder struct {
	mu         sync.Mutex
	statements []dryStatement
	begin      time.Time
}

var (
	_ logger.Interface  = (*recorder)(nil)
	_ gorm.ParamsFilter = (*recorder)(nil)
)

func (r *recorder) LogMode(logger.LogLevel) logger.Interface { return r }
func (r *recorder) Info(context.Context, string, ...any)     {}
func (r *recorder) Warn(context.Context, string, ...any)     {}
func (r *recorder) Error(context.Context, string, ...any)    {}
func (r *recorder) Trace(_ context.Context, begin time.Time, fc func() (string, int64), _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begin = begin
	fc()
}

// ParamsFilter is called by the function that Trace is given, with the text
// before its values are written into it.
func (r *recorder) ParamsFilter(_ context.Context, sql string, params ...any) (string, []any) {
	r.statements = append(r.statements, dryStatement{sql, params, r.begin})
	return "", nil
}

// madeUpRows puts two rows into the destinations of queries, which a dry run
// leaves empty: preloads ask for the keys that they find there.
type madeUpRows struct {
	undo  []func()
	joins map[reflect.Type]bool // models of join tables, whose rows lead to others
}

// before is the builder of SELECT: it runs when a query is built, which is
// before its preloads.
func (m *madeUpRows) before(build clause.ClauseBuilder) clause.ClauseBuilder {
	return func(c clause.Clause, b clause.Builder) {
		if stmt, ok := b.(*gorm.Statement); ok && stmt.DryRun {
			m.fill(stmt)
		}
		if build != nil {
			build(c, b)
			return
		}
		c.Build(b)
	}
}

func (m *madeUpRows) fill(stmt *gorm.Statement) {
	dest := stmt.ReflectValue
	if stmt.Schema == nil || !dest.IsValid() || !dest.CanSet() ||
		len(stmt.Preloads) == 0 && !m.joins[stmt.Schema.ModelType] {
		return
	}
	for _, rel := range stmt.Schema.Relationships.Relations {
		if rel.JoinTable != nil {
			m.joins[rel.JoinTable.ModelType] = true
		}
	}
	switch {
	case dest.Kind() == reflect.Slice && rowType(dest.Type().Elem()) == stmt.Schema.ModelType:
		old := reflect.ValueOf(dest.Interface())
		m.undo = append(m.undo, func() { dest.Set(old) })
		made := reflect.MakeSlice(dest.Type(), 2, 2)
		for i := range 2 {
			row := made.Index(i)
			if row.Kind() == reflect.Pointer {
				row.Set(reflect.New(stmt.Schema.ModelType))
				row = row.Elem()
			}
			fillKeys(stmt.Context, stmt.Schema, row, i+1)
		}
		dest.Set(made)
	case dest.Type() == stmt.Schema.ModelType:
		old := reflect.New(dest.Type()).Elem()
		old.Set(dest)
		m.undo = append(m.undo, func() { dest.Set(old) })
		fillKeys(stmt.Context, stmt.Schema, dest, 1)
	}
}

func (m *madeUpRows) forget() {
	for _, undo := range slices.Backward(m.undo) {
		undo()
	}
}

func rowType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// fillKeys gives the columns that relations go by a value.
func fillKeys(ctx context.Context, s *schema.Schema, row reflect.Value, n int) {
	fields := map[*schema.Field]bool{}
	for _, f := range s.PrimaryFields {
		fields[f] = true
	}
	for _, rel := range s.Relationships.Relations {
		for _, ref := range rel.References {
			for _, f := range []*schema.Field{ref.PrimaryKey, ref.ForeignKey} {
				if f != nil && f.Schema == s {
					fields[f] = true
				}
			}
		}
	}
	for f := range fields {
		if _, zero := f.ValueOf(ctx, row); zero {
			setKey(ctx, f, row, n)
		}
	}
}

// setKey sets a field to what its type makes of a number.
func setKey(ctx context.Context, f *schema.Field, row reflect.Value, n int) {
	v := f.ReflectValueOf(ctx, row)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	switch {
	case v.CanInt():
		v.SetInt(int64(n))
	case v.CanUint():
		v.SetUint(uint64(n))
	case v.CanFloat():
		v.SetFloat(float64(n))
	case v.Kind() == reflect.String:
		v.SetString(strconv.Itoa(n))
	case v.Kind() == reflect.Array && v.Len() > 0 && v.Type().Elem().Kind() == reflect.Uint8:
		v.Index(v.Len() - 1).SetUint(uint64(n))
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		v.SetBytes([]byte(strconv.Itoa(n)))
	case f.Set(ctx, row, n) == nil:
	default:
		_ = f.Set(ctx, row, strconv.Itoa(n)) // a key of another type stays empty, and its relation is not planned
	}
}
