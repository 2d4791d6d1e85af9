package migrator

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/timetext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// NormalizeTimes is a plan that writes the texts of other drivers in the
// models' time columns as this module's driver writes them: in UTC, as
// 2006-01-02 15:04:05.999999999+00:00. Texts of one form compare and sort as
// the times do; those of several drivers in one column do not. The instant
// stays, to the nanosecond; the offset it was written with is gone. A text
// without a zone is in UTC, and a date is its midnight there, as the driver
// reads them.
//
// Numbers stay as they are. So does a text that is no time, which the plan
// reports as [Unmet]. A table with triggers that an update would run is an
// error that wraps [driver.ErrUnsupported], because they may write what nobody
// asked for. Tables that are not there have no times.
func NormalizeTimes(db *gorm.DB, models ...any) (*Plan, error) {
	return newPlan(db, func(s *session) (*Plan, error) { return s.normalizeTimes(models) })
}

func (s *session) normalizeTimes(models []any) (*Plan, error) {
	l, err := s.live()
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	for _, value := range models {
		err := s.m.RunWithValue(value, func(stmt *gorm.Statement) error {
			if stmt.Schema == nil {
				return noModel(value)
			}
			have := l.find(tableOf(stmt))
			if have == nil || have.kind == "view" || have.virtual() {
				return nil
			}
			if err := have.parse(); err != nil {
				return err
			}
			for _, f := range stmt.Schema.Fields {
				if i := have.column(f.DBName); f.DBName != "" && f.GORMDataType == schema.Time && i >= 0 {
					if err := s.normalize(p, have, have.ddl.Columns[i]); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// normalize adds the step of one column.
func (s *session) normalize(p *Plan, have *table, c ddl.Column) error {
	if traitsOf(c).generated != nil {
		return nil
	}
	r := timeRewrite{s: s, table: have, column: c.Name, key: have.rowKey()}
	var texts, others int64
	err := r.each(func(_ []any, _ string, ok bool) bool {
		if ok {
			texts++
		} else {
			others++
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("libsql: table %q: %s: reading its times: %w", have.label(), column(c.Name), err)
	}
	if others > 0 {
		p.unmet = append(p.unmet, Unmet{Table: have.label(), Object: column(c.Name), Reason: fmt.Sprintf("%d texts are no times", others)})
	}
	if texts == 0 {
		return nil
	}
	for _, t := range have.triggers {
		if firesOnUpdate(t.sql) {
			return unsupported(have.label(), "rewriting the times of the "+column(c.Name), fmt.Sprintf("its trigger %q would run", t.name))
		}
	}
	st := have.step(RewriteTimes, r.update(), fmt.Sprintf("%d texts of the %s are not in this driver's form", texts, column(c.Name)), Rewrite, "")
	st.rows = r.rewrite
	p.steps = append(p.steps, st)
	p.checked = append(p.checked, have.target)
	return nil
}

// firesOnUpdate tells whether a CREATE TRIGGER is for updates.
func firesOnUpdate(sql string) bool {
	for tok := range sqltext.Tokens(sql) {
		switch {
		case tok.Is(sql, "UPDATE"):
			return true
		case tok.Is(sql, "ON"), tok.Is(sql, "BEGIN"):
			return false
		}
	}
	return false
}

// rowKey are the columns that tell the rows of a table apart, as SQL.
func (t *table) rowKey() (out []string) {
	if t.ddl.WithoutRowID {
		if key, ok := primaryKey(t.ddl); ok {
			for _, c := range key.columns {
				out = append(out, quote(c))
			}
		}
		return out
	}
	if i := rowidColumn(t.ddl); i >= 0 {
		return []string{quote(t.ddl.Columns[i].Name)}
	}
	if name := rowidName(t.ddl); name != "" {
		return []string{name}
	}
	return nil
}

// timeRewrite writes the times of one column anew.
type timeRewrite struct {
	s      *session
	table  *table
	column string
	key    []string
}

// page is how many rows are read before they are written.
const page = 1000

// foreign is the condition of the values that are not in the driver's form.
func (r timeRewrite) foreign() string {
	const form = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
	return fmt.Sprintf("typeof(%[1]s) = 'text' AND %[1]s NOT GLOB '%[2]s+00:00' AND %[1]s NOT GLOB '%[2]s.*[1-9]+00:00'", quote(r.column), form)
}

func (r timeRewrite) update() string {
	conditions := make([]string, len(r.key))
	for i, k := range r.key {
		conditions[i] = k + " = ?"
	}
	return "UPDATE " + r.table.quoted() + " SET " + quote(r.column) + " = ? WHERE " + strings.Join(conditions, " AND ")
}

// each calls fn with the key and the new text of every value that is a time
// in another form, and with ok = false for one that is none, until fn returns
// false. fn may change the rows that it has been called with.
func (r timeRewrite) each(fn func(key []any, text string, ok bool) bool) error {
	if len(r.key) == 0 {
		return unsupported(r.table.label(), "rewriting its times", "its columns hide the rowid, so that its rows cannot be told apart")
	}
	keys := strings.Join(r.key, ", ")
	// As an expression, a value has no declared type: it comes as it is stored.
	first := "SELECT +" + strings.Join(r.key, ", +") + ", " + quote(r.column) + " || '' FROM " + r.table.quoted() + " WHERE " + r.foreign()
	order := fmt.Sprintf(" ORDER BY %s LIMIT %d", keys, page)
	next := first + " AND (" + keys + ") > (" + strings.TrimSuffix(strings.Repeat("?, ", len(r.key)), ", ") + ")" + order
	type row struct {
		key  []any
		text string
	}
	query, args := first+order, []any(nil)
	for {
		var rows []row
		err := scanAll(r.s.ctx, r.s.pool, query, args, func(scan scanner) error {
			one := row{key: make([]any, len(r.key))}
			dest := make([]any, 0, len(r.key)+1)
			for i := range one.key {
				dest = append(dest, &one.key[i])
			}
			err := scan(append(dest, &one.text)...)
			rows = append(rows, one)
			return err
		})
		if err != nil {
			return err
		}
		for _, one := range rows {
			text, ok := ourTime(one.text)
			if ok && text == one.text {
				continue
			}
			if !fn(one.key, text, ok) {
				return nil
			}
		}
		if len(rows) < page {
			return nil
		}
		query, args = next, rows[len(rows)-1].key
	}
}

// ourTime is a time's text in the driver's form.
func ourTime(text string) (string, bool) {
	t, ok := timetext.Parse(text)
	if !ok {
		return "", false
	}
	b, err := timetext.Append(nil, t)
	return string(b), err == nil
}

// rewrite runs the step for each value.
func (r timeRewrite) rewrite(run func(args ...any) error) error {
	var failed error
	err := r.each(func(key []any, text string, ok bool) bool {
		if ok {
			failed = run(append([]any{text}, key...)...)
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}
