//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "local.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/vecindex"
)

// libSQL notes the options of each vector index in a table. Two of its
// statements put the notes out of order. VACUUM writes each a second time, in
// the copy too that INTO makes, so that integrity_check and REINDEX fail; and a
// note that a DROP INDEX has left makes the next CREATE INDEX of that name
// believe that the index is filled already. They are put right here, so that
// SQL text of any origin can have both.

// hasVectors tells whether the schema has, or had, vector indexes.
func (c *conn) hasVectors(schema string) bool {
	name := C.CString(schema)
	defer C.free(unsafe.Pointer(name))
	return C.lq_has_vectors(c.p, name) != 0
}

// notes is the table of the notes.
func notes(schema string) string {
	return sqltext.Backquote(schema) + "." + C.LQ_VECTOR_NOTES
}

// checkVectorIndex refuses a CREATE INDEX that would end the process, and
// forgets what is left of an earlier index of the name.
func (c *conn) checkVectorIndex(ctx context.Context, sql string) error {
	index, ok := vecindex.Scan(sql)
	if !ok {
		return nil
	}
	if err := index.Dangerous(); err != nil {
		return &engine.Error{Code: engine.CodeError, Offset: -1, SQL: sql, Message: err.Error()}
	}
	schemas := []string{index.Schema}
	if index.Schema == "" {
		schemas = []string{"temp", "main"}
	}
	for _, schema := range schemas {
		if !c.hasVectors(schema) {
			continue
		}
		forget := "DELETE FROM " + notes(schema) + " WHERE name = ?1 COLLATE NOCASE AND NOT EXISTS (SELECT 1 FROM " +
			sqltext.Backquote(schema) + ".sqlite_master WHERE type = 'index' AND name = ?1 COLLATE NOCASE)"
		for { // each time one of those that are alike
			r, err := c.Exec(ctx, forget, values(index.Name))
			if err != nil {
				return err
			}
			if r.Changes == 0 {
				break
			}
		}
	}
	return nil
}

// mendNotes leaves one note of each index.
func (c *conn) mendNotes(ctx context.Context, schema string) (err error) {
	all, err := c.readNotes(ctx, schema)
	if err != nil {
		return err
	}
	var keep [][]driver.NamedValue
	seen := map[any]bool{}
	for _, row := range all {
		if !seen[row[0]] {
			seen[row[0]] = true
			keep = append(keep, values(row...))
		}
	}
	if len(keep) == len(all) {
		return nil
	}
	begin, commit, undo := "BEGIN IMMEDIATE", "COMMIT", []string{"ROLLBACK"}
	if !c.autocommit() {
		begin, commit, undo = "SAVEPOINT libsql_mend", "RELEASE libsql_mend", []string{"ROLLBACK TO libsql_mend", "RELEASE libsql_mend"}
	}
	if err := c.exec(ctx, begin); err != nil {
		return err
	}
	defer func() {
		if err == nil {
			err = c.exec(ctx, commit)
		}
		if err != nil {
			for _, sql := range undo {
				if !c.autocommit() {
					_ = c.exec(context.Background(), sql)
				}
			}
		}
	}()
	if _, err := c.Exec(ctx, "DELETE FROM "+notes(schema), nil); err != nil {
		return err
	}
	for _, row := range keep {
		if _, err := c.Exec(ctx, "INSERT INTO "+notes(schema)+" VALUES (?, ?)", row); err != nil {
			return err
		}
	}
	return nil
}

// mendAll mends the notes of all schemas before REINDEX, which fails on those
// that another program's VACUUM has written.
func (c *conn) mendAll(ctx context.Context) error {
	rows, err := c.Query(ctx, "SELECT name FROM pragma_database_list", nil)
	if err != nil {
		return err
	}
	var schemas []string
	row := make([]driver.Value, 1)
	for rows.Next(row) == nil {
		schemas = append(schemas, text(row[0]))
	}
	if err := rows.Close(); err != nil {
		return err
	}
	for _, schema := range schemas {
		if !c.hasVectors(schema) {
			continue
		}
		if err := c.mendNotes(ctx, schema); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) readNotes(ctx context.Context, schema string) (all [][]driver.Value, err error) {
	rows, err := c.Query(ctx, "SELECT name, metadata FROM "+notes(schema), nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		row := make([]driver.Value, 2)
		switch err := rows.Next(row); err {
		case nil:
			all = append(all, row)
		case io.EOF:
			return all, nil
		default:
			return nil, err
		}
	}
}

func values(vs ...driver.Value) (out []driver.NamedValue) {
	for i, v := range vs {
		out = append(out, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return out
}

// vacuumed mends the notes after a VACUUM, those of the copy with INTO.
func (c *conn) vacuumed(ctx context.Context, s *stmt, args []driver.NamedValue) error {
	schema, into := vacuumOf(s.text)
	switch {
	case !c.hasVectors(schema):
		return nil
	case into == "":
		return c.mendNotes(ctx, schema)
	}
	const copied = "libsql_copy"
	if _, err := c.Exec(ctx, "ATTACH "+into+" AS "+copied, args); err != nil {
		return err
	}
	err := c.mendNotes(ctx, copied)
	_, derr := c.Exec(context.Background(), "DETACH "+copied, nil)
	return errors.Join(err, derr)
}

// checkVacuum refuses the copy that could not be put right.
func (c *conn) checkVacuum(sql string) error {
	schema, into := vacuumOf(sql)
	if into == "" || !c.db.opts.ReadOnly || !c.hasVectors(schema) {
		return nil
	}
	return &engine.Error{Code: engine.CodeError, Offset: -1, SQL: sql, Cause: engine.Unsupported,
		Message: "VACUUM INTO of a read-only database with vector indexes is not supported",
		Hint:    "libSQL leaves something in the copy that cannot be put right from here: open the database to write, or copy the file"}
}

// vacuumOf takes VACUUM [schema] [INTO expression] apart.
func vacuumOf(sql string) (schema, into string) {
	schema = "main"
	words := 0
	for tok := range sqltext.Tokens(sql) {
		switch {
		case tok.Kind == sqltext.Space, tok.Kind == sqltext.Comment:
			continue
		case tok.Kind == sqltext.Semicolon:
			return schema, ""
		case words > 0 && tok.Is(sql, "INTO"):
			end := tok.End + sqltext.First(sql[tok.End:])
			return schema, trimEnd(sql[tok.End:end])
		case words == 1:
			schema = sqltext.Unquote(tok.Text(sql))
		}
		words++
	}
	return schema, ""
}

// trimEnd takes the semicolon and a comment off the end of an expression.
func trimEnd(sql string) string {
	end := 0
	for tok := range sqltext.Tokens(sql) {
		switch tok.Kind {
		case sqltext.Space, sqltext.Comment, sqltext.Semicolon:
		default:
			end = tok.End
		}
	}
	return sql[:end]
}
