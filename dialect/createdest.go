package dialect

import (
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// newDestination is the destination of a batch; nil when there are not
// several rows, or they cannot be written to.
func newDestination(stmt *gorm.Statement) destination {
	switch dest := stmt.Dest.(type) {
	case map[string]any, *map[string]any:
		return nil
	case []map[string]any:
		if len(dest) > 0 {
			return &mapSlice{maps: dest}
		}
		return nil
	case *[]map[string]any:
		if dest != nil && len(*dest) > 0 {
			return &mapSlice{maps: *dest}
		}
		return nil
	}
	rv := stmt.ReflectValue
	switch rv.Kind() {
	case reflect.Slice:
	case reflect.Array:
		if !rv.CanAddr() {
			return nil
		}
	default:
		return nil
	}
	if rv.Len() == 0 || stmt.Schema == nil {
		return nil
	}
	return &structSlice{rows: rv}
}

// structSlice is a slice or an array of structs, or of pointers to them.
type structSlice struct {
	rows     reflect.Value
	replaced reflect.Value // what takes their place, when all columns of some of them come back
}

func (s *structSlice) len() int { return s.rows.Len() }

func (s *structSlice) fillDefaults(*gorm.Statement, clause.Values) {}

func (s *structSlice) scan(db *gorm.DB, rows gorm.Rows) reflect.Value {
	got := reflect.New(reflect.SliceOf(s.rows.Type().Elem())).Elem()
	db.Statement.ReflectValue = got
	defer func() { db.Statement.ReflectValue = s.rows }()
	gorm.Scan(rows, db, 0)
	return got
}

func (s *structSlice) assign(db *gorm.DB, i int, got reflect.Value, columns []clause.Column) {
	stmt := db.Statement
	set := func(f *schema.Field) {
		if f != nil && f.Readable {
			v, _ := f.ValueOf(stmt.Context, got)
			db.AddError(f.Set(stmt.Context, s.rows.Index(i), v))
		}
	}
	for _, c := range columns {
		set(stmt.Schema.LookUpField(c.Name))
	}
	if len(columns) == 0 { // all of them; what is no column stays
		for _, name := range stmt.Schema.DBNames {
			set(stmt.Schema.FieldsByDBName[name])
		}
	}
}

func (s *structSlice) append(got reflect.Value) {
	if !s.replaced.IsValid() {
		s.replaced = got
		return
	}
	s.replaced = reflect.AppendSlice(s.replaced, got)
}

func (s *structSlice) setID(int, int64) {}

func (s *structSlice) done() {
	switch {
	case !s.replaced.IsValid():
	case s.rows.Kind() == reflect.Slice && s.rows.CanSet():
		s.rows.Set(s.replaced.Convert(s.rows.Type()))
	case s.replaced.Len() == s.rows.Len():
		reflect.Copy(s.rows, s.replaced)
	}
}

// mapSlice is a slice of maps.
type mapSlice struct{ maps []map[string]any }

func (s *mapSlice) len() int { return len(s.maps) }

// fillDefaults gives a column that a map leaves out, and another map has, the
// default of the model. A map that says nil means NULL.
func (s *mapSlice) fillDefaults(stmt *gorm.Statement, values clause.Values) {
	if stmt.Schema == nil {
		return
	}
	for at, column := range values.Columns {
		f := stmt.Schema.LookUpField(column.Name)
		if f == nil || !f.HasDefaultValue {
			continue
		}
		for i, row := range values.Values {
			if at >= len(row) || row[at] != nil {
				continue
			}
			_, byColumn := s.maps[i][f.DBName]
			_, byName := s.maps[i][f.Name]
			if !byColumn && !byName {
				row[at] = stmt.DefaultValueOf(f)
			}
		}
	}
}

func (s *mapSlice) scan(db *gorm.DB, rows gorm.Rows) reflect.Value {
	var got []map[string]any
	dest := db.Statement.Dest
	db.Statement.Dest = &got
	defer func() { db.Statement.Dest = dest }()
	gorm.Scan(rows, db, 0)
	return reflect.ValueOf(got)
}

func (s *mapSlice) assign(_ *gorm.DB, i int, got reflect.Value, _ []clause.Column) {
	if m := s.maps[i]; m != nil {
		for name, v := range got.Interface().(map[string]any) {
			m[name] = v
		}
	}
}

func (s *mapSlice) append(reflect.Value) {}

func (s *mapSlice) setID(i int, id int64) {
	if m := s.maps[i]; m != nil {
		m["@id"] = id
	}
}

func (s *mapSlice) done() {}
