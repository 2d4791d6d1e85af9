package migrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/gormdb"
)

// Kind says what a [Step] does.
type Kind string

// The kinds of step.
const (
	CreateTable   Kind = "create table"
	CopyRows      Kind = "copy rows"
	KeepSequence  Kind = "keep sequence"   // of AUTOINCREMENT, through a rebuild
	KeepStats     Kind = "keep statistics" // of ANALYZE, through a rebuild
	DropTable     Kind = "drop table"
	RenameTable   Kind = "rename table"
	AddColumn     Kind = "add column"
	AlterColumn   Kind = "alter column"
	DropColumn    Kind = "drop column"
	RenameColumn  Kind = "rename column"
	CreateIndex   Kind = "create index"
	DropIndex     Kind = "drop index"
	Reindex       Kind = "reindex"
	ForgetIndex   Kind = "forget index" // what VACUUM left of a vector index
	CreateTrigger Kind = "create trigger"
	DropTrigger   Kind = "drop trigger"
	CreateView    Kind = "create view"
	DropView      Kind = "drop view"
	RewriteTimes  Kind = "rewrite times"

	CreateFullText Kind = "create full-text index"
	DropFullText   Kind = "drop full-text index"
	FillFullText   Kind = "fill full-text index"
)

// Cost is how much a step costs.
type Cost string

// The costs of a step.
const (
	Instant Cost = "instant" // the text of the schema, however many rows there are
	Scan    Cost = "scan"    // reads all rows
	Rewrite Cost = "rewrite" // reads and writes all rows
)

// Step is one statement of a plan.
type Step struct {
	Table  string `json:"table"` // with its schema, if that is not main
	Kind   Kind   `json:"kind"`
	SQL    string `json:"sql"`
	Reason string `json:"reason"`
	Cost   Cost   `json:"cost"`

	// Loses says what is gone after the step that a model or a call told to
	// drop, "" for nothing.
	Loses string `json:"loses,omitempty"`

	schema, name string                                  // of the table
	index        string                                  // that the step drops or changes
	column       string                                  // that the step drops
	part         bool                                    // of what the step before it is of: one line in String
	anew         *rebuild                                // that the step is of
	rows         func(run func(args ...any) error) error // runs SQL for each of many rows; nil: once, without arguments
}

// Unmet is a difference between a model and its table that stays, because it
// is not AutoMigrate's to change: a column or index that the model does not
// have, a UNIQUE that another tool made.
type Unmet struct {
	Table  string `json:"table"`
	Object string `json:"object"` // such as: column "age"
	Reason string `json:"reason"`

	key bool // the primary key of old versions of gorm.io/driver/sqlite
}

// String is one line, without the line's end.
func (u Unmet) String() string { return fmt.Sprintf("table %q: %s: %s", u.Table, u.Object, u.Reason) }

// Plan is what a migration is going to do: [Plan.Run] does it. A plan is made
// by [NewPlan] and its kin, which only read.
type Plan struct {
	steps   []Step
	unmet   []Unmet
	rebuild []rebuild // the tables that are made anew
	checked []target  // other tables whose foreign keys are checked at the end
	gone    []object  // parts of full-text indexes that are dropped on purpose
	later   int       // models whose table is in the plan already; they get another

	remote    bool // no server takes PRAGMA legacy_alter_table
	keep      bool // put back what goes with the old and is not to go: a trigger of temp
	deferKeys bool // in a transaction of the user, foreign keys hold at the end of all steps

	m    Migrator
	make func(*session) (*Plan, error) // makes it again, to see whether it still holds
}

// Steps are the statements in their order. The transaction around them, the
// switches of foreign keys and the checks before the commit are not steps:
// see [Plan.SQL].
func (p *Plan) Steps() []Step { return append([]Step(nil), p.steps...) }

// Empty tells that nothing is to be done.
func (p *Plan) Empty() bool { return len(p.steps) == 0 && p.later == 0 }

// Unmet are the differences that stay.
func (p *Plan) Unmet() []Unmet { return append([]Unmet(nil), p.unmet...) }

// toCheck are the tables whose foreign keys are checked before the commit.
func (p *Plan) toCheck() []target {
	var out []target
	for _, r := range p.rebuild {
		out = append(out, r.target)
	}
	return append(out, p.checked...)
}

// Destructive are the steps after which something is gone: an index whose
// definition changes, a UNIQUE whose tag the model dropped. AutoMigrate drops
// no rows, columns or tables.
func (p *Plan) Destructive() []Step {
	var out []Step
	for _, s := range p.steps {
		if s.Loses != "" {
			out = append(out, s)
		}
	}
	return out
}

// SQL is the plan as a script: the statements of Run, in one transaction,
// without what Run asks the rows before and looks at afterwards. ALTER COLUMN
// is libSQL's alone. What is done for each of many rows is a comment. It is ""
// when the plan is empty.
func (p *Plan) SQL() string {
	if len(p.steps) == 0 {
		return ""
	}
	var b strings.Builder
	if len(p.rebuild) > 0 {
		b.WriteString("PRAGMA foreign_keys = OFF;\n")
		if !p.remote {
			b.WriteString("PRAGMA legacy_alter_table = ON;\n")
		}
	}
	b.WriteString("BEGIN IMMEDIATE;\n")
	for _, s := range p.steps {
		if s.rows != nil {
			b.WriteString("-- for each row: ")
		}
		b.WriteString(s.SQL + ";\n")
	}
	for _, t := range p.toCheck() {
		b.WriteString("PRAGMA " + t.prefix() + "foreign_key_check(" + quote(t.name) + ");\n")
	}
	b.WriteString("COMMIT;\n")
	if len(p.rebuild) > 0 {
		if !p.remote {
			b.WriteString("PRAGMA legacy_alter_table = OFF;\n")
		}
		b.WriteString("PRAGMA foreign_keys = ON;\n")
	}
	return b.String()
}

// String is the plan for people: a line for each table, step and difference
// that stays. The steps of a rebuild are one.
func (p *Plan) String() string {
	var b strings.Builder
	if p.Empty() {
		b.WriteString("nothing to do\n")
	}
	last := ""
	for _, s := range p.steps {
		if s.Table != last {
			fmt.Fprintf(&b, "table %q\n", s.Table)
			last = s.Table
		}
		switch {
		case s.part:
		case s.anew == nil:
			fmt.Fprintf(&b, "  %s (%s): %s\n", s.Kind, s.Cost, s.Reason)
		case s.Kind == CreateTable: // the first step stands for all
			fmt.Fprintf(&b, "  rebuild (%s):\n", Rewrite)
			for _, reason := range s.anew.reasons {
				fmt.Fprintf(&b, "    %s\n", reason)
			}
		}
		if s.Loses != "" {
			fmt.Fprintf(&b, "    loses %s\n", s.Loses)
		}
	}
	if p.later > 0 {
		fmt.Fprintf(&b, "then what %d more models of the same tables ask for\n", p.later)
	}
	for _, u := range p.unmet {
		fmt.Fprintf(&b, "stays: %s\n", u)
	}
	return b.String()
}

// MarshalJSON is the plan as an object: steps, unmet and whether it is empty.
func (p *Plan) MarshalJSON() ([]byte, error) {
	steps, unmet := p.steps, p.unmet
	if steps == nil {
		steps = []Step{}
	}
	if unmet == nil {
		unmet = []Unmet{}
	}
	return json.Marshal(struct {
		Empty bool    `json:"empty"`
		Steps []Step  `json:"steps"`
		Unmet []Unmet `json:"unmet"`
	}{p.Empty(), steps, unmet})
}

// ErrChanged is the error of [Plan.Run] when the schema or the rows have
// changed since the plan was made.
var ErrChanged = errors.New("libsql: the database has changed since the plan was made: make a new one")

// unsupported is the error of what cannot be done here.
func unsupported(table, what, reason string) error {
	return fmt.Errorf("libsql: table %q: %s is %w: %s; nothing was changed", table, what, driver.ErrUnsupported, reason)
}

// newPlan makes a plan that remembers how it was made.
func newPlan(db *gorm.DB, make func(*session) (*Plan, error)) (*Plan, error) {
	b, ok := db.Migrator().(interface{ base() Migrator })
	if !ok {
		return nil, fmt.Errorf("libsql: %w: the migrator of %T is not this module's", driver.ErrUnsupported, db.Dialector)
	}
	m := b.base()
	p, _, err := m.session(m.context(), gormdb.Pool(m.DB.Statement.ConnPool)).planned(make)
	if err != nil {
		return nil, err
	}
	p.m, p.make = m, make
	return p, nil
}

// base is the migrator itself, also of a type that embeds it.
func (m Migrator) base() Migrator { return m }

// Run carries the plan out, in one transaction, as AutoMigrate does. It is
// [ErrChanged], and nothing is done, when the database would need another
// plan by now.
func (p *Plan) Run(ctx context.Context) error {
	if p.Empty() {
		return nil
	}
	m := p.m
	m.DB = m.DB.WithContext(ctx)
	first := true
	return m.carryOut(func(s *session) (*Plan, error) {
		now, err := p.make(s)
		if err == nil && first && !slices.EqualFunc(now.steps, p.steps, func(a, b Step) bool { return a.SQL == b.SQL }) {
			return nil, ErrChanged
		}
		if s.locked && !s.guessing() {
			first = false // models of one table that come later are new plans
		}
		return now, err
	})
}
