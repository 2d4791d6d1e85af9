package fts

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/ftsindex"
	"github.com/gorm-libsql/libsql/internal/gormdb"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

var errTwoSearches = errors.New("libsql: two full-text searches in one statement: take one as a subquery of the other")

// plan is a search that has found its index.
type plan struct {
	schema, name string // of the FTS5 table
	columns      []string
	integerKey   bool
	table        string   // what stands before the columns of the statement's table
	key          []string // the columns of its key
	match        string
	rank         string // "bm25(10,1)", "" for the default
	rankInto     string // column of the answer, "" without
	excerpts     []excerpt
}

// excerpt is an [Excerpt] that has found its column.
type excerpt struct {
	Excerpt
	column int // -1: the best
	into   string
}

// plan finds the index.
func (s Search) plan(stmt *gorm.Statement) (*plan, error) {
	if stmt.Schema == nil {
		return nil, errors.New("libsql: full-text search: there is no model: add db.Model")
	}
	fail := func(err error) (*plan, error) {
		return nil, fmt.Errorf("libsql: full-text search in %s: %w", stmt.Schema.Name, err)
	}
	if t := elemOf(s.Model); t != nil && t != stmt.Schema.ModelType {
		return fail(fmt.Errorf("the search is for the model %s", t))
	}
	x := s.Index
	if x == nil {
		var err error
		if x, err = indexOfTags(stmt.Schema); err != nil {
			return fail(err)
		}
		if x == nil {
			return fail(errors.New("no field has the tag fts, and Search.Index names no index"))
		}
	}
	p := &plan{table: gormdb.Qualifier(stmt), integerKey: hasIntegerKey(stmt.Schema, stmt.Dialector.DataTypeOf)}
	schemaName, table := gormdb.Table(stmt)
	p.schema, p.name = schemaName, x.TableName(table)
	for _, f := range stmt.Schema.PrimaryFields {
		p.key = append(p.key, f.DBName)
	}
	if len(p.key) == 0 {
		return fail(errors.New("the model has no primary key"))
	}
	weights := make([]float64, len(x.Columns))
	custom := false
	for i, c := range x.Columns {
		name := c.Name
		if f := stmt.Schema.LookUpField(name); f != nil && f.DBName != "" {
			name = f.DBName
		}
		p.columns = append(p.columns, name)
		if weights[i] = 1; c.Weight != 0 {
			weights[i], custom = c.Weight, true
		}
	}
	for field, w := range s.Weights {
		i, err := p.column(stmt, field)
		if err == nil {
			err = ftsindex.CheckWeight(w)
		}
		if err != nil {
			return fail(err)
		}
		weights[i], custom = w, true
	}
	if custom {
		p.rank = bm25(weights)
	}
	if err := p.setMatch(stmt, s); err != nil {
		return fail(err)
	}
	return p, nil
}

// indexOfTags is the index of the model's tags fts, nil without one.
func indexOfTags(s *schema.Schema) (*ftsindex.Index, error) {
	return ftsindex.OfTags(s.DBNames, func(column string) (string, bool) {
		f := s.FieldsByDBName[column]
		tag, ok := f.TagSettings["FTS"]
		return tag, ok && !f.IgnoreMigration
	})
}

// hasIntegerKey tells that the model's table has an INTEGER PRIMARY KEY.
func hasIntegerKey(s *schema.Schema, dataType func(*schema.Field) string) bool {
	return len(s.PrimaryFields) == 1 && ftsindex.IsRowid(dataType(s.PrimaryFields[0]))
}

func bm25(weights []float64) string {
	var texts []string
	for _, w := range weights {
		text := strconv.FormatFloat(w, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		texts = append(texts, text)
	}
	return "bm25(" + strings.Join(texts, ", ") + ")"
}

// column is the number of a field in the index.
func (p *plan) column(stmt *gorm.Statement, field string) (int, error) {
	name := field
	if f := stmt.Schema.LookUpField(field); f != nil {
		name = f.DBName
	}
	i := slices.IndexFunc(p.columns, func(c string) bool { return sqltext.EqualFold(c, name) })
	if i < 0 {
		return 0, fmt.Errorf("the index has no field %s", field)
	}
	return i, nil
}

// setMatch writes the expression.
func (p *plan) setMatch(stmt *gorm.Statement, s Search) error {
	switch {
	case s.Text != "" && s.Expression != "":
		return errors.New("there are both a Text and an Expression")
	case s.Expression != "":
		if strings.ContainsRune(s.Expression, 0) {
			return errors.New("an Expression cannot hold a NUL byte")
		}
		p.match = s.Expression
	default:
		var err error
		if p.match, err = checkedQuery(s.Text); err != nil {
			return err
		}
	}
	if len(s.In) == 0 {
		return nil
	}
	var in []string
	for _, field := range s.In {
		i, err := p.column(stmt, field)
		if err != nil {
			return err
		}
		in = append(in, sqltext.QuoteIdent(p.columns[i]))
	}
	p.match = "{" + strings.Join(in, " ") + "} : (" + p.match + ")"
	return nil
}

// setResults finds out where the rank and the excerpts go.
func (p *plan) setResults(stmt *gorm.Statement, s Search) error {
	if s.RankInto != "" {
		name, err := gormdb.ResultColumn(stmt, s.RankInto)
		if err != nil {
			return err
		}
		p.rankInto = name
	}
	for _, e := range s.Excerpts {
		if e.Into == "" {
			return errors.New("an excerpt has no field that it goes into: set Into")
		}
		name, err := gormdb.ResultColumn(stmt, e.Into)
		if err != nil {
			return err
		}
		if name == "" {
			continue // Count and Pluck want one column
		}
		x := excerpt{Excerpt: e, column: -1, into: name}
		if e.Field != "" {
			if x.column, err = p.column(stmt, e.Field); err != nil {
				return err
			}
		}
		switch {
		case e.Field == "" && e.Words == 0:
			return errors.New("an excerpt of no field is a part: set Words")
		case e.Words < 0 || e.Words > 64:
			return fmt.Errorf("an excerpt has at most 64 words, not %d", e.Words)
		}
		if x.Open == "" && x.Close == "" {
			x.Open, x.Close = "<b>", "</b>"
		}
		if x.Cut == "" {
			x.Cut = "…"
		}
		p.excerpts = append(p.excerpts, x)
	}
	return nil
}

// elemOf is the type of a model, of which there may be a pointer or a slice.
func elemOf(v any) reflect.Type {
	t := reflect.TypeOf(v)
	for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		t = t.Elem()
	}
	return t
}
