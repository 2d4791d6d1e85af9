package fts

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/ftsindex"
	"github.com/gorm-libsql/libsql/internal/gormdb"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator"
)

// Index is a full-text index over a model's table: Name is that of the FTS5
// table, "" the table's with _fts behind it; Columns are its fields; Tokenize,
// Prefix and Detail are FTS5's options, with its defaults.
type Index = ftsindex.Index

// Column is a field of an index: Name is that of the field or of its column,
// Weight how much a match counts in it for the rank (0 is 1), Unindexed that it
// is not searched.
type Column = ftsindex.Column

// Create makes an index over the model's table, fills it, and keeps it by
// triggers, for models without the tag fts. An index of that name that is
// different is made anew. AutoMigrate keeps it. Searches name it in
// [Search].Index.
func Create(db *gorm.DB, model any, x Index) error {
	p, err := migrator.PlanFullText(db, model, x)
	return run(db, p, err)
}

// Drop takes the model's index away. A name is that of an index that was made by
// [Create] under a name of its own.
func Drop(db *gorm.DB, model any, name ...string) error {
	index, _, err := indexOf(db, model, name)
	if err != nil {
		return err
	}
	p, err := migrator.PlanDropFullText(db, model, index)
	return run(db, p, err)
}

func run(db *gorm.DB, p *migrator.Plan, err error) error {
	if err != nil {
		return err
	}
	return p.Run(db.Statement.Context)
}

// Rebuild makes the words of the model's index anew from the rows: after a
// program has written to the table while the triggers were not there. A name is as
// for [Drop].
func Rebuild(db *gorm.DB, model any, name ...string) error {
	index, _, err := indexOf(db, model, name)
	if err != nil {
		return err
	}
	p, err := migrator.PlanRebuildFullText(db, model, index)
	return run(db, p, err)
}

// Optimize merges the parts of the model's index into one, which makes searches
// faster after many changes (https://www.sqlite.org/fts5.html#the_optimize_command).
// A name is as for [Drop].
func Optimize(db *gorm.DB, model any, name ...string) error {
	return command(db, model, name, "(%[1]s) VALUES('optimize')")
}

// IntegrityCheck tells whether the model's index is sound and has the words of
// the rows as they are, no more and no less
// (https://www.sqlite.org/fts5.html#the_integrity_check_command). When it has
// not, the error wraps [driver.ErrCorrupt]; [Rebuild] mends it.
// A name is as for [Drop].
func IntegrityCheck(db *gorm.DB, model any, name ...string) error {
	return command(db, model, name, "(%[1]s, rank) VALUES('integrity-check', 1)")
}

func command(db *gorm.DB, model any, names []string, sql string) error {
	index, schemaName, err := indexOf(db, model, names)
	if err != nil {
		return err
	}
	name := sqltext.Backquote(index)
	into := name
	if schemaName != "" {
		into = sqltext.Backquote(schemaName) + "." + name
	}
	if err := db.Exec("INSERT INTO " + into + fmt.Sprintf(sql, name)).Error; err != nil {
		return fmt.Errorf("libsql: full-text index %s: %w", name, err)
	}
	return nil
}

// indexOf is the name of the model's index, and the schema of its table.
func indexOf(db *gorm.DB, model any, names []string) (name, schemaName string, err error) {
	stmt := &gorm.Statement{DB: db, Table: db.Statement.Table, TableExpr: db.Statement.TableExpr}
	if err := stmt.Parse(model); err != nil {
		return "", "", fmt.Errorf("libsql: full-text index: %w", err)
	}
	if stmt.Schema == nil {
		return "", "", errors.New("libsql: full-text index: there is no model")
	}
	x, err := indexOfTags(stmt.Schema)
	if err != nil {
		return "", "", fmt.Errorf("libsql: full-text index of %s: %w", stmt.Schema.Name, err)
	}
	if x == nil {
		x = &Index{}
	}
	schemaName, table := gormdb.Table(stmt)
	if len(names) > 0 {
		return names[0], schemaName, nil
	}
	return x.TableName(table), schemaName, nil
}
