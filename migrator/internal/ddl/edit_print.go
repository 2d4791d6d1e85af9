package ddl

import (
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// SQL is the statement with the changes. Every byte of the old one stays,
// comments included, but for what was dropped or replaced, its comma, and the
// blanks beside it.
func (e *Edit) SQL() string {
	p := &patches{sql: e.table.SQL}
	if e.name != nil {
		p.replace(Span{e.nameStart(), e.table.NameSpan.End}, sqltext.Backquote(*e.name))
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
	end := column.Span.End
	switch {
	case edit.dropped:
		return
	case edit.def != "":
		p.replace(column.Span, edit.def)
	default:
		if edit.typ != nil {
			printType(p, column.TypeSpan, *edit.typ)
		}
		end = e.printConstraints(p, column, edit.constraints)
	}
	for _, def := range edit.added {
		p.insert(end, " "+def)
	}
}

// printConstraints prints what happens to the constraints of a column, and
// returns the place for more of them. A CONSTRAINT name alone stays last, or
// before one with a name of its own: it must not name another.
func (e *Edit) printConstraints(p *patches, column Column, edits []itemEdit) (end int) {
	last, named := true, true // nothing that is left follows, or it has a name
	end = column.Span.End
	for j := len(edits) - 1; j >= 0; j-- {
		k, edit := column.Constraints[j], edits[j]
		alone := k.Kind == NameOnly && edit.def == ""
		if edit.dropped || alone && !named {
			p.drop(k.Span)
			continue
		}
		if edit.def != "" {
			p.replace(k.Span, edit.def)
			named = beginsWith(edit.def, "CONSTRAINT")
		} else {
			named = beginsWith(k.Span.Of(p.sql), "CONSTRAINT")
		}
		if last = last && alone; last {
			end = column.TypeSpan.End
			if j > 0 {
				end = column.Constraints[j-1].Span.End
			}
		}
	}
	return end
}

// beginsWith reports whether the first token is the keyword.
func beginsWith(sql, keyword string) bool {
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			return tok.Is(sql, keyword)
		}
	}
	return false
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
