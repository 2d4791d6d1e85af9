package types

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Set is the document with values at paths, which come in turn:
// Set("$.name", "Ada", At("age"), 36). What is there is replaced, and what is not
// is made, parents included. A value is any Go value, as encoding/json writes it,
// or an expression. A column that is NULL stays NULL.
//
// A document keeps its storage, as text or as JSONB. See
// https://www.sqlite.org/json1.html#jset.
func (c JSONCol) Set(pathsAndValues ...any) JSONExpr { return c.pairs("set", pathsAndValues) }

// Insert is Set that leaves alone what is there.
func (c JSONCol) Insert(pathsAndValues ...any) JSONExpr { return c.pairs("insert", pathsAndValues) }

// Replace is Set that makes nothing new.
func (c JSONCol) Replace(pathsAndValues ...any) JSONExpr { return c.pairs("replace", pathsAndValues) }

// Append is the document with values behind the last element of the array at the
// path, which is made if there is nothing.
func (c JSONCol) Append(p Path, values ...any) JSONExpr {
	var pairs []any
	for _, v := range values {
		pairs = append(pairs, p.End(), v)
	}
	return c.pairs("insert", pairs)
}

// Remove is the document without what is at the paths. Each is removed before the
// next is looked for, so that indexes behind it have moved.
func (c JSONCol) Remove(paths ...Path) JSONExpr {
	var args []part
	for _, p := range paths {
		args = append(args, boundPath(p))
	}
	return c.edit("remove", args)
}

// Patch is the document merged with another: objects label by label, where null
// removes a label, and anything else as a whole. See RFC 7396.
func (c JSONCol) Patch(v any) JSONExpr {
	return c.edit("patch", []part{document("a patch of "+string(c), v)})
}

func (c JSONCol) pairs(fn string, pairs []any) JSONExpr {
	if len(pairs)%2 != 0 {
		return expr("?", failed{fmt.Errorf("libsql: JSON: %s of %s: paths and values come in pairs, and there are %d arguments", fn, c, len(pairs))})
	}
	var args []part
	for i := 0; i < len(pairs); i += 2 {
		var p Path
		switch x := pairs[i].(type) {
		case Path:
			p = x
		case string:
			p = Path(x)
		default:
			return expr("?", failed{fmt.Errorf("libsql: JSON: %s of %s: argument %d is to be a path, and is a %T", fn, c, i+1, x)})
		}
		args = append(args, boundPath(p), document(fmt.Sprintf("the value for %s of %s", p, c), pairs[i+1]))
	}
	return c.edit(fn, args)
}

func boundPath(p Path) part {
	path, err := p.check("")
	if err != nil {
		return failed{err}
	}
	return bound{path}
}

func (c JSONCol) edit(fn string, args []part) JSONExpr {
	if len(args) == 0 {
		return expr("?", failed{errors.New("libsql: JSON: " + fn + " of " + string(c) + " has nothing to do")})
	}
	marks := strings.Repeat(", ?", len(args)) + ")"
	args = append([]part{column(c)}, args...)
	asText := expr("json_"+fn+"(?"+marks, args...)
	if err := asText.err(); err != nil {
		return expr("?", failed{err})
	}
	return expr("?", edit{string(c), asText, expr("jsonb_"+fn+"(?"+marks, args...)})
}

// edit is a document that is changed and stored as it was.
type edit struct {
	column         string
	asText, asBlob JSONExpr
}

// Build writes one of the two if the model says which. Otherwise each row does.
func (e edit) Build(b clause.Builder) {
	switch binary, known := isBinary(b, e.column); {
	case !known:
		e.either().Build(b)
	case binary:
		e.asBlob.Build(b)
	default:
		e.asText.Build(b)
	}
}

func (e edit) text() string { return e.either().text() }

func (e edit) either() JSONExpr {
	return expr("CASE typeof(?) WHEN 'blob' THEN ? ELSE ? END", column(e.column), e.asBlob, e.asText)
}

// isBinary tells how the statement's model stores the column.
func isBinary(b clause.Builder, name string) (binary, known bool) {
	stmt, ok := b.(*gorm.Statement)
	if !ok || stmt.Schema == nil {
		return false, false
	}
	table, name := sqltext.SplitName(name)
	if table != "" && table != stmt.Table && table != "excluded" {
		return false, false
	}
	f := stmt.Schema.LookUpField(name)
	if f == nil {
		return false, false
	}
	typed, ok := reflect.New(f.IndirectFieldType).Interface().(interface{ binaryJSON() bool })
	return ok && typed.binaryJSON(), ok
}
