// Package kit is what the clients in Go have in common: they read operations,
// run them through database/sql, and print what came of it.
package kit

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"
)

// Value is nil or has one field.
type Value struct {
	Integer *string `json:"integer,omitempty"`
	Float   *string `json:"float,omitempty"`
	Text    *string `json:"text,omitempty"`
	Blob    *string `json:"blob,omitempty"`
	Other   *string `json:"other,omitempty"` // what no database stores
}

// Statement is SQL with its arguments.
type Statement struct {
	SQL   string            `json:"sql"`
	Args  []*Value          `json:"args,omitempty"`
	Named map[string]*Value `json:"named,omitempty"`
}

// Operation is one thing that is done.
type Operation struct {
	Name string `json:"name"`
	Do   string `json:"do"` // query, exec, script, prepare, commit, rollback
	Statement
	Runs  [][]*Value  `json:"runs,omitempty"`  // of prepare
	Steps []Statement `json:"steps,omitempty"` // of commit and rollback
}

// Result is what came of an operation.
type Result struct {
	Name     string     `json:"name"`
	Columns  []string   `json:"columns,omitempty"`
	Rows     [][]*Value `json:"rows,omitempty"`
	Affected *int64     `json:"affected,omitempty"`
	LastID   *string    `json:"lastid,omitempty"`
	Error    string     `json:"error,omitempty"`
}

// Main runs what the standard input says against the database of the first
// argument, with the driver's name and a function that makes a DSN of a URL.
func Main(open func(url string) (*sql.DB, error)) {
	if err := run(open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(open func(url string) (*sql.DB, error)) error {
	var ops []Operation
	if err := json.NewDecoder(os.Stdin).Decode(&ops); err != nil {
		return err
	}
	db, err := open(os.Args[1])
	if err != nil {
		return err
	}
	defer db.Close()
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for i := range ops {
		res := Result{Name: ops[i].Name}
		if err := do(db, &ops[i], &res); err != nil {
			res.Error = err.Error()
		}
		if err := out.Encode(res); err != nil {
			return err
		}
	}
	return nil
}

func do(db *sql.DB, op *Operation, res *Result) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	switch op.Do {
	case "query":
		rows, err := db.QueryContext(ctx, op.SQL, arguments(&op.Statement)...)
		if err != nil {
			return err
		}
		return read(rows, res)
	case "exec", "script":
		r, err := db.ExecContext(ctx, op.SQL, arguments(&op.Statement)...)
		if err != nil {
			return err
		}
		return changes(r, res)
	case "prepare":
		stmt, err := db.PrepareContext(ctx, op.SQL)
		if err != nil {
			return err
		}
		defer stmt.Close()
		for _, args := range op.Runs {
			rows, err := stmt.QueryContext(ctx, arguments(&Statement{Args: args})...)
			if err != nil {
				return err
			}
			if err := read(rows, res); err != nil {
				return err
			}
		}
		return nil
	case "commit", "rollback":
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		for i := range op.Steps {
			if _, err := tx.ExecContext(ctx, op.Steps[i].SQL, arguments(&op.Steps[i])...); err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
		if op.Do == "commit" {
			return tx.Commit()
		}
		return tx.Rollback()
	}
	return fmt.Errorf("unknown operation %q", op.Do)
}

func changes(r sql.Result, res *Result) error {
	n, err := r.RowsAffected()
	if err != nil {
		return err
	}
	id, err := r.LastInsertId()
	if err != nil {
		return err
	}
	text := strconv.FormatInt(id, 10)
	res.Affected, res.LastID = &n, &text
	return nil
}

func read(rows *sql.Rows, res *Result) error {
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return err
	}
	res.Columns = cols
	dest, ptrs := make([]any, len(cols)), make([]any, len(cols))
	for i := range dest {
		ptrs[i] = &dest[i]
	}
	for rows.Next() {
		if err := rows.Scan(ptrs...); err != nil {
			return err
		}
		row := make([]*Value, len(cols))
		for i, v := range dest {
			row[i] = valueOf(v)
		}
		res.Rows = append(res.Rows, row)
	}
	return rows.Err()
}

func arguments(s *Statement) (args []any) {
	for _, v := range s.Args {
		args = append(args, v.native())
	}
	for name, v := range s.Named {
		args = append(args, sql.Named(name, v.native()))
	}
	return args
}

func (v *Value) native() any {
	switch {
	case v == nil:
		return nil
	case v.Integer != nil:
		n, err := strconv.ParseInt(*v.Integer, 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	case v.Float != nil:
		f, err := strconv.ParseFloat(*v.Float, 64)
		if err != nil && !math.IsInf(f, 0) {
			panic(err)
		}
		return f
	case v.Text != nil:
		return *v.Text
	}
	b, err := base64.StdEncoding.DecodeString(*v.Blob)
	if err != nil {
		panic(err)
	}
	return b
}

func valueOf(v any) *Value {
	switch v := v.(type) {
	case nil:
		return nil
	case int64:
		s := strconv.FormatInt(v, 10)
		return &Value{Integer: &s}
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		return &Value{Float: &s}
	case string:
		return &Value{Text: &v}
	case []byte:
		s := base64.StdEncoding.EncodeToString(v)
		return &Value{Blob: &s}
	}
	s := fmt.Sprintf("%T %v", v, v)
	return &Value{Other: &s}
}
