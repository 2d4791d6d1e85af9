package dialect

import (
	"context"
	"database/sql"
	"maps"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/rowhook"
	"github.com/gorm-libsql/libsql/internal/timetext"
)

// GORM's Scan(&dest), and RETURNING, hand out *sql.Rows, for which timeRows
// cannot stand in. There the fields themselves take texts: when the rows are
// asked for their columns, GORM has put the schema of dest into the statement
// and is about to look the fields up in it. It finds fields there that scan
// what is no time as well.

// timeContext is the statement's context with which its rows do that.
func (r *rules) timeContext(stmt *gorm.Statement) context.Context {
	return &rowhook.Context{Context: stmt.Context, Columns: func(names []string, isTime func(int) bool) {
		if _, open := stmt.Dest.(*sql.Rows); open || stmt.Schema == nil {
			return // rows of the user's, which have no destination yet
		}
		stmt.Schema = r.withTimeFields(stmt.Schema, names, isTime)
	}}
}

// withTimeContext runs a callback with it when RETURNING may return times.
func (r *rules) withTimeContext(base func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		stmt := db.Statement
		if !returnsTimes(stmt) {
			base(db)
			return
		}
		ctx, s := stmt.Context, stmt.Schema
		stmt.Context = r.timeContext(stmt)
		defer func() { stmt.Context, stmt.Schema = ctx, s }()
		base(db)
	}
}

func returnsTimes(stmt *gorm.Statement) bool {
	if stmt.Schema == nil {
		return false
	}
	if _, ok := stmt.Clauses["RETURNING"]; ok {
		return true
	}
	return slices.ContainsFunc(stmt.Schema.FieldsWithDefaultDBValue, func(f *schema.Field) bool { return f.GORMDataType == schema.Time })
}

// withTimeFields is the schema with other fields for the columns that are no
// times and go into one. The schema itself is everybody's and stays as it is.
func (r *rules) withTimeFields(s *schema.Schema, names []string, isTime func(int) bool) *schema.Schema {
	var c *schema.Schema
	for i, name := range names {
		f := s.LookUpField(name)
		if f == nil || isTime(i) || timetext.Setter(reflect.New(f.FieldType).Interface()) == nil {
			continue
		}
		if c == nil {
			c = lookUpOnly(s)
		}
		tf := *f
		tf.NewValuePool = timePool{f.NewValuePool, r.loc}
		tf.Set = func(ctx context.Context, value reflect.Value, v any) error {
			if t, ok := v.(*timeText); ok {
				v = t.dest
			}
			return f.Set(ctx, value, v)
		}
		c.FieldsByDBName[name] = &tf
		if at := slices.Index(c.Fields, f); at >= 0 {
			c.Fields[at] = &tf
		}
	}
	if c == nil {
		return s
	}
	return c
}

// lookUpOnly is a copy that GORM can look fields up in.
func lookUpOnly(s *schema.Schema) *schema.Schema {
	c := &schema.Schema{
		Name: s.Name, ModelType: s.ModelType, Table: s.Table,
		PrioritizedPrimaryField: s.PrioritizedPrimaryField, DBNames: s.DBNames,
		PrimaryFields: s.PrimaryFields, PrimaryFieldDBNames: s.PrimaryFieldDBNames,
		Fields: slices.Clone(s.Fields), FieldsByName: s.FieldsByName, FieldsByBindName: s.FieldsByBindName,
		FieldsByDBName: maps.Clone(s.FieldsByDBName), FieldsWithDefaultDBValue: s.FieldsWithDefaultDBValue,
	}
	c.Relationships.Relations = s.Relationships.Relations
	return c
}

// timePool wraps the values that a field is scanned into.
type timePool struct {
	schema.FieldNewValuePool
	loc *time.Location
}

// Get returns a value to scan into.
func (p timePool) Get() any {
	dest := p.FieldNewValuePool.Get()
	if set := timetext.Setter(dest); set != nil {
		return &timeText{set, dest, p.loc}
	}
	return dest
}

// Put takes a value back.
func (p timePool) Put(v any) {
	if t, ok := v.(*timeText); ok {
		v = t.dest
	}
	p.FieldNewValuePool.Put(v)
}
