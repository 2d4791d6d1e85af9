package hrana

import (
	"database/sql/driver"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gorm-libsql/libsql/driver/internal/bind"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// statement is one statement of a text, ready to be sent.
type statement struct {
	sql  string // what the server is given
	args arguments
	verb sqltext.Verb
	text string // that it is of
	at   int    // where it begins there, -1 when sql is not what stands there
	rows bool   // they are wanted
}

// arguments are those of a statement, as the protocol has them.
type arguments []byte

// statements takes a text apart and deals out its arguments.
func statements(sql string, args []driver.NamedValue, rows bool) ([]statement, error) {
	if err := checkText(sql); err != nil {
		return nil, err
	}
	split := sqltext.Split(sql)
	out := make([]statement, 0, len(split))
	if len(split) == 0 {
		_, err := bind.Arrange(bind.Names(nil), args)
		return nil, err
	}
	var t *bind.Text
	if len(split) > 1 {
		var err error
		if t, err = bind.New(sql, args); err != nil {
			return nil, err
		}
	}
	for _, part := range split {
		s := statement{sql: part.Text(sql), text: sql, at: part.Start, rows: rows}
		s.verb = sqltext.Classify(s.sql).Verb
		if s.verb == sqltext.Begin && sqltext.Concurrent(s.sql) {
			return nil, errNoConcurrent()
		}
		names, err := sqltext.Params(s.sql)
		if err != nil {
			return nil, &engine.Error{Code: engine.CodeError, Offset: -1, Message: err.Error()}
		}
		var own []driver.NamedValue
		if t == nil {
			own, err = bind.Arrange(bind.Names(names), args)
		} else {
			own, err = t.Take(bind.Names(names))
		}
		if err == nil {
			err = s.bind(names, own)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func checkText(sql string) error {
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return &engine.Error{Code: engine.CodeError, Offset: i, SQL: sql,
			Message: "SQL text with a NUL byte", Hint: "SQLite would stop reading there: bind the value as an argument"}
	}
	if !utf8.ValidString(sql) {
		return &engine.Error{Code: engine.CodeError, Offset: -1,
			Message: "SQL text that is not UTF-8", Hint: "it cannot be sent to a server: bind the value as a []byte"}
	}
	return nil
}

// bind encodes the arguments, one for each parameter. A server binds those
// without a name to "?" and "?NNN" alone, those with one to the others, and
// takes no statement with both: there the parameters become "?NNN", which is
// what SQLite makes of them.
func (s *statement) bind(names []string, args []driver.NamedValue) error {
	if len(names) == 0 {
		return nil
	}
	named, plain := 0, 0
	for _, name := range names {
		if bind.IsName(name) {
			named++
		} else {
			plain++
		}
	}
	if named > 0 && plain > 0 {
		s.sql, s.at, named = numbered(s.sql, names), -1, 0
	}
	b := make([]byte, 0, 16+48*len(args))
	var shared map[string]int
	if named == 0 {
		b = append(b, `,"args":[`...)
	} else {
		b = append(b, `,"named_args":[`...)
		shared = sharedNames(names)
	}
	for i, a := range args {
		if i > 0 {
			b = append(b, ',')
		}
		if named > 0 {
			b = append(b, `{"name":`...)
			b = append(appendString(b, argumentName(names[i], shared)), `,"value":`...)
		}
		var err error
		if b, err = appendValue(b, a.Value); err != nil {
			return bind.Bad(a, err)
		}
		if named > 0 {
			b = append(b, '}')
		}
	}
	s.args = append(b, ']')
	return nil
}

// argumentName is what the server is told a parameter's name is: without its
// prefix, unless there is another of that name, as :a and @a.
func argumentName(name string, shared map[string]int) string {
	if shared[name[1:]] > 1 {
		return name
	}
	return name[1:]
}

// sharedNames counts the parameters of each name, whatever their prefix.
func sharedNames(names []string) map[string]int {
	n := make(map[string]int, len(names))
	for _, name := range names {
		if bind.IsName(name) {
			n[name[1:]]++
		}
	}
	return n
}

// numbered writes each parameter of a statement as the number that it has.
func numbered(sql string, names []string) string {
	index := make(map[string]int, len(names))
	for i, name := range names {
		index[name] = i + 1
	}
	var b strings.Builder
	from, last := 0, 0
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind != sqltext.Param {
			continue
		}
		name, n := tok.Text(sql), 0
		switch {
		case name == "?":
			n = last + 1
		case name[0] == '?':
			n, _ = strconv.Atoi(name[1:])
		default:
			n = index[name]
		}
		last = max(last, n)
		b.WriteString(sql[from:tok.Start])
		b.WriteByte('?')
		b.WriteString(strconv.Itoa(n))
		from = tok.End
	}
	b.WriteString(sql[from:])
	return b.String()
}

// reads tells that a statement changes nothing, whatever the server makes of
// it, so that it may run twice.
func (s *statement) reads() bool {
	switch s.verb {
	case sqltext.Select, sqltext.Values, sqltext.Explain:
		return true
	case sqltext.Pragma:
		return !setsPragma(s.sql)
	}
	return false
}
