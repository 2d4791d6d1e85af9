//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"context"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Whether the library has MVCC and BEGIN CONCURRENT is found out by asking it.
// BEGIN CONCURRENT it refuses by itself, as a syntax error; a PRAGMA whose word
// it does not know it ignores without one.

// explainBegin adds to the refusal of BEGIN CONCURRENT what there is instead.
func explainBegin(sql string, err error) error {
	e, ok := err.(*engine.Error)
	if !ok || e.Code != engine.CodeError || !sqltext.Concurrent(sql) {
		return err
	}
	e.Hint, e.Cause = engine.NoMVCC, engine.Unsupported
	return e
}

// canBegin checks that the library has a mode of transactions.
func (c *conn) canBegin(ctx context.Context, mode engine.TxMode) error {
	s, _, err := c.compile(ctx, beginSQL[mode], oneUse)
	if err == nil {
		s.release()
	}
	return err
}

// checkMVCC tries the PRAGMA, if it is one that asks for MVCC, and says so when
// nothing has come of it.
func (c *conn) checkMVCC(ctx context.Context, sql string) error {
	schema, name, value, _ := sqltext.ParsePragma(sql)
	word := sqltext.Unquote(value)
	switch {
	case name == "journal_mode" && engine.IsMVCC(word):
	case strings.HasPrefix(name, "mvcc"):
		known, err := c.scalar(ctx, "SELECT count(*) FROM pragma_pragma_list WHERE name = "+sqltext.QuoteString(name))
		if err == nil && known == "0" {
			err = noMVCC("PRAGMA " + name)
		}
		return err
	default:
		return nil
	}
	s, _, err := c.compile(ctx, sql, oneUse)
	if err != nil {
		return err
	}
	if _, err := c.execStmt(ctx, s, nil); err != nil {
		return err
	}
	if schema != "" {
		schema = sqltext.QuoteIdent(schema) + "."
	}
	mode, err := c.scalar(ctx, "PRAGMA "+schema+"journal_mode")
	if err == nil && !strings.EqualFold(mode, word) {
		err = noMVCC("journal mode " + strings.ToLower(word))
	}
	return err
}

func noMVCC(what string) error {
	return &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
		Message: what + " is not supported", Hint: engine.NoMVCC}
}
