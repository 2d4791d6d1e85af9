package ddl

import (
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Edit collects changes of a CREATE TABLE statement. Columns and constraints
// are counted as in the [Table], however many were dropped or added before;
// an index that the table does not have panics. What is called in which order
// does not matter, except that additions keep theirs, and that of two types,
// names, options or replacements for one thing the last one counts. What is
// dropped stays dropped.
//
// A definition is the text of a column or of a constraint, without commas
// around it. A blank one adds nothing; as a replacement it drops.
type Edit struct {
	table       *Table
	name        *string
	options     *string
	columns     []columnEdit
	constraints []itemEdit

	addedColumns, addedConstraints []string
}

// itemEdit is what becomes of a column or of a constraint.
type itemEdit struct {
	dropped bool
	def     string // instead of the old one, "" without
}

// columnEdit is what becomes of a column. What is inside of it counts only
// while it is neither dropped nor replaced, additions only while it is not
// dropped.
type columnEdit struct {
	itemEdit
	typ         *string
	constraints []itemEdit
	added       []string
}

// Edit begins to change the statement. The table itself stays as it is.
func (t *Table) Edit() *Edit {
	e := &Edit{
		table:       t,
		columns:     make([]columnEdit, len(t.Columns)),
		constraints: make([]itemEdit, len(t.Constraints)),
	}
	for i, column := range t.Columns {
		e.columns[i].constraints = make([]itemEdit, len(column.Constraints))
	}
	return e
}

// Rename gives the table another name, without a schema. What mentions the
// table by its name, in a CHECK or behind REFERENCES, stays as it is.
func (e *Edit) Rename(name string) { e.name = &name }

// DropColumn drops column i with its constraints. Constraints of the table that
// mention it stay. A table without any column is not valid.
func (e *Edit) DropColumn(i int) { e.columns[i].dropped = true }

// DropConstraint drops constraint i of the table.
func (e *Edit) DropConstraint(i int) { e.constraints[i].dropped = true }

// DropColumnConstraint drops constraint i of column col, with REFERENCES also
// every [NOT] DEFERRABLE that stands apart from it: alone it would mean the
// foreign key of another column. A CONSTRAINT name alone goes too where it
// would become the name of the constraint behind the dropped one.
func (e *Edit) DropColumnConstraint(col, i int) {
	e.columns[col].constraints[i].dropped = true
	old := e.table.Columns[col].Constraints
	if old[i].Kind != ForeignKey {
		return
	}
	for j := i + 1; j < len(old) && old[j].Kind != ForeignKey; j++ {
		if old[j].Kind == Deferrable {
			e.columns[col].constraints[j].dropped = true
		}
	}
}

// AddColumn adds a column behind the last one.
func (e *Edit) AddColumn(def string) {
	e.addedColumns = appendDefinition(e.addedColumns, def)
}

// AddConstraint adds a constraint of the table behind the last one.
func (e *Edit) AddConstraint(def string) {
	e.addedConstraints = appendDefinition(e.addedConstraints, def)
}

// AddToColumn adds a constraint at the end of column col, also of one that is
// replaced. A CONSTRAINT name alone stays behind it: it would name it.
func (e *Edit) AddToColumn(col int, def string) {
	e.columns[col].added = appendDefinition(e.columns[col].added, def)
}

// SetType gives column col another type, "" for none. Comments around it are
// left out: before GENERATED ALWAYS, SQLite takes them for a part of the type.
func (e *Edit) SetType(col int, typ string) {
	typ = trimmed(typ)
	e.columns[col].typ = &typ
}

// ReplaceColumn puts another definition in the place of column i.
func (e *Edit) ReplaceColumn(i int, def string) { e.columns[i].replace(def) }

// ReplaceConstraint puts another constraint in the place of constraint i of
// the table.
func (e *Edit) ReplaceConstraint(i int, def string) { e.constraints[i].replace(def) }

// ReplaceColumnConstraint puts another constraint in the place of constraint i
// of column col.
func (e *Edit) ReplaceColumnConstraint(col, i int, def string) {
	if definition(def) == "" {
		e.DropColumnConstraint(col, i)
		return
	}
	e.columns[col].constraints[i].replace(def)
}

// SetOptions sets what stands behind the closing parenthesis, such as "STRICT,
// WITHOUT ROWID"; "" is nothing.
func (e *Edit) SetOptions(text string) {
	text = definition(text)
	e.options = &text
}

func (i *itemEdit) replace(def string) {
	if def = definition(def); def == "" {
		i.dropped = true
		return
	}
	i.def = def
}

func appendDefinition(list []string, def string) []string {
	if def = definition(def); def == "" {
		return list
	}
	return append(list, def)
}

// trimmed is the text from its first to its last token.
func trimmed(sql string) string {
	start, end := -1, 0
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			if start < 0 {
				start = tok.Start
			}
			end = tok.End
		}
	}
	return sql[max(start, 0):end]
}

// definition is a text that can stand before another: a comment at its end
// ends. It is "" if there is nothing but blanks and comments.
func definition(def string) string {
	def = strings.Trim(def, blanks)
	if sqltext.Blank(def) {
		return ""
	}
	var last sqltext.Token
	for tok := range sqltext.Tokens(def) {
		last = tok
	}
	if last.Kind != sqltext.Comment {
		return def
	}
	if strings.HasPrefix(def[last.Start:], "--") {
		return def + "\n"
	}
	if len(def)-last.Start < len("/**/") || !strings.HasSuffix(def, "*/") {
		return def + "*/"
	}
	return def
}
