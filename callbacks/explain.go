package callbacks

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/gormdb"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/pragma"
)

// Explain tells how SQLite is going to run what query runs, without running
// it. Like [gorm.DB.ToSQL] it calls query with a DB that is in DryRun mode; a
// query that is left without a finisher is taken for a Find.
//
//	plan, err := callbacks.Explain(db, func(tx *gorm.DB) *gorm.DB {
//		return tx.Preload("Tags").Where("age > ?", 18).Find(&[]User{})
//	})
//	fmt.Println(plan)
//
// The plan has all statements of the call, with the values that they have as
// their parameters: SQLite may choose by them. Preloads are planned for two
// rows, whose keys are made up.
//
// The statements are compiled on the connection under db, inside a transaction
// on its very connection. What changes the schema or settings is refused by an
// error that wraps [driver.ErrUnsupported]: some of that has effects when it is
// only compiled. Hooks and scopes of GORM's run as in every dry run.
func Explain(db *gorm.DB, query func(tx *gorm.DB) *gorm.DB) (QueryPlan, error) {
	statements, err := dryRun(db, query)
	if err != nil {
		return QueryPlan{}, err
	}
	var plan QueryPlan
	err = withConn(db, func(c *driver.Conn) error {
		for _, s := range statements {
			p, err := planOf(db.Statement.Context, c, s.sql, s.vars)
			if err != nil {
				return err
			}
			plan.Statements = append(plan.Statements, p.Statements...)
		}
		return nil
	})
	if err != nil {
		return QueryPlan{}, err
	}
	return plan, nil
}

// withConn calls fn with the driver's connection under db.
func withConn(db *gorm.DB, fn func(*driver.Conn) error) error {
	pool := gormdb.Pool(db.Statement.ConnPool)
	if p, ok := pool.(driver.Handle); ok {
		return driver.With(db.Statement.Context, p, fn)
	}
	return fmt.Errorf("libsql: %w: %T is no connection of this driver", driver.ErrUnsupported, pool)
}

// planOf is the plan of the statements of a text, on the connection, without
// running them. Its arguments are dealt out as ExecContext deals them; nil says
// that they are not known, and SQLite then knows none.
func planOf(ctx context.Context, conn *driver.Conn, text string, args []any) (QueryPlan, error) {
	ctx = withOwn(ctx)
	var plan QueryPlan
	q := pragma.On(conn)
	parts := sqltext.Split(text)
	for _, part := range parts {
		if err := explainable(part.Text(text)); err != nil {
			return QueryPlan{}, err
		}
	}
	cat, err := readCatalog(ctx, q)
	if err != nil {
		return QueryPlan{}, err
	}
	for _, part := range parts {
		sql := behindExplain(part.Text(text))
		bound := args
		switch {
		case args == nil:
			params, err := sqltext.Params(sql)
			if err != nil {
				return QueryPlan{}, err
			}
			bound = unknown(params)
		case len(parts) > 1:
			if bound, args, err = deal(sql, args); err != nil {
				return QueryPlan{}, err
			}
		}
		nodes, err := explain(ctx, q, cat, sql, bound)
		if err != nil {
			return QueryPlan{}, err
		}
		plan.Statements = append(plan.Statements, StatementPlan{SQL: sql, Nodes: nodes})
	}
	return plan, nil
}

// explainable refuses everything that is not a query or a change of rows.
func explainable(sql string) error {
	sql = behindExplain(sql)
	if class := sqltext.Classify(sql); !class.Repeats() {
		return fmt.Errorf("libsql: %w: there is no plan of %s, only of queries and changes of rows",
			driver.ErrUnsupported, class.Verb)
	}
	return nil
}

// behindExplain is the statement without EXPLAIN QUERY PLAN in front.
func behindExplain(sql string) string {
	for tok := range sqltext.Tokens(sql) {
		switch {
		case tok.Kind == sqltext.Space, tok.Kind == sqltext.Comment:
		case tok.Is(sql, "EXPLAIN"), tok.Is(sql, "QUERY"), tok.Is(sql, "PLAN"):
		default:
			return sql[tok.Start:]
		}
	}
	return sql
}

// deal takes the arguments of a statement off those of the text that it is in.
// Named ones are for all statements.
func deal(text string, args []any) (own, rest []any, err error) {
	params, err := sqltext.Params(text)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range params {
		if strings.Trim(name, "?0123456789") != "" {
			if i := named(args, name[1:]); i >= 0 {
				own = append(own, args[i])
				continue
			}
		}
		i := 0
		for i < len(args) && isNamed(args[i]) {
			i++
		}
		if i == len(args) {
			return nil, nil, fmt.Errorf("libsql: there are too few arguments for %s", text)
		}
		own = append(own, args[i])
		args = append(args[:i:i], args[i+1:]...)
	}
	return own, args, nil
}

// unknown are arguments for the parameters, all NULL.
func unknown(params []string) []any {
	args := make([]any, len(params))
	for i, name := range params {
		if strings.Trim(name, "?0123456789") != "" {
			args[i] = sql.Named(name[1:], nil)
		}
	}
	return args
}

func isNamed(arg any) bool { _, ok := arg.(sql.NamedArg); return ok }

func named(args []any, name string) int {
	for i, a := range args {
		if n, ok := a.(sql.NamedArg); ok && n.Name == name {
			return i
		}
	}
	return -1
}

func explain(ctx context.Context, q pragma.Querier, cat *catalog, text string, args []any) ([]PlanNode, error) {
	rows, err := q.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names := cat.names(text)
	var nodes []PlanNode
	for rows.Next() {
		var n PlanNode
		var unused any
		if err := rows.Scan(&n.ID, &n.Parent, &unused, &n.Detail); err != nil {
			return nil, err
		}
		readDetail(&n, names)
		names.look(&n)
		nodes = append(nodes, n)
	}
	roots := plant(nodes)
	if roots == nil {
		roots = []PlanNode{} // a list in JSON, too
	}
	return roots, rows.Err()
}
