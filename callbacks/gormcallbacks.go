package callbacks

import (
	"errors"
	"unsafe"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks/internal/shape"
)

// The names of the callbacks.
const (
	startName = "libsql:profile_start"
	poolName  = "libsql:profile_pool"
	mainName  = "libsql:profile_main"
	mainEnded = "libsql:profile_main_ended"
	endName   = "libsql:profile_end"
)

// callbacksOf are the processors of GORM, whose type it does not export.
type (
	processor[C placed] interface {
		Before(name string) C
		After(name string) C
		Remove(name string) error
	}
	placed interface {
		Register(name string, fn func(*gorm.DB)) error
	}
)

func (p *Profiler) register(db *gorm.DB) error {
	c := db.Callback()
	return errors.Join(
		watch(p, kindCreate, c.Create(), "gorm:create", "gorm:save_after_associations"),
		watch(p, kindQuery, c.Query(), "gorm:query", "gorm:preload"),
		watch(p, kindUpdate, c.Update(), "gorm:update", "gorm:save_after_associations"),
		watch(p, kindDelete, c.Delete(), "gorm:delete", "gorm:after_delete"),
		watch(p, kindRow, c.Row(), "gorm:row", ""),
		watch(p, kindRaw, c.Raw(), "gorm:raw", ""),
	)
}

func (p *Profiler) unregister(db *gorm.DB) error {
	c := db.Callback()
	return errors.Join(unwatch(c.Create(), true, true), unwatch(c.Query(), true, false), unwatch(c.Update(), true, true),
		unwatch(c.Delete(), true, true), unwatch(c.Row(), false, false), unwatch(c.Raw(), false, false))
}

// watch registers the callbacks: around all others, and around GORM's own, which
// next comes after. What stands after a callback by GORM's After would come
// after the end of the transaction.
func watch[P processor[C], C placed](p *Profiler, k kind, callbacks P, own, next string) error {
	errs := []error{
		callbacks.Before("*").Register(startName, p.start(k)),
		callbacks.Before(own).Register(mainName, p.main),
	}
	if next != "" {
		errs = append(errs, callbacks.Before(next).Register(mainEnded, p.mainEnded))
	}
	if k == kindCreate || k == kindUpdate || k == kindDelete { // behind it there may be a transaction in the pool's place
		errs = append(errs, callbacks.Before("gorm:begin_transaction").Register(poolName, p.ofPlugin))
	}
	return errors.Join(append(errs, callbacks.After("*").Register(endName, p.end))...)
}

func unwatch[P processor[C], C placed](callbacks P, ends, begins bool) error {
	errs := []error{callbacks.Remove(startName), callbacks.Remove(mainName), callbacks.Remove(endName)}
	if ends {
		errs = append(errs, callbacks.Remove(mainEnded))
	}
	if begins {
		errs = append(errs, callbacks.Remove(poolName))
	}
	return errors.Join(errs...)
}

// start is the callback that begins the measuring of an operation.
func (p *Profiler) start(k kind) func(*gorm.DB) {
	return func(db *gorm.DB) {
		var here byte
		var near [nearGORM]uintptr
		from := p.sites.caller(near[:], 1, true)
		p.starts(k, db.Statement, from, uintptr(unsafe.Pointer(&here)))
	}
}

func (p *Profiler) starts(k kind, stmt *gorm.Statement, from found, stack uintptr) {
	ctx := stmt.Context
	var parent *operation
	if c, ok := ctx.Value(p).(*carrier); ok {
		if c == unmeasured {
			return
		}
		parent = c.op.Load()
	}
	o := p.newOperation(ctx, parent)
	o.rec.start = p.now()
	o.rec.kind, o.callback, o.raw, o.stmt, o.original = k, true, stmt.SQL.Len() > 0, stmt, ctx
	o.rec.site, o.rec.migration, o.rec.batch = from.site, from.migration, from.batch
	if o.parent == nil {
		if o.scope = stack; stmt.DB.DefaultContextTimeout == 0 { // else GORM has made the context for this query alone
			o.scope, o.rec.own = scopeOf(ctx, stack)
		}
	} else {
		o.rec.own, o.rec.migration = o.parent.rec.own, o.rec.migration || o.parent.rec.migration
		if from.gorm {
			o.rec.site, o.rec.batch = o.parent.rec.site, o.parent.rec.batch
		}
	}
	text := ""
	if o.raw && p.cfg.OnStart != nil {
		text = stmt.SQL.String()
	}
	o.started(text, stmt.Table)
	stmt.Context = o.under
}

// operation is the one of the statement, nil if it was not seen to start.
func (p *Profiler) operation(stmt *gorm.Statement) *operation {
	o := p.operationOf(stmt.Context)
	if o == nil || o.stmt != stmt {
		return nil
	}
	return o
}

// ofPlugin comes before the transaction begins, and after plugins have chosen
// the pool for it.
func (p *Profiler) ofPlugin(db *gorm.DB) { p.meets(db.Statement.ConnPool) }

// main comes before GORM's own callback, which builds and runs the statement.
func (p *Profiler) main(db *gorm.DB) {
	p.meets(db.Statement.ConnPool)
	o := p.operation(db.Statement)
	if o == nil {
		return
	}
	if o.rec.kind < kindRow { // of the others all is GORM's own
		o.mainAt = p.now()
		o.inMain.Store(true)
	}
	if asked := o.asked.Load(); asked != notAsked && asked != foundOne { // by a hook, or a plugin
		o.asked.Store(notAsked)
	}
}

// mainEnded comes after it.
func (p *Profiler) mainEnded(db *gorm.DB) {
	o := p.operation(db.Statement)
	if o == nil {
		return
	}
	if o.inMain.Load() {
		o.inMain.Store(false)
		o.main = p.now() - o.mainAt
	}
}

// end ends the measuring of an operation, or, of rows that are still to be read,
// leaves that to the driver.
func (p *Profiler) end(db *gorm.DB) {
	stmt := db.Statement
	o := p.operation(stmt)
	if o == nil {
		return
	}
	if stmt.Context == o.under {
		stmt.Context = o.original
	}
	o.mu.Lock()
	r := &o.rec
	r.err, r.dryRun = db.Error, db.DryRun
	if r.sql == "" {
		r.sql = stmt.SQL.String()
	}
	r.table = stmt.Table
	if s := stmt.Schema; s != nil {
		r.model = s.ModelType
		if r.table == "" {
			r.table = s.Table
		}
	}
	if p.cfg.Args != nil && (p.cfg.OnQuery != nil || p.now()-r.start >= p.cfg.Slow) {
		o.args = p.bound(stmt, r.sql, r.table)
	}
	o.stmt = nil
	o.unlockAndLeave()
}

// bound are the values of a statement, as far as the configuration lets them
// be seen.
func (p *Profiler) bound(stmt *gorm.Statement, text, table string) []Arg {
	columns := shape.Columns(text)
	args := make([]Arg, len(stmt.Vars))
	for i, v := range stmt.Vars {
		if i < len(columns) {
			args[i].Column = columns[i]
		}
		args[i].Value = p.cfg.Args(table, args[i].Column, v)
	}
	return args
}
