package types

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// JSONExpr is an SQL expression. It is a clause.Expression: a condition of Where,
// Not, Or and Having, the value of Update and Updates, and what a ? in Select,
// Where, Joins, Table or Raw stands for. Order takes [JSONExpr.Asc] and
// [JSONExpr.Desc]; Group, Pluck and Distinct, which take text, [JSONExpr.String].
//
// An error in it, such as a path that is none, is the error of the statement,
// which is then not sent.
type JSONExpr struct {
	sql  string // with a ? for each part, and no other
	vars []any  // of part
}

// part is what stands for a ? in a JSONExpr.
type part interface {
	clause.Expression
	text() string // the part as SQL without variables
}

var _ part = JSONExpr{}

func expr(sql string, parts ...part) JSONExpr {
	e := JSONExpr{sql: sql, vars: make([]any, len(parts))}
	for i, p := range parts {
		e.vars[i] = p
	}
	return e
}

// Build implements clause.Expression.
func (e JSONExpr) Build(b clause.Builder) { clause.Expr{SQL: e.sql, Vars: e.vars}.Build(b) }

// String is the expression as SQL, with its values written out.
func (e JSONExpr) String() string {
	var b strings.Builder
	rest := e.sql
	for _, v := range e.vars {
		before, after, _ := strings.Cut(rest, "?")
		b.WriteString(before)
		b.WriteString(v.(part).text())
		rest = after
	}
	b.WriteString(rest)
	return b.String()
}

func (e JSONExpr) text() string { return e.String() }

// err is the first error in it.
func (e JSONExpr) err() error {
	for _, v := range e.vars {
		switch v := v.(type) {
		case failed:
			return v.error
		case JSONExpr:
			if err := v.err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Eq compares as the value would be in JSON: a time is its RFC 3339 text, true is
// what ->> makes of true. nil is NULL, and a slice means one of its elements.
func (e JSONExpr) Eq(v any) clause.Expression {
	return clause.Eq{Column: e.column(), Value: scalars(v)}
}

// Neq is the opposite of Eq.
func (e JSONExpr) Neq(v any) clause.Expression {
	return clause.Neq{Column: e.column(), Value: scalars(v)}
}

// Gt is >. Numbers are less than texts in SQL.
func (e JSONExpr) Gt(v any) clause.Expression { return clause.Gt{Column: e.column(), Value: scalar(v)} }

// Gte is >=.
func (e JSONExpr) Gte(v any) clause.Expression {
	return clause.Gte{Column: e.column(), Value: scalar(v)}
}

// Lt is <.
func (e JSONExpr) Lt(v any) clause.Expression { return clause.Lt{Column: e.column(), Value: scalar(v)} }

// Lte is <=.
func (e JSONExpr) Lte(v any) clause.Expression {
	return clause.Lte{Column: e.column(), Value: scalar(v)}
}

// Like is LIKE: % stands for any text, _ for a character, and ASCII letters
// have no case.
func (e JSONExpr) Like(pattern string) clause.Expression {
	return clause.Like{Column: e.column(), Value: pattern}
}

// Asc is the order by the expression, for Order.
func (e JSONExpr) Asc() clause.OrderBy { return e.order(false) }

// Desc is the reverse order by the expression, for Order.
func (e JSONExpr) Desc() clause.OrderBy { return e.order(true) }

func (e JSONExpr) order(desc bool) clause.OrderBy {
	by := clause.OrderBy{Columns: []clause.OrderByColumn{{Column: clause.Column{Name: e.String(), Raw: true}, Desc: desc}}}
	if err := e.err(); err != nil {
		by.Expression = failed{err}
	}
	return by
}

// column is the expression where GORM takes a column.
func (e JSONExpr) column() any { return clause.Expr{SQL: e.sql, Vars: e.vars} }

// column is the name of a column, with a table before a dot or without.
type column string

// Build writes the name as GORM writes every name.
func (c column) Build(b clause.Builder) { b.WriteQuoted(string(c)) }

func (c column) text() string {
	var b strings.Builder
	for rest := "." + string(c); rest != ""; {
		var name string
		name, rest = sqltext.CutName(rest[1:])
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(sqltext.Backquote(name))
	}
	return b.String()
}

// argument is a column as an argument of a table-valued function, which takes a
// name of its own columns for those.
type argument string

var elementColumns = []string{"key", "value", "type", "atom", "id", "parent", "fullkey", "path", "json", "root"}

// Build writes the name with its table where it would be mistaken.
func (c argument) Build(b clause.Builder) {
	stmt, ok := b.(*gorm.Statement)
	if ok && stmt.Table != "" && slices.Contains(elementColumns, sqltext.Lower(string(c))) {
		b.WriteQuoted(clause.Column{Table: stmt.Table, Name: string(c)})
		return
	}
	column(c).Build(b)
}

func (c argument) text() string { return column(c).text() }

// bound is a value that is bound as a variable.
type bound struct{ v any }

// Build adds the variable.
func (v bound) Build(b clause.Builder) {
	if _, subquery := v.v.(*gorm.DB); !subquery {
		b.AddVar(b, v.v)
		return
	}
	b.WriteByte('(')
	b.AddVar(b, v.v)
	b.WriteByte(')')
}

func (v bound) text() string {
	switch x := v.v.(type) {
	case int64:
		return strconv.FormatInt(x, 10)
	case string:
		if strings.IndexByte(x, 0) >= 0 {
			return "CAST(x'" + hex.EncodeToString([]byte(x)) + "' AS TEXT)"
		}
		return sqltext.QuoteString(x)
	case clause.Column:
		name := column(x.Name).text()
		if x.Table != "" {
			name = column(x.Table).text() + "." + name
		}
		return name
	}
	return failed{fmt.Errorf("libsql: JSON: a %T has no text outside a statement", v.v)}.text()
}

// failed is an error in the place of an expression.
type failed struct{ error }

// Build makes the error that of the statement.
func (f failed) Build(b clause.Builder) {
	_ = b.AddError(f.error)
	b.WriteString("NULL")
}

// text is a name that no column has, so that SQLite's error says what is wrong.
func (f failed) text() string { return sqltext.Backquote(f.Error()) }

// document is a Go value as JSON. An expression, a column or a subquery is the
// value that SQL gives.
func document(what string, v any) part {
	if p, ok := fromSQL(v); ok {
		return p
	}
	text, err := encode(v)
	if err != nil {
		return failed{fmt.Errorf("%w, in %s", err, what)}
	}
	return expr("json(?)", bound{string(text)})
}

// fromSQL tells the values that are SQL.
func fromSQL(v any) (part, bool) {
	switch v := v.(type) {
	case part:
		return v, true
	case clause.Expression, clause.Column, *gorm.DB:
		return bound{v}, true
	}
	return nil, false
}

// scalar is what ->> makes of a Go value as JSON.
func scalar(v any) any {
	switch v := v.(type) {
	case nil, string, int, int64, float64:
		return v
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	if p, ok := fromSQL(v); ok {
		return p
	}
	text, err := encode(v)
	if err != nil {
		return failed{err}
	}
	var x any
	if err := decode(text, &x); err != nil {
		return failed{err}
	}
	switch x := x.(type) {
	case nil, string:
		return x
	case bool:
		return scalar(x)
	case json.Number:
		return number(x)
	}
	return string(text)
}

// number is the number as SQLite reads it from JSON.
func number(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	return expr("(? ->> '$')", bound{n.String()})
}

// scalars is scalar, and of a slice a list.
func scalars(v any) any {
	rv := reflect.ValueOf(v)
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array || rv.Type().Elem().Kind() == reflect.Uint8 {
		return scalar(v)
	}
	switch v.(type) {
	case json.Marshaler, interface{ MarshalText() ([]byte, error) }:
		return scalar(v)
	}
	list := make([]any, rv.Len())
	for i := range list {
		list[i] = scalar(rv.Index(i).Interface())
	}
	return list
}
