package ddl

import (
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// item is a column or a constraint of the table as it stands between commas.
type item struct {
	itemEdit
	span Span
}

// items are the columns and then the constraints of the table.
func (e *Edit) items() []item {
	items := make([]item, 0, len(e.columns)+len(e.constraints))
	for i, edit := range e.columns {
		items = append(items, item{edit.itemEdit, e.table.Columns[i].Span})
	}
	for i, edit := range e.constraints {
		items = append(items, item{edit, e.table.Constraints[i].Span})
	}
	return items
}

// printItems drops, replaces and adds whole columns and constraints, and keeps
// one comma between any two that are left.
func (e *Edit) printItems(p *patches) {
	items, columns := e.items(), len(e.columns)
	last, lastColumn := -1, -1 // of those that are left
	for i, it := range items {
		if !it.dropped {
			if last = i; i < columns {
				lastColumn = i
			}
		}
	}
	e.printCommas(p, items)
	for i := range items {
		switch it := items[i]; {
		case it.dropped && i == 0 && lastColumn < 0:
			// the first column, whose place new ones take
		case it.dropped && beforeFirst(items, i):
			p.replace(it.span, "")
		case it.dropped:
			p.drop(it.span)
		case i >= columns && it.def != "":
			p.replace(it.span, it.def)
		}
	}
	e.printAdded(p, items, last, lastColumn)
}

// printAdded adds columns behind the last column that is left, and constraints
// behind the last of all.
func (e *Edit) printAdded(p *patches, items []item, last, lastColumn int) {
	columns, constraints := e.addedColumns, e.addedConstraints
	if last < len(e.columns) { // no constraint is left
		columns, constraints = append(columns[:len(columns):len(columns)], constraints...), nil
	}
	text := strings.Join(columns, ", ")
	switch {
	case lastColumn < 0:
		if text != "" && last >= 0 {
			text += ","
		}
		p.replace(items[0].span, text)
	case text != "":
		p.insert(items[lastColumn].span.End, ", "+text)
	}
	if len(constraints) > 0 {
		p.insert(items[last].span.End, ", "+strings.Join(constraints, ", "))
	}
}

// beforeFirst reports whether nothing is left before item i.
func beforeFirst(items []item, i int) bool {
	for _, it := range items[:i] {
		if !it.dropped {
			return false
		}
	}
	return true
}

// printCommas drops all commas but the first between two items that are left.
func (e *Edit) printCommas(p *patches, items []item) {
	left, comma := -1, false // the last item that is left, and whether it has its comma
	for i, it := range items {
		if i > 0 {
			if at := e.comma(items[i-1].span.End, it.span.Start); at >= 0 {
				switch {
				case left < 0:
					p.dropLeading(at)
				case comma || lastLeft(items) < i:
					p.replace(Span{at, at + 1}, "")
				default:
					comma = true
				}
			}
		}
		if it.dropped {
			continue
		}
		if left >= 0 && !comma && (left != i-1 || it.def != "" || items[left].def != "") {
			// Two constraints with no comma between them, which are new
			// neighbours: a CONSTRAINT name alone must not name the other.
			p.insert(items[left].span.End, ",")
		}
		left, comma = i, false
	}
}

// lastLeft is the last item that is not dropped, -1 without.
func lastLeft(items []item) int {
	for i := len(items) - 1; i >= 0; i-- {
		if !items[i].dropped {
			return i
		}
	}
	return -1
}

// comma is the offset of the comma between two items, -1 without.
func (e *Edit) comma(start, end int) int {
	for tok := range sqltext.Tokens(e.table.SQL[start:end]) {
		if tok.Kind == sqltext.Comma {
			return start + tok.Start
		}
	}
	return -1
}
