package dialect

import (
	"reflect"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// shortenText replaces the long lists in a statement that is written already,
// as Raw, Exec and HAVING write it, when it has more variables than SQLite
// takes. Every other statement costs a comparison.
func shortenText(stmt *gorm.Statement, r *rules) {
	if len(stmt.Vars) <= sqltext.MaxParam {
		return
	}
	text := stmt.SQL.String()
	lists := markLists(text)
	if len(lists) == 0 {
		return
	}
	vars := stmt.Vars
	stmt.SQL.Reset()
	stmt.Vars = make([]any, 0, len(vars))
	pos, next := 0, 0
	for _, l := range lists {
		list, ok := r.jsonList(reflect.ValueOf(vars[l.first : l.first+l.count]))
		if !ok {
			continue
		}
		stmt.SQL.WriteString(text[pos:l.start])
		stmt.Vars = append(stmt.Vars, vars[next:l.first]...)
		list.Build(stmt)
		pos, next = l.end, l.first+l.count
	}
	stmt.SQL.WriteString(text[pos:])
	stmt.Vars = append(stmt.Vars, vars[next:]...)
}

// markList is a list of plain marks, (?,?,…), after IN: where it stands, and
// which of the statement's variables it has.
type markList struct{ start, end, first, count int }

// markLists finds the long lists of a statement; none when a mark has a
// number or a name, because then the variables are not in order.
func markLists(text string) (lists []markList) {
	var l markList
	marks, inList, afterIn := 0, false, false
	for tok := range sqltext.Tokens(text) {
		switch {
		case tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment:
			continue
		case tok.Kind == sqltext.Param:
			if tok.End-tok.Start > 1 {
				return nil
			}
			marks++
		case inList && tok.Kind == sqltext.RParen:
			if l.count = marks - l.first; l.count >= longList {
				l.end = tok.End
				lists = append(lists, l)
			}
			inList = false
		case tok.Kind == sqltext.LParen && afterIn:
			inList, l = true, markList{start: tok.Start, first: marks}
		case tok.Kind != sqltext.Comma:
			inList = false
		}
		afterIn = tok.Is(text, "IN")
	}
	return lists
}
