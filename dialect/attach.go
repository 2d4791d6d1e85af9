package dialect

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"path/filepath"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// attachEverywhere does for ATTACH and DETACH what setEverywhere does for PRAGMAs:
// run on the pool they hold for every connection of it, present and future. The
// statement has run already, on one connection. A database in memory stays with
// that one, since each connection would have another, and so does a file whose name
// is computed.
func (r *rules) attachEverywhere(db *gorm.DB) {
	text := db.Statement.SQL.String()
	if !r.own || !mentions(text, "tach") {
		return
	}
	pool := poolOf(db.Statement.ConnPool)
	if pool == nil {
		return
	}
	statements := sqltext.Split(text)
	for _, s := range statements {
		var args []any
		if len(statements) == 1 {
			args = db.Statement.Vars
		}
		a, ok := parseAttach(s.Text(text), args)
		if !ok {
			continue
		}
		if err := a.everywhere(db.Statement.Context, pool); err != nil {
			db.AddError(err)
			return
		}
	}
}

// attach is an ATTACH or DETACH statement.
type attach struct {
	text   string // without the parameter of the file
	args   []sqldriver.NamedValue
	schema string
	begins bool // it is ATTACH
}

// parseAttach reads ATTACH [DATABASE] file AS schema [KEY key] and DETACH
// [DATABASE] schema, whose file is a string or a parameter and whose schema is a
// name.
func parseAttach(text string, args []any) (a attach, ok bool) {
	var tokens []sqltext.Token
	for tok := range sqltext.Tokens(text) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment && tok.Text(text) != ";" {
			tokens = append(tokens, tok)
		}
	}
	if len(tokens) < 2 {
		return a, false
	}
	a.begins = tokens[0].Is(text, "attach")
	if !a.begins && !tokens[0].Is(text, "detach") {
		return a, false
	}
	tokens = tokens[1:]
	if tokens[0].Is(text, "database") && len(tokens) > 1 {
		tokens = tokens[1:]
	}
	a.text = text
	if a.begins {
		if len(tokens) < 3 || !tokens[1].Is(text, "as") {
			return a, false
		}
		var file string
		switch word := tokens[0].Text(text); {
		case word == "?" && len(args) > 0:
			file, ok = args[0].(string)
			args = args[1:]
		case tokens[0].Kind == sqltext.String:
			file, ok = sqltext.Unquote(word), true
		}
		if !ok || isMemory(file) {
			return a, false
		}
		if !strings.HasPrefix(file, "file:") {
			// The working directory may be another for connections to come.
			abs, err := filepath.Abs(file)
			if err != nil {
				return a, false
			}
			file = abs
		}
		a.text = text[:tokens[0].Start] + sqltext.QuoteString(file) + text[tokens[0].End:]
		tokens = tokens[2:]
	}
	switch word := tokens[0].Text(text); tokens[0].Kind {
	case sqltext.Ident, sqltext.QuotedIdent, sqltext.String:
		a.schema = sqltext.Unquote(word)
	}
	for i, v := range args {
		a.args = append(a.args, sqldriver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return a, a.schema != ""
}

func isMemory(file string) bool {
	return file == "" || strings.HasPrefix(file, ":memory:") ||
		strings.HasPrefix(file, "file:") && (strings.Contains(file, "mode=memory") || strings.Contains(file, ":memory:") || strings.Contains(file, "vfs="))
}

// everywhere runs the statement where it has not. The name is that of
// driver.Attach, so that either undoes the other.
func (a *attach) everywhere(ctx context.Context, pool *sql.DB) error {
	return driver.EachConn(ctx, pool, "ATTACH "+sqltext.Lower(a.schema), func(ctx context.Context, c *driver.Conn) error {
		_, is, err := c.Attached(ctx, a.schema)
		if err == nil && is != a.begins {
			_, err = c.ExecContext(ctx, a.text, a.args)
		}
		return err
	})
}

// mentions is a quick look that ignores the case of ASCII letters.
func mentions(text, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i]|0x20 == word[0] && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
