package ddl_test

import (
	"math/rand/v2"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// generator writes CREATE TABLE statements by SQLite's grammar, most of which
// it accepts.
type generator struct {
	r       *rand.Rand
	out     strings.Builder
	columns []string
	primary bool // there is a primary key already
	strict  bool
}

var (
	someNames = strings.Split(`a|b c|größe|check|it's|x-y|名前|constraints|Checksum|unique_code|say "hi"|br[acket|tick`+"`"+
		`|desc|key|generated|always|stored|left|a,b|(|--|/*|INDEXED|match|like|asc|rowid|_1|$x$|select|unique|é́|end|if|on`, "|")
	someTypes = []string{"", "INT", "INTEGER", "integer", "TEXT", "text", "varchar(20)", "decimal ( 10 , -2 )", "UNSIGNED BIG INT",
		`"my type"`, "[a b]", "'str'", "double precision", "F32_BLOB(3)", "x(+1.5e3)", `"quo""ted"`, "`t` u", "datetime", "BLOB", "any",
		"no action", "key", "timestamp with time zone", `[a] b`}
	strictTypes = []string{"INT", "INTEGER", "TEXT", "real", "BLOB", "ANY", `"TEXT"`}
	someBlanks  = []string{" ", " ", " ", " ", "\n", "\t", "  ", "\r\n", "/* it's ( , */", " -- , \" )\n", "/**/", "\n-- x\n\t"}
	someExprs   = []string{"1", "(1)", "a+1", "'it''s, ('", "1 -- )\n + 2", "/* c */ 2 /* d */", "(1, 2) = (3, 4)", "abs ( -1 )", "x'00fF'",
		"CASE WHEN 1 THEN ')' ELSE NULL END", `'a' LIKE "b"`, "NOT NULL", "- + ~ 5", "CURRENT_TIMESTAMP IS NOT NULL", "1 IN (1,2,(3))"}
	someDefaults = []string{"1", "-1", "+1", "- 1", "-/* x */ 1", "1.5e3", "NULL", "'a''b'", "x'00'", "true", "FALSE", "CURRENT_TIMESTAMP", "current_date",
		`"quoted"`, "`tick`", "[br]", "bare", "key", "0xFF", "+ 'x'", "-CURRENT_TIME", "INDEXED", "(1)", "( 1 + 2 )", "(/* c */ 1 -- d\n)", "((1))",
		"(datetime('now'))", "( 'a' || \"b\" )", "-NULL", "(- 1)"}
	collations = []string{"BINARY", "nocase", `"RTRIM"`, "[NOCASE]", "'binary'", "`rtrim`"}
	conflicts  = []string{"ROLLBACK", "abort", "FAIL", "Ignore", "REPLACE"}
	actions    = []string{"SET NULL", "SET DEFAULT", "CASCADE", "RESTRICT", "NO ACTION"}
	deferrals  = []string{"DEFERRABLE", "NOT DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED", "NOT DEFERRABLE INITIALLY IMMEDIATE", "deferrable initially immediate"}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.r.IntN(n) == 0 }

// emit writes the tokens of a text, in any case and with anything between
// them that SQLite skips.
func (g *generator) emit(text string) {
	for tok := range sqltext.Tokens(text) {
		if tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment {
			if tok.Kind == sqltext.Comment {
				g.out.WriteString(tok.Text(text))
				if strings.HasPrefix(tok.Text(text), "--") {
					g.out.WriteByte('\n')
				}
			}
			continue
		}
		word := tok.Text(text)
		if g.needsBlank(word) || g.chance(3) {
			g.out.WriteString(pick(g.r, someBlanks))
		}
		g.out.WriteString(word)
	}
}

// keyword is emit in any case.
func (g *generator) keyword(text string) {
	switch g.r.IntN(4) {
	case 0:
		text = strings.ToLower(text)
	case 1:
		text = strings.ToLower(text[:1]) + text[1:]
	}
	g.emit(text)
}

func (g *generator) needsBlank(next string) bool {
	s := g.out.String()
	if s == "" {
		return false
	}
	word := func(c byte) bool { return !strings.ContainsRune(" \t\n\r(),;", rune(c)) }
	return word(s[len(s)-1]) && word(next[0])
}

// name writes a name in some quoting.
func (g *generator) name(name string) {
	var styles []string
	if tok, ok := sqltext.Next(name, 0); ok && tok.Kind == sqltext.Ident && tok.End == len(name) && !strings.Contains(" select unique check on ", " "+name+" ") {
		styles = append(styles, name, name, name, strings.ToUpper(name))
	}
	for _, q := range []string{`"`, "`", "'"} {
		styles = append(styles, q+strings.ReplaceAll(name, q, q+q)+q)
	}
	if !strings.Contains(name, "]") {
		styles = append(styles, "["+name+"]")
	}
	g.emitWord(pick(g.r, styles))
}

// emitWord writes one token.
func (g *generator) emitWord(word string) {
	if g.needsBlank(word) || g.chance(3) {
		g.out.WriteString(pick(g.r, someBlanks))
	}
	g.out.WriteString(word)
}

// table writes a statement.
func (g *generator) table() string {
	g.out.Reset()
	g.primary, g.strict = false, g.chance(6)
	g.columns = nil
	for _, i := range g.r.Perm(len(someNames))[:1+g.r.IntN(5)] {
		g.columns = append(g.columns, someNames[i])
	}
	g.out.WriteString("CREATE ")
	g.emit(pick(g.r, []string{"TABLE", "TABLE", "TABLE", "TEMP TABLE", "TEMPORARY TABLE"}))
	temp := strings.Contains(g.out.String(), "TEMP")
	if g.chance(6) {
		g.keyword("IF NOT EXISTS")
	}
	if g.chance(8) {
		g.name(map[bool]string{true: "temp", false: "main"}[temp])
		g.emit(".")
	}
	name := pick(g.r, append(someNames, "t", "my-table"))
	if name == "if" {
		name = "if not" // SQLite does not take IF for the name of a table
	}
	g.name(name)
	g.emit("(")
	for i := range g.columns {
		if i > 0 {
			g.emit(",")
		}
		g.column(i)
	}
	for i := range g.r.IntN(4) {
		if i == 0 || !g.chance(3) {
			g.emit(",")
		}
		g.tableConstraint()
	}
	g.emit(")")
	g.options()
	if g.chance(4) {
		g.out.WriteString(pick(g.r, someBlanks))
	}
	if g.chance(8) {
		g.emit(";")
	}
	return g.out.String()
}

func (g *generator) options() {
	options := []string{}
	if g.primary && g.chance(3) {
		options = append(options, "WITHOUT ROWID")
	} else if g.chance(12) {
		options = append(options, "RANDOM ROWID")
	}
	if g.strict {
		options = append(options, "STRICT")
	}
	g.r.Shuffle(len(options), func(i, j int) { options[i], options[j] = options[j], options[i] })
	for i, o := range options {
		if i > 0 {
			g.emit(",")
		}
		g.keyword(o)
	}
}

func (g *generator) column(i int) {
	g.name(g.columns[i])
	types := someTypes
	if g.strict {
		types = strictTypes
	}
	typ := pick(g.r, types)
	g.emit(typ)
	switch {
	case i > 0 && g.chance(6):
		if g.chance(2) {
			g.keyword("GENERATED ALWAYS")
		}
		g.keyword("AS")
		g.emit("(" + pick(g.r, someExprs) + ")")
		if g.chance(2) {
			g.keyword(pick(g.r, []string{"STORED", "VIRTUAL"}))
		}
	case !g.primary && g.chance(5):
		g.primary = true
		g.constraintName(3)
		g.keyword("PRIMARY KEY")
		if g.chance(3) {
			g.keyword(pick(g.r, []string{"ASC", "DESC"}))
		}
		g.conflict()
		if strings.EqualFold(typ, "INTEGER") && g.chance(2) || g.chance(40) {
			g.keyword("AUTOINCREMENT")
		}
	case g.chance(3):
		g.constraintName(6)
		g.keyword("DEFAULT")
		g.emit(pick(g.r, someDefaults))
	}
	for range g.r.IntN(4) {
		g.columnConstraint()
	}
}

func (g *generator) constraintName(n int) {
	if g.chance(n) {
		g.keyword("CONSTRAINT")
		g.name(pick(g.r, someNames))
	}
}

func (g *generator) conflict() {
	if g.chance(5) {
		g.keyword("ON CONFLICT " + pick(g.r, conflicts))
	}
}

func (g *generator) columnConstraint() {
	g.constraintName(4)
	switch g.r.IntN(9) {
	case 0:
		g.keyword("UNIQUE")
	case 1:
		g.keyword("NOT NULL")
		g.conflict()
	case 2:
		g.keyword("NULL")
		g.conflict()
	case 3:
		g.keyword("CHECK")
		g.emit("(" + pick(g.r, someExprs) + ")")
	case 4:
		g.keyword("COLLATE")
		g.emit(pick(g.r, collations))
	case 5, 6:
		g.reference(1)
	case 7:
		g.keyword(pick(g.r, deferrals))
	case 8:
		g.keyword("CONSTRAINT")
		g.name(pick(g.r, someNames))
	}
}

func (g *generator) reference(columns int) {
	g.keyword("REFERENCES")
	g.name(pick(g.r, someNames))
	if g.chance(2) {
		for i := range columns {
			g.emit(map[bool]string{true: "(", false: ","}[i == 0])
			g.name(pick(g.r, someNames))
		}
		g.emit(")")
	}
	for range g.r.IntN(3) {
		switch g.r.IntN(4) {
		case 0:
			g.keyword("MATCH")
			g.name(pick(g.r, []string{"FULL", "simple", "p q"}))
		default:
			g.keyword("ON " + pick(g.r, []string{"DELETE", "UPDATE", "DELETE", "UPDATE", "INSERT"}) + " " + pick(g.r, actions))
		}
	}
	if g.chance(3) {
		g.keyword(pick(g.r, deferrals))
	}
}

func (g *generator) tableConstraint() {
	g.constraintName(3)
	switch n := g.r.IntN(5); {
	case n == 0 && !g.primary:
		g.primary = true
		g.keyword("PRIMARY KEY")
		g.keys(g.chance(20))
		g.conflict()
	case n <= 1:
		g.keyword("UNIQUE")
		g.keys(false)
		g.conflict()
	case n == 2:
		g.keyword("CHECK")
		g.emit("(" + pick(g.r, someExprs) + ")")
		g.conflict()
	case n == 3:
		g.keyword("FOREIGN KEY")
		columns := g.some()
		for i, c := range columns {
			g.emit(map[bool]string{true: "(", false: ","}[i == 0])
			g.name(c)
		}
		g.emit(")")
		g.reference(len(columns))
	default:
		g.keyword("CONSTRAINT")
		g.name(pick(g.r, someNames))
	}
}

// some are columns of the table, now and then one twice.
func (g *generator) some() (columns []string) {
	for range 1 + g.r.IntN(3) {
		columns = append(columns, pick(g.r, g.columns))
	}
	return columns
}

func (g *generator) keys(auto bool) {
	for i, c := range g.some() {
		g.emit(map[bool]string{true: "(", false: ","}[i == 0])
		parens := 0
		if g.chance(8) {
			parens = 1 + g.r.IntN(2)
			g.emit(strings.Repeat("(", parens))
		}
		if parens == 0 {
			g.name(c)
		} else {
			g.emitWord(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
		}
		for range parens {
			if g.chance(3) {
				g.keyword("COLLATE")
				g.emit(pick(g.r, collations))
			}
			g.emit(")")
		}
		if g.chance(4) {
			g.keyword("COLLATE")
			g.emit(pick(g.r, collations))
		}
		if g.chance(3) {
			g.keyword(pick(g.r, []string{"ASC", "DESC"}))
		}
	}
	if auto {
		g.keyword("AUTOINCREMENT")
	}
	g.emit(")")
}
