package hrana

import (
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// engineError is a statement's failure as the local engine tells it: SQLite's
// code and SQLite's own text. libsql-server puts words around the text and
// sends no extended code, so that has to be told by the text: the one place
// where this module does.
func (s *serverError) engineError() *engine.Error {
	e := &engine.Error{Code: engine.CodeError, Message: s.message, Offset: -1, Server: s.code}
	code, known := codes[s.code]
	if known {
		e.Code = code
	}
	if extended, ok := codes[s.extended]; ok && extended != engine.CodeError {
		e.Code, known = extended, true
	}
	switch s.code {
	case "SQL_INPUT_ERROR":
		e.Message, e.Offset = cutOffset(strings.TrimPrefix(s.message, "SQL input error: "))
	case "PROXY_ERROR":
		e.Message = strings.TrimPrefix(s.message, "error executing a request on the primary: ")
		e.Message = strings.TrimPrefix(e.Message, "SQLite error: ")
		if code := codeOfText(e.Message); code != 0 {
			e.Code = code
		}
	case "SQL_PARSE_ERROR":
		e.Message = strings.TrimPrefix(s.message, "SQL string could not be parsed: ")
		if strings.HasPrefix(e.Message, "unsupported statement: ") {
			e.Cause = engine.Unsupported
			e.Hint = "the server refuses such statements: the database would have to be a local file"
		}
	case "RESPONSE_TOO_LARGE":
		e.Code = engine.CodeTooBig
	case "TRANSACTION_TIMEOUT", "TRANSACTION_BUSY":
		e.Code = engine.CodeBusy
	case "BLOCKED":
		e.Code = engine.CodeAuth
	default:
		e.Message = strings.TrimPrefix(s.message, "SQLite error: ")
	}
	if e.Code == codeConstraint {
		if code := codeOfText(e.Message); code != 0 {
			e.Code = code
		}
	}
	if e.Message == "" {
		e.Message = "the server reported an error without a text"
	}
	return e
}

// cutOffset takes " (at offset 7)" off a text.
func cutOffset(text string) (string, int) {
	const mark = " (at offset "
	i := strings.LastIndex(text, mark)
	if i < 0 || !strings.HasSuffix(text, ")") {
		return text, -1
	}
	n, err := strconv.Atoi(text[i+len(mark) : len(text)-1])
	if err != nil || n < 0 {
		return text, -1
	}
	return text[:i], n
}

const codeConstraint = 19

// codeOfText finds the extended code of a constraint by SQLite's fixed texts,
// 0 if it is none of them. A primary key says UNIQUE, too.
func codeOfText(text string) int {
	for _, known := range [...]struct {
		prefix string
		code   int
	}{
		{"UNIQUE constraint failed", 2067},
		{"NOT NULL constraint failed", 1299},
		{"CHECK constraint failed", 275},
		{"FOREIGN KEY constraint failed", 787},
		{"cannot store ", 3091},
	} {
		if strings.HasPrefix(text, known.prefix) {
			return known.code
		}
	}
	return 0
}

// codes are SQLite's result codes by name: https://www.sqlite.org/rescode.html.
// SQLITE_UNKNOWN is what libsql-server says for SQLITE_ERROR.
var codes = map[string]int{
	"SQLITE_ERROR": 1, "SQLITE_UNKNOWN": 1, "SQLITE_INTERNAL": 2, "SQLITE_PERM": 3, "SQLITE_ABORT": 4,
	"SQLITE_BUSY": 5, "SQLITE_LOCKED": 6, "SQLITE_NOMEM": 7, "SQLITE_READONLY": 8, "SQLITE_INTERRUPT": 9,
	"SQLITE_IOERR": 10, "SQLITE_CORRUPT": 11, "SQLITE_NOTFOUND": 12, "SQLITE_FULL": 13, "SQLITE_CANTOPEN": 14,
	"SQLITE_PROTOCOL": 15, "SQLITE_SCHEMA": 17, "SQLITE_TOOBIG": 18, "SQLITE_CONSTRAINT": 19, "SQLITE_MISMATCH": 20,
	"SQLITE_MISUSE": 21, "SQLITE_NOLFS": 22, "SQLITE_AUTH": 23, "SQLITE_RANGE": 25, "SQLITE_NOTADB": 26,
	"SQLITE_ABORT_ROLLBACK": 516, "SQLITE_BUSY_RECOVERY": 261, "SQLITE_BUSY_SNAPSHOT": 517, "SQLITE_BUSY_TIMEOUT": 773,
	"SQLITE_LOCKED_SHAREDCACHE": 262, "SQLITE_LOCKED_VTAB": 518,
	"SQLITE_READONLY_DBMOVED": 1032, "SQLITE_CORRUPT_VTAB": 267,
	"SQLITE_CONSTRAINT_CHECK": 275, "SQLITE_CONSTRAINT_COMMITHOOK": 531, "SQLITE_CONSTRAINT_FOREIGNKEY": 787,
	"SQLITE_CONSTRAINT_FUNCTION": 1043, "SQLITE_CONSTRAINT_NOTNULL": 1299, "SQLITE_CONSTRAINT_PRIMARYKEY": 1555,
	"SQLITE_CONSTRAINT_TRIGGER": 1811, "SQLITE_CONSTRAINT_UNIQUE": 2067, "SQLITE_CONSTRAINT_VTAB": 2323,
	"SQLITE_CONSTRAINT_ROWID": 2579, "SQLITE_CONSTRAINT_PINNED": 2835, "SQLITE_CONSTRAINT_DATATYPE": 3091,
}
