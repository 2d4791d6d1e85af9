package dialect

import (
	"database/sql"
	"database/sql/driver"
	"reflect"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// longList is the number of values from which on a list is one variable. It
// is where that is no slower than a variable for each value (see
// BenchmarkLongList); SQLite's limit is 32,766.
var longList = 500

// shortenAll replaces the long lists in conditions. Most have none: then
// nothing is copied.
func (r *rules) shortenAll(exprs []clause.Expression) (_ []clause.Expression, changed bool) {
	for i, e := range exprs {
		short, ok := r.shorten(e)
		if !ok {
			continue
		}
		if !changed {
			exprs = append([]clause.Expression(nil), exprs...)
			changed = true
		}
		exprs[i] = short
	}
	return exprs, changed
}

func (r *rules) shorten(e clause.Expression) (_ clause.Expression, changed bool) {
	switch e := e.(type) {
	case clause.IN:
		if len(e.Values) >= longList {
			return r.shortIn(e)
		}
	case clause.Eq:
		return r.shortEq(e)
	case clause.Neq:
		if in, ok := r.shortEq(clause.Eq(e)); ok {
			return clause.Not(in), true
		}
	case clause.Expr:
		if vars, ok := r.shortVars(e.SQL, e.Vars); ok {
			e.Vars = vars
			return e, true
		}
	case clause.NamedExpr:
		if vars, ok := r.shortVars(e.SQL, e.Vars); ok {
			e.Vars = vars
			return e, true
		}
	case clause.Where:
		e.Exprs, changed = r.shortenAll(e.Exprs)
		return e, changed
	case clause.AndConditions:
		e.Exprs, changed = r.shortenAll(e.Exprs)
		return e, changed
	case clause.OrConditions:
		e.Exprs, changed = r.shortenAll(e.Exprs)
		return e, changed
	case clause.NotConditions:
		e.Exprs, changed = r.shortenAll(e.Exprs)
		return e, changed
	}
	return nil, false
}

// shortenSet replaces the long lists in what is assigned.
func (r *rules) shortenSet(set clause.Set) clause.Set {
	changed := false
	for i, a := range set {
		e, ok := a.Value.(clause.Expression)
		if !ok {
			continue
		}
		short, ok := r.shorten(e)
		if !ok {
			continue
		}
		if !changed {
			set = append(clause.Set(nil), set...)
			changed = true
		}
		set[i].Value = short
	}
	return set
}

func (r *rules) shortIn(in clause.IN) (clause.Expression, bool) {
	list, ok := r.jsonList(reflect.ValueOf(in.Values))
	if !ok {
		return nil, false
	}
	return columnIn{in.Column, list}, true
}

// shortEq is for the lists that clause.Eq writes as IN.
func (r *rules) shortEq(eq clause.Eq) (clause.Expression, bool) {
	n := 0
	switch v := eq.Value.(type) {
	case []string:
		n = len(v)
	case []int:
		n = len(v)
	case []int32:
		n = len(v)
	case []int64:
		n = len(v)
	case []uint:
		n = len(v)
	case []uint32:
		n = len(v)
	case []uint64:
		n = len(v)
	case []any:
		n = len(v)
	}
	if n < longList {
		return nil, false
	}
	list, ok := r.jsonList(reflect.ValueOf(eq.Value))
	return columnIn{eq.Column, list}, ok
}

// shortVars replaces the variables of raw SQL that are long lists, where they
// stand alone after IN.
func (r *rules) shortVars(text string, vars []any) (_ []any, changed bool) {
	if !anyLong(vars) {
		return nil, false
	}
	marks, names := listMarks(text)
	short := append([]any(nil), vars...)
	for i, v := range vars {
		switch v := v.(type) {
		case sql.NamedArg:
			if list, ok := r.shortVar(v.Value); ok && names[v.Name] {
				v.Value, changed = list, true
				short[i] = v
			}
		case map[string]any: // of names
			values := make(map[string]any, len(v))
			for name, value := range v {
				values[name] = value
				if list, ok := r.shortVar(value); ok && names[name] {
					values[name], changed = list, true
				}
			}
			short[i] = values
		default:
			if list, ok := r.shortVar(v); ok && i < len(marks) && marks[i] {
				short[i], changed = list, true
			}
		}
	}
	return short, changed
}

func anyLong(vars []any) bool {
	for _, v := range vars {
		switch v := v.(type) {
		case sql.NamedArg:
			if isLong(v.Value) {
				return true
			}
		case map[string]any:
			for _, value := range v {
				if isLong(value) {
					return true
				}
			}
		default:
			if isLong(v) {
				return true
			}
		}
	}
	return false
}

// isLong tells a list that GORM would write as so many variables.
func isLong(v any) bool {
	switch v.(type) {
	case nil, bool, int, int64, uint, uint64, float64, string, []byte, time.Time, driver.Valuer,
		gorm.Valuer, clause.Expression, clause.Interface, *gorm.DB:
		return false
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Slice, reflect.Array:
		return rv.Len() >= longList && rv.Type().Elem().Kind() != reflect.Uint8
	}
	return false
}

func (r *rules) shortVar(v any) (*jsonList, bool) {
	if !isLong(v) {
		return nil, false
	}
	return r.jsonList(reflect.ValueOf(v))
}

// listMarks tells of each question mark of raw SQL, as GORM counts them, and
// of each @name, whether it stands alone after IN: "IN ?" or "IN (?)".
func listMarks(text string) (marks []bool, names map[string]bool) {
	names = map[string]bool{}
	var solid []sqltext.Token
	for tok := range sqltext.Tokens(text) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			solid = append(solid, tok)
		} else {
			marks = append(marks, make([]bool, strings.Count(tok.Text(text), "?"))...)
		}
	}
	// Marks in comments count as well, but then the places do not agree.
	if len(marks) > 0 {
		return nil, names
	}
	is := func(i int, kind sqltext.Kind) bool { return i >= 0 && i < len(solid) && solid[i].Kind == kind }
	for i, tok := range solid {
		word := tok.Text(text)
		before, alone := i-1, true
		if is(i-1, sqltext.LParen) {
			before, alone = i-2, is(i+1, sqltext.RParen)
		}
		ok := alone && before >= 0 && solid[before].Is(text, "IN")
		switch {
		case tok.Kind == sqltext.Param && word[0] == '@':
			known, seen := names[word[1:]]
			names[word[1:]] = ok && (known || !seen)
		case word == "?":
			marks = append(marks, ok)
		default: // in a literal or a name
			marks = append(marks, make([]bool, strings.Count(word, "?"))...)
		}
	}
	return marks, names
}

// columnIn is a condition on a long list.
type columnIn struct {
	column any
	list   *jsonList
}

// Build implements clause.Expression.
func (c columnIn) Build(b clause.Builder) {
	b.WriteQuoted(c.column)
	b.WriteString(" IN ")
	c.list.Build(b)
}

// NegationBuild implements clause.NegationExpressionBuilder.
func (c columnIn) NegationBuild(b clause.Builder) {
	b.WriteQuoted(c.column)
	b.WriteString(" NOT IN ")
	c.list.Build(b)
}
