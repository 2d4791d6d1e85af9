package types

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/gormdb"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/vecindex"
)

var errTwoSearches = errors.New("libsql: two vector searches in one statement: take one as a subquery of the other")

// plan is a search that has found its field.
type plan struct {
	column     clause.Column
	metric     Metric
	k          int
	query      []byte  // as the column stores it
	zero       []byte  // for Dot: a vector of zeros
	norm       float64 // for Dot: the query's product with itself
	bits       int     // for Dot over Vector1: the dimensions
	candidates int     // most of what the index finds; 0: no index is used
	where      string  // of the partial index
	index      string
	field      *schema.Field
}

// check finds what is wrong whatever the model is.
func (s Search) check() error {
	switch {
	case s.K < 1:
		return fmt.Errorf("libsql: vector search: K is %d: the nearest rows are at least 1", s.K)
	case s.Metric != "" && s.Metric != Cosine && s.Metric != L2 && s.Metric != Dot:
		return fmt.Errorf("libsql: vector search: there is no metric %q: they are cosine, l2 and dot", s.Metric)
	}
	return nil
}

// plan finds the field and its index.
func (s Search) plan(stmt *gorm.Statement) (*plan, error) {
	if stmt.Schema == nil {
		return nil, errors.New("libsql: vector search: there is no model: add db.Model")
	}
	fail := func(err error) (*plan, error) {
		return nil, fmt.Errorf("libsql: vector search in %s.%s: %w", stmt.Schema.Name, s.Field, err)
	}
	f := stmt.Schema.LookUpField(s.Field)
	if f == nil || f.DBName == "" {
		return fail(errors.New("there is no such field"))
	}
	k, ok := kindOf(f)
	if !ok {
		return fail(fmt.Errorf("the field is a %s, no vector", f.FieldType))
	}
	k, dims, err := storageOf(f, k)
	if err != nil {
		return nil, err
	}
	p := &plan{column: clause.Column{Table: gormdb.Qualifier(stmt), Name: f.DBName}, metric: s.Metric, k: s.K, field: f}
	if tag, ok := f.TagSettings["VECTORINDEX"]; ok {
		o, err := vecindex.Parse(tag)
		if err == nil {
			err = o.Check(k, dims)
		}
		if err != nil {
			return fail(err)
		}
		indexed := Cosine
		if o.IsL2() {
			indexed = L2
		}
		if p.metric == "" {
			p.metric = indexed
		}
		p.where = o.Where
		_, table := gormdb.Table(stmt)
		p.index = o.IndexName(stmt.DB.NamingStrategy, table, f.DBName)
		if !s.Exact && p.metric == indexed && s.K <= o.Candidates() {
			p.candidates = o.Candidates()
		}
	}
	if p.metric == "" {
		p.metric = Cosine
	}
	if k == vecindex.Float1 && p.metric == L2 {
		return fail(errors.New("vectors of one bit have no l2 distance"))
	}
	if err := p.setQuery(s.Query, k, dims); err != nil {
		return fail(err)
	}
	return p, nil
}

// kindOf is the storage of a field, by its Go type or by its declared one.
func kindOf(f *schema.Field) (vecindex.Kind, bool) {
	if v, ok := reflect.New(f.IndirectFieldType).Elem().Interface().(vector); ok {
		k, _ := v.shape()
		return k, true
	}
	k, _, ok := vecindex.ParseType(f.TagSettings["TYPE"])
	return k, ok
}

// setQuery stores the query as the column stores vectors: libSQL knows no
// distance between two storages.
func (p *plan) setQuery(query any, k vecindex.Kind, dims int) (err error) {
	numbers, ok := numbersOf(query)
	if !ok {
		return fmt.Errorf("the query is a %T, no vector", query)
	}
	if dims != 0 && len(numbers) != 0 && len(numbers) != dims {
		return fmt.Errorf("the query has %d dimensions, the field %d", len(numbers), dims)
	}
	if p.query, err = encodeVector(numbers, k); err != nil {
		return err
	}
	if p.metric == Cosine && k != vecindex.Float1 && !slices.ContainsFunc(numbers, func(x float64) bool { return x != 0 }) {
		return errors.New("the query is a vector of zeros, which has no cosine distance")
	}
	if p.metric != Dot {
		return nil
	}
	if k == vecindex.Float1 {
		p.bits = len(numbers)
		return nil
	}
	var stored []float64 // with the storage's precision
	if err := scan64(p.query, &stored); err != nil {
		return err
	}
	for _, x := range stored {
		p.norm += x * x
	}
	p.zero, err = encodeVector(make([]float64, len(numbers)), k)
	return err
}

func encodeVector(v []float64, k vecindex.Kind) ([]byte, error) {
	var blob driver.Value
	var err error
	if k == vecindex.Float64 {
		blob, err = value64(v)
	} else {
		v32 := make([]float32, len(v))
		for i, x := range v {
			v32[i] = float32(x)
		}
		blob, err = value32(v32, k)
	}
	b, _ := blob.([]byte)
	return b, err
}

// numbersOf are those of a vector, never nil.
func numbersOf(v any) (numbers []float64, ok bool) {
	rv := reflect.Indirect(reflect.ValueOf(v))
	if rv.IsValid() && rv.Kind() == reflect.Slice {
		switch rv.Type().Elem().Kind() {
		case reflect.Float32, reflect.Float64:
			numbers = make([]float64, rv.Len())
			for i := range numbers {
				numbers[i] = rv.Index(i).Float()
			}
			return numbers, true
		}
	}
	return nil, false
}

// keyOf are the columns that tell the rows apart, as libSQL's index tells them
// apart: the rowid, or the key of a table that has none. With an index it makes
// sure that there is one.
func (p *plan) keyOf(stmt *gorm.Statement) (key []clause.Column, err error) {
	schemaName, table := gormdb.Table(stmt)
	withoutRowID, indexed := false, false
	where := schemaName
	if where == "" {
		where = "main"
	}
	rows, err := stmt.ConnPool.QueryContext(stmt.Context,
		"SELECT wr, EXISTS(SELECT 1 FROM "+sqltext.Backquote(where)+".sqlite_master WHERE type = 'index' AND name = ?) "+
			"FROM pragma_table_list(?) WHERE ? IN ('', schema) ORDER BY schema <> 'temp', schema <> 'main' LIMIT 1",
		p.index, table, schemaName)
	if err != nil {
		return nil, err
	}
	if rows != nil { // nil: a pool that a test has made up
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&withoutRowID, &indexed); err != nil {
				return nil, err
			}
			if p.candidates > 0 && !indexed {
				return nil, fmt.Errorf("libsql: vector search: the table %q has no index %q: migrate the model, or search with Exact", table, p.index)
			}
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	if withoutRowID {
		for _, f := range stmt.Schema.PrimaryFields {
			key = append(key, clause.Column{Table: gormdb.Qualifier(stmt), Name: f.DBName})
		}
		return key, nil
	}
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		hidden := false
		for column := range stmt.Schema.FieldsByDBName {
			hidden = hidden || strings.EqualFold(column, name)
		}
		if !hidden {
			return []clause.Column{{Table: gormdb.Qualifier(stmt), Name: name}}, nil
		}
	}
	return nil, fmt.Errorf("libsql: vector search: the columns of the table %q hide its rowid", table)
}
