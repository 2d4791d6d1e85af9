package types

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Contains tells whether what is at the path, or the document, contains the
// value: an object contains one with some of its labels, if it contains the
// value of each; an array contains one if each element of that is contained in
// one of its elements, in any order; a scalar contains its equal, and so does an
// array that has it as an element. 1 and 1.0 are equal; 1, "1" and true are not.
// PostgreSQL's @> is the same. Where there is nothing, it is false and not NULL.
func (c JSONCol) Contains(value any, path ...Path) JSONExpr {
	text, want, p, err := c.comparison(value, path)
	if err != nil {
		return expr("?", failed{err})
	}
	k := contains{}
	switch want.(type) {
	case map[string]any, []any:
		return k.in(argument(c), p, want)
	}
	lit, err := p.literal()
	if err != nil {
		return expr("?", failed{err})
	}
	return expr("EXISTS (SELECT 1 FROM json_each(?, "+lit+") AS e, json_each(?) AS w WHERE typeof(e.key) <> 'text' AND "+sameElement+")",
		argument(c), bound{text})
}

// Overlaps tells whether what is at the path, or the document, and the value have
// an element in common, or, of objects, a label with its value. A scalar is an
// array of one element. Elements that are arrays or objects are compared by their
// text, in which the order of labels counts.
func (c JSONCol) Overlaps(value any, path ...Path) JSONExpr {
	text, _, p, err := c.comparison(value, path)
	if err != nil {
		return expr("?", failed{err})
	}
	lit, err := p.literal()
	if err != nil {
		return expr("?", failed{err})
	}
	return expr("EXISTS (SELECT 1 FROM json_each(?, "+lit+") AS e, json_each(?) AS w WHERE "+sameElement+
		" AND CASE typeof(e.key) WHEN 'text' THEN e.key = w.key ELSE typeof(w.key) <> 'text' END)", argument(c), bound{text})
}

// sameElement compares two rows of json_each.
const sameElement = "replace(e.type, 'real', 'integer') = replace(w.type, 'real', 'integer') AND e.value IS w.value"

// comparison is the value as JSON, and the path or $.
func (c JSONCol) comparison(value any, path []Path) (text string, want any, p Path, err error) {
	if len(path) > 1 {
		return "", nil, "", fmt.Errorf("libsql: JSON: a comparison of %s takes one path", c)
	}
	if p = "$"; len(path) == 1 {
		p = path[0]
	}
	if _, ok := fromSQL(value); ok {
		return "", nil, "", fmt.Errorf("libsql: JSON: %s is compared with a Go value, and was given a %T", c, value)
	}
	b, err := encode(value)
	if err == nil {
		err = decode(b, &want)
	}
	return string(b), want, p, err
}

// contains numbers the tables of a condition.
type contains struct{ tables int }

// in tells whether the document contains the value at the path.
func (k *contains) in(doc part, p Path, want any) JSONExpr {
	path, err := p.literal()
	if err != nil {
		return expr("?", failed{err})
	}
	typeIs := "json_type(?, " + path + ") IS "
	switch want := want.(type) {
	case map[string]any:
		all := []part{expr(typeIs+"'object'", doc)}
		for _, label := range slices.Sorted(maps.Keys(want)) {
			all = append(all, k.in(doc, p.At(label), want[label]))
		}
		return and(all)
	case []any:
		return k.array(doc, path, want)
	case string:
		return expr("("+typeIs+"'text' AND ? ->> "+path+" IS ?)", doc, doc, bound{want})
	case json.Number:
		return expr("(json_type(?, "+path+") IN ('integer', 'real') AND ? ->> "+path+" IS ?)", doc, doc, numberPart(want))
	}
	return expr(typeIs+"'"+typeName(want)+"'", doc)
}

// array looks for all scalars at once, and for each array and object by itself.
func (k *contains) array(doc part, path string, want []any) JSONExpr {
	all := []part{expr("json_type(?, "+path+") IS 'array'", doc)}
	var plain []any
	for _, w := range want {
		switch w.(type) {
		case map[string]any, []any:
			k.tables++
			e := "e" + strconv.Itoa(k.tables)
			kind := "array"
			if _, ok := w.(map[string]any); ok {
				kind = "object"
			}
			// CASE, because a text element is no document to look into.
			all = append(all, expr("EXISTS (SELECT 1 FROM json_each(?, "+path+") AS "+e+
				" WHERE CASE "+e+".type WHEN '"+kind+"' THEN ? END)", doc, k.in(column(e+".value"), "$", w)))
		default:
			plain = append(plain, w)
		}
	}
	if len(plain) > 0 {
		text, err := encode(plain)
		if err != nil {
			return expr("?", failed{err})
		}
		all = append(all, expr("NOT EXISTS (SELECT 1 FROM json_each(?) AS w WHERE NOT EXISTS (SELECT 1 FROM json_each(?, "+path+
			") AS e WHERE "+sameElement+"))", bound{string(text)}, doc))
	}
	return and(all)
}

func and(all []part) JSONExpr {
	return expr("("+strings.TrimSuffix(strings.Repeat("? AND ", len(all)), " AND ")+")", all...)
}

func numberPart(n json.Number) part {
	if p, ok := number(n).(part); ok {
		return p
	}
	return bound{number(n)}
}

func typeName(v any) string {
	switch v {
	case true:
		return "true"
	case false:
		return "false"
	}
	return "null"
}
