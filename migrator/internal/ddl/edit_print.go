package ddl

import (
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// SQL is the statement with the changes. Every byte of the old one stays,
// comments included, but for what was dropped or replaced, its comma, and the
// blanks beside it.
func (e *Edit) SQL() string {
	p := &patches{sql: e.table.SQL}
	if e.name != nil {
		p.replace(Span{e.nameStart(), e.table.NameSpan.End}, "`"+strings.ReplaceAll(*e.name, "`", "``")+"`")
	}
	for i := range e.columns {
		e.printColumn(p, i)
	}
	e.printItems(p)
	e.printOptions(p)
	return p.String()
}

// nameStart is where the name of the table begins, or its schema.
func (e *Edit) nameStart() int {
	start := e.table.NameSpan.Start
	schema, dot := start, false
	for tok := range sqltext.Tokens(e.table.SQL[:start]) {
		switch tok.Kind {
		case sqltext.Space, sqltext.Comment:
		case sqltext.Dot:
			dot = true
		default:
			schema = tok.Start
		}
	}
	if dot {
		return schema
	}
	return start
}

// printColumn prints what happens inside of a column.
func (e *Edit) printColumn(p *patches, i int) {
	column, edit := e.table.Columns[i], e.columns[i]
	switch {
	case edit.dropped:
		return
	case edit.def != "":
		p.replace(column.Span, edit.def)
	default:
		if edit.typ != nil {
			printType(p, column.TypeSpan, *edit.typ)
		}
		for j, k := range column.Constraints {
			switch inner := edit.constraints[j]; {
			case inner.dropped:
				p.drop(k.Span)
			case inner.def != "":
				p.replace(k.Span, inner.def)
			}
		}
	}
	for _, def := range edit.added {
		p.insert(column.Span.End, " "+def)
	}
}

func printType(p *patches, old Span, typ string) {
	switch {
	case typ == "" && old.Start < old.End:
		p.drop(old)
	case old.Start < old.End:
		p.replace(old, typ)
	case typ != "":
		p.insert(old.Start, " "+typ)
	}
}

func (e *Edit) printOptions(p *patches) {
	if e.options == nil {
		return
	}
	switch old := e.table.Options; {
	case old.Start == old.End && *e.options != "":
		p.insert(e.table.Body.End, " "+*e.options)
	case *e.options == "":
		p.drop(old)
	default:
		p.replace(old, *e.options)
	}
}
