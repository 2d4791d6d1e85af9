package sqltext

// Verb is what a statement does, told by its keyword.
type Verb uint8

// The verbs. A statement that begins with WITH has the verb behind the common
// table expressions.
const (
	Empty      Verb = iota // no statement at all, see [Blank]
	Select                 // SELECT
	Values                 // VALUES
	Insert                 // INSERT and REPLACE
	Update                 // UPDATE
	Delete                 // DELETE
	Create                 // CREATE
	Drop                   // DROP
	Alter                  // ALTER
	Begin                  // BEGIN
	Commit                 // COMMIT and END
	Rollback               // ROLLBACK of the transaction
	RollbackTo             // ROLLBACK TO a savepoint, which leaves the transaction open
	Savepoint              // SAVEPOINT
	Release                // RELEASE
	Pragma                 // PRAGMA
	Attach                 // ATTACH
	Detach                 // DETACH
	Vacuum                 // VACUUM
	Reindex                // REINDEX
	Analyze                // ANALYZE
	Explain                // EXPLAIN and EXPLAIN QUERY PLAN, whatever statement follows
	Other                  // none of these: SQLite would refuse it
)

var verbNames = [...]string{
	"EMPTY", "SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER",
	"BEGIN", "COMMIT", "ROLLBACK", "ROLLBACK TO", "SAVEPOINT", "RELEASE", "PRAGMA", "ATTACH",
	"DETACH", "VACUUM", "REINDEX", "ANALYZE", "EXPLAIN", "OTHER",
}

// String returns the verb as it is written in SQL, such as "ROLLBACK TO".
func (v Verb) String() string {
	if int(v) < len(verbNames) {
		return verbNames[v]
	}
	return "VERB(?)"
}

// Class says what the first statement of a text is.
type Class struct {
	Verb  Verb
	Start int // offset of the first token of the statement, the end of the text if Empty
}

// DDL reports whether the statement changes the schema, so that what was
// learned of it before is out of date.
func (c Class) DDL() bool {
	return c.Verb == Create || c.Verb == Drop || c.Verb == Alter
}

// Transaction reports whether the statement begins or ends a transaction or a
// savepoint.
func (c Class) Transaction() bool {
	switch c.Verb {
	case Begin, Commit, Rollback, RollbackTo, Savepoint, Release:
		return true
	}
	return false
}

// Repeats reports whether the statement is of the kind a program runs again
// and again, and so worth keeping prepared.
func (c Class) Repeats() bool {
	switch c.Verb {
	case Select, Values, Insert, Update, Delete:
		return true
	}
	return false
}

// Classify tells what the first statement of the text is, by the keywords of
// https://www.sqlite.org/lang.html. It reads no further than it has to, in
// most cases one word, and does not allocate.
func Classify(sql string) Class {
	tok, ok := firstToken(sql, 0)
	if !ok {
		return Class{Verb: Empty, Start: len(sql)}
	}
	class := Class{Verb: verbOf(sql, tok), Start: tok.Start}
	switch {
	case class.Verb == Rollback && rollsBackTo(sql, tok.End):
		class.Verb = RollbackTo
	case class.Verb == Other && tok.Is(sql, "WITH"):
		class.Verb = verbBehindWith(sql, tok.End)
	}
	return class
}

// Concurrent reports whether the first statement of the text is a BEGIN
// CONCURRENT, which neither SQLite's releases nor libSQL have.
func Concurrent(sql string) bool {
	class := Classify(sql)
	if class.Verb != Begin {
		return false
	}
	tok, ok := nextSolid(sql, class.Start+len("BEGIN"))
	return ok && tok.Is(sql, "CONCURRENT")
}

var verbs = map[string]Verb{
	"select": Select, "values": Values, "insert": Insert, "replace": Insert, "update": Update,
	"delete": Delete, "create": Create, "drop": Drop, "alter": Alter, "begin": Begin,
	"commit": Commit, "end": Commit, "rollback": Rollback, "savepoint": Savepoint,
	"release": Release, "pragma": Pragma, "attach": Attach, "detach": Detach, "vacuum": Vacuum,
	"reindex": Reindex, "analyze": Analyze, "explain": Explain,
}

// verbOf returns the verb a token stands for at the head of a statement.
func verbOf(sql string, tok Token) Verb {
	var lower [len("savepoint")]byte // the longest of them
	word := tok.Text(sql)
	if tok.Kind != Ident || len(word) > len(lower) {
		return Other
	}
	for i := range len(word) {
		lower[i] = lowerASCII(word[i])
	}
	if verb, ok := verbs[string(lower[:len(word)])]; ok {
		return verb
	}
	return Other
}

// rollsBackTo reports whether TO stands between pos and the end of the
// statement, as in ROLLBACK [TRANSACTION [name]] TO [SAVEPOINT] name. TO is one
// of the keywords that cannot be a name unless quoted.
func rollsBackTo(sql string, pos int) bool {
	for {
		tok, ok := nextSolid(sql, pos)
		if !ok || tok.Kind == Semicolon {
			return false
		}
		if tok.Is(sql, "TO") {
			return true
		}
		pos = tok.End
	}
}

// verbBehindWith skips the list of common table expressions
// (https://www.sqlite.org/lang_with.html) and returns the verb after it. Every
// entry is name [(columns)] AS [[NOT] MATERIALIZED] (select), so the verb is
// the first word behind a closing parenthesis that is not AS. Looking for the
// word itself would not do: a table may well be called replace.
func verbBehindWith(sql string, pos int) Verb {
	depth := 0
	for closed := false; ; {
		tok, ok := nextSolid(sql, pos)
		if !ok || tok.Kind == Semicolon {
			return Other
		}
		switch {
		case tok.Kind == LParen:
			depth++
		case tok.Kind == RParen:
			depth--
		case closed && tok.Kind == Ident && !tok.Is(sql, "AS"):
			if verb := verbOf(sql, tok); (Class{Verb: verb}).Repeats() {
				return verb
			}
			return Other
		}
		closed = tok.Kind == RParen && depth == 0
		pos = tok.End
	}
}
