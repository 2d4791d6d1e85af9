package types

import (
	"errors"
	"strings"

	"gorm.io/gorm/clause"
)

// JSONCol is the name of a column that holds documents, as text or as JSONB,
// with its table before a dot or without. Its methods make expressions of it. A
// path is written into the SQL, safely quoted, because only so an index on the
// same expression is found; values are bound.
//
// As an expression a JSONCol is the text of the document: json(column).
type JSONCol string

var _ part = JSONCol("")

// Build implements clause.Expression.
func (c JSONCol) Build(b clause.Builder) { expr("json(?)", column(c)).Build(b) }

func (c JSONCol) text() string { return expr("json(?)", column(c)).text() }

// Get is what is at the path as JSON, column -> path: a text has its quotes, and
// JSON's null is the text null. It is NULL where there is nothing:
// https://www.sqlite.org/json1.html#jptr.
func (c JSONCol) Get(p Path) JSONExpr { return c.operator("->", p) }

// Value is what is at the path as an SQL value, column ->> path: a text, an
// INTEGER, a REAL, 1 and 0 for true and false, NULL for null and where there is
// nothing, and the text of an array or object.
func (c JSONCol) Value(p Path) JSONExpr { return c.operator("->>", p) }

func (c JSONCol) operator(op string, p Path) JSONExpr {
	path, err := p.literal()
	if err != nil {
		return expr("?", failed{err})
	}
	// In parentheses, because COLLATE and the unary operators bind tighter.
	return expr("(? "+op+" "+path+")", column(c))
}

// Extract is json_extract: of one path as Value, of several a JSON array of what
// is at each of them.
func (c JSONCol) Extract(paths ...Path) JSONExpr {
	if len(paths) == 0 {
		return expr("?", failed{errors.New("libsql: JSON: Extract needs a path")})
	}
	return callPaths("json_extract", column(c), paths)
}

// Type is the type of what is at the path, or of the document: null, true, false,
// integer, real, text, array or object. It is NULL where there is nothing.
func (c JSONCol) Type(path ...Path) JSONExpr { return callAt("json_type", column(c), path) }

// Len is the number of elements of the array at the path, or of the document; of
// what is no array, 0.
func (c JSONCol) Len(path ...Path) JSONExpr { return callAt("json_array_length", column(c), path) }

// Has tells whether there is something at the path, be it null.
func (c JSONCol) Has(p Path) JSONExpr {
	return expr("(? IS NOT NULL)", c.Type(p))
}

// Valid tells whether the column holds JSON as RFC 8259 has it, or JSONB.
func (c JSONCol) Valid() JSONExpr { return expr("json_valid(?, 9)", column(c)) }

// ErrorPosition is where the JSON of the column is malformed, from 1; 0 if it is
// JSON or JSON5.
func (c JSONCol) ErrorPosition() JSONExpr { return expr("json_error_position(?)", column(c)) }

// Each is the table of the elements of the array or object at the path, or of the
// document: db.Joins("JOIN ? AS item", JSONCol("docs.items").Each()). Its rows scan
// into [JSONElement]. See https://www.sqlite.org/json1.html#jeach.
func (c JSONCol) Each(path ...Path) JSONExpr { return callAt("json_each", argument(c), path) }

// Tree is Each with all that is in the elements, and begins with what is at the
// path itself.
func (c JSONCol) Tree(path ...Path) JSONExpr { return callAt("json_tree", argument(c), path) }

// callAt calls a function with no path or one.
func callAt(name string, doc part, path []Path) JSONExpr {
	if len(path) > 1 {
		return expr("?", failed{errors.New("libsql: JSON: " + name + " takes one path")})
	}
	return callPaths(name, doc, path)
}

func callPaths(name string, doc part, paths []Path) JSONExpr {
	var b strings.Builder
	b.WriteString(name + "(?")
	for _, p := range paths {
		path, err := p.literal()
		if err != nil {
			return expr("?", failed{err})
		}
		b.WriteString(", " + path)
	}
	b.WriteByte(')')
	return expr(b.String(), doc)
}
