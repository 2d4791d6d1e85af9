package migrator

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// CreateView makes a view of a query, whose values become part of the text.
// With Replace, a view of that name gets the query instead and keeps its
// triggers: SQLite has no CREATE OR REPLACE. A CheckOption is an error, which
// wraps [driver.ErrUnsupported]: no row can be written through a view.
func (m Migrator) CreateView(name string, option gorm.ViewOption) error {
	t, err := viewOf(name)
	if err != nil {
		return err
	}
	switch {
	case option.Query == nil:
		return gorm.ErrSubQueryRequired
	case option.CheckOption != "":
		return fmt.Errorf("libsql: view %q: %s is %w: SQLite writes no rows through a view", t.label(), option.CheckOption, driver.ErrUnsupported)
	}
	query, err := m.queryText(option.Query)
	if err != nil {
		return fmt.Errorf("libsql: view %q: its query: %w", t.label(), err)
	}
	return m.carryOut(func(s *session) (*Plan, error) {
		l, err := s.live()
		if err != nil {
			return nil, err
		}
		t := target{schema: t.schema, name: t.name, twin: l.twin(t.name)}
		create := "CREATE VIEW " + quote(t.name) + " AS " + query
		have := l.find(t)
		p := &Plan{}
		add := func(kind Kind, sql, reason, loses string) {
			p.steps = append(p.steps, t.step(kind, sql, reason, Instant, loses))
		}
		switch {
		case have == nil:
			add(CreateView, t.qualify(create), "the database does not have the view", "")
			return p, nil
		case have.kind != "view":
			return nil, fmt.Errorf("libsql: view %q: there is a table of that name", t.label())
		case l.ofFullText(have.target):
			return nil, unsupported(have.label(), "replacing it", "a full-text index reads its rows from it")
		case !option.Replace:
			return nil, fmt.Errorf("libsql: view %q: there is a view of that name", t.label())
		case have.sql == create:
			return p, nil
		}
		p.keep = true
		add(DropView, "DROP VIEW "+t.quoted(), "the view gets another query", "the old query")
		add(CreateView, t.qualify(create), "the view gets another query", "")
		for _, o := range have.triggers {
			add(CreateTrigger, t.qualify(o.sql), "the view gets another query", "")
		}
		return p, nil
	})
}

// DropView drops a view with its triggers. A view that is not there is none
// to drop; a table is an error.
func (m Migrator) DropView(name string) error {
	t, err := viewOf(name)
	if err != nil {
		return err
	}
	if schema, _ := sqltext.SplitName(name); schema == "" {
		t.schema = "" // it may be of temp
	}
	return m.carryOut(func(s *session) (*Plan, error) {
		l, err := s.live()
		if err != nil {
			return nil, err
		}
		p := &Plan{}
		switch have := l.find(t); {
		case have == nil:
		case have.kind != "view":
			return nil, fmt.Errorf("libsql: view %q: it is a table: DropTable drops it", have.label())
		case l.ofFullText(have.target):
			return nil, unsupported(have.label(), "dropping it", "a full-text index reads its rows from it")
		default:
			p.steps = append(p.steps, have.step(DropView, "DROP VIEW "+have.quoted(), "it is to be dropped", Instant, "the view with its triggers"))
		}
		return p, nil
	})
}

// viewOf is a view by its name: one without a schema is made in main.
func viewOf(name string) (target, error) {
	schema, view := sqltext.SplitName(name)
	if schema == "" {
		schema = "main"
	}
	if err := checkName(view); err != nil {
		return target{}, fmt.Errorf("libsql: view %q: %w", view, err)
	}
	return target{schema: schema, name: view}, nil
}

// queryText is a query with its values in it.
func (m Migrator) queryText(query *gorm.DB) (string, error) {
	// Find(nil) builds what is not built yet, as ToSQL would. Not with AddVar
	// on the statement of m, as GORM does it: it keeps the values for the next.
	built := query.Session(&gorm.Session{DryRun: true, SkipDefaultTransaction: true, Logger: logger.Discard}).Find(nil)
	if built.Error != nil {
		return "", built.Error
	}
	return m.Explain(built.Statement.SQL.String(), built.Statement.Vars...), nil
}
