package dialect

import (
	"database/sql"
	"iter"
	"reflect"
	"sync/atomic"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/bystander"
	"github.com/gorm-libsql/libsql/pragma"
)

// GORM wraps each create, update and delete in a transaction, for the sake of
// what hooks and associations do beside. Where there are none it is a single
// statement, which SQLite carries out wholly or not at all by itself: BEGIN
// and COMMIT would be two more calls for nothing.

// processor are the callbacks of create, update or delete, whose type GORM does
// not export, and replacer is what replaces one of them.
type (
	processor[C replacer] interface {
		Get(name string) func(*gorm.DB)
		Match(fc func(*gorm.DB) bool) C
	}
	replacer interface {
		Replace(name string, fn func(*gorm.DB)) error
	}
)

// transact replaces the callbacks that begin and end GORM's transaction. The
// callbacks are looked through whenever one is registered, so that those
// that come after ours are noticed.
func transact[P processor[C], C replacer](r *rules, callbacks P, lonely func(*gorm.DB) bool) error {
	var changed atomic.Bool // somebody has registered a callback of theirs
	const beginName, endName = "gorm:begin_transaction", "gorm:commit_or_rollback_transaction"
	begin, end := callbacks.Get(beginName), callbacks.Get(endName)
	if begin == nil || end == nil {
		return nil // gorm.Config.SkipDefaultTransaction
	}
	match := func(db *gorm.DB) bool {
		if r.registered && !bystander.Registers(db.Callback()) {
			changed.Store(true)
		}
		return !db.SkipDefaultTransaction
	}
	if err := callbacks.Match(match).Replace(beginName, func(db *gorm.DB) {
		stmt := db.Statement
		pool := stmt.ConnPool
		if inTx(pool) || !changed.Load() && r.isSingle(db) && lonely(db) {
			return
		}
		if begin(db); stmt.ConnPool != pool {
			r.started.Store(stmt, true)
		}
	}); err != nil {
		return err
	}
	return callbacks.Match(match).Replace(endName, func(db *gorm.DB) {
		if _, started := r.started.LoadAndDelete(db.Statement); started {
			end(db)
		}
	})
}

// inTx tells that the pool is a transaction, in which none can begin.
func inTx(pool gorm.ConnPool) bool {
	switch pool := pool.(type) {
	case *sql.Tx:
		return pool != nil
	case gorm.TxBeginner, gorm.ConnPoolBeginner:
		return false
	case *gorm.PreparedStmtTX:
		return pool != nil
	}
	return false
}

// isSingle tells that a statement of the pool commits by itself.
func (r *rules) isSingle(db *gorm.DB) bool {
	stmt := db.Statement
	_, plain := stmt.ConnPool.(*sql.DB)
	return r.own && plain && db.Error == nil && !db.DryRun && db.DefaultTransactionTimeout == 0 &&
		stmt.Schema != nil && stmt.SQL.Len() == 0
}

// createsAlone tells that a create is one statement which cannot fail once it
// has run: what comes back are the keys that SQLite gave out.
func (r *rules) createsAlone(db *gorm.DB) bool {
	stmt := db.Statement
	s := stmt.Schema
	if !stmt.SkipHooks && (s.BeforeSave || s.BeforeCreate || s.AfterSave || s.AfterCreate) {
		return false
	}
	if _, ok := stmt.Clauses["RETURNING"]; ok {
		return false
	}
	if _, ok := stmt.Clauses["ON CONFLICT"]; ok && len(s.CreateClauses) > 0 {
		return false // what a field filled in may come back as another row's: see returnFilled
	}
	switch stmt.ReflectValue.Kind() {
	case reflect.Struct:
		if !relatesNothing(stmt, stmt.ReflectValue) {
			return false
		}
	case reflect.Slice:
		// Several rows: what takes more than one statement has a transaction of its own.
		if hasRelations(s) || newDestination(stmt) == nil {
			return false
		}
	default:
		return false
	}
	switch fields := s.FieldsWithDefaultDBValue; len(fields) {
	case 0:
		return true
	case 1:
		return fields[0] == s.PrioritizedPrimaryField && r.isRowID(stmt, fields[0])
	}
	return false
}

// isRowID tells that the field is the table's rowid, so that every value of it
// is a number.
func (r *rules) isRowID(stmt *gorm.Statement, f *schema.Field) bool {
	switch f.FieldType { // those that hold every rowid
	case reflect.TypeFor[uint](), reflect.TypeFor[uint64](), reflect.TypeFor[int](), reflect.TypeFor[int64]():
	default:
		return false
	}
	if f.Serializer != nil || !f.Readable {
		return false
	}
	schemaName, table := splitTable(stmt)
	key := rowIDKey{schemaName, table, f.DBName}
	if is, known := r.rowIDs.Load(key); known {
		return is.(bool)
	}
	columns, err := pragma.TableInfo(stmt.Context, stmt.ConnPool, schemaName, table)
	if err != nil || len(columns) == 0 {
		return false // the INSERT is about to say what is wrong
	}
	is := primaryKey(columns) == quoteName(f.DBName)
	for _, c := range columns {
		is = is && (c.Name != f.DBName || c.Type == "INTEGER")
	}
	r.rowIDs.Store(key, is)
	return is
}

type rowIDKey struct{ schema, table, column string }

// updatesAlone tells that an update is one statement.
func updatesAlone(db *gorm.DB) bool {
	stmt := db.Statement
	s := stmt.Schema
	if !stmt.SkipHooks && (s.BeforeSave || s.BeforeUpdate || s.AfterSave || s.AfterUpdate) {
		return false
	}
	if _, ok := stmt.Clauses["RETURNING"]; ok {
		return false
	}
	if !hasRelations(s) {
		return true
	}
	if values, ok := stmt.Dest.(map[string]any); ok {
		for rel := range relations(s) {
			if _, ok := values[rel.Name]; ok {
				return false
			}
		}
		return relatesNothing(stmt, reflect.ValueOf(stmt.Model))
	}
	return relatesNothing(stmt, reflect.ValueOf(stmt.Model)) && relatesNothing(stmt, reflect.ValueOf(stmt.Dest))
}

// deletesAlone tells that a delete is one statement.
func deletesAlone(db *gorm.DB) bool {
	stmt := db.Statement
	_, returning := stmt.Clauses["RETURNING"]
	return !returning && (stmt.SkipHooks || !stmt.Schema.BeforeDelete && !stmt.Schema.AfterDelete) &&
		(len(stmt.Selects) == 0 || !hasRelations(stmt.Schema))
}

// relatesNothing tells that a struct of the schema, or a pointer to one, has
// no associated values that would be saved with it.
func relatesNothing(stmt *gorm.Statement, v reflect.Value) bool {
	s := stmt.Schema
	if !hasRelations(s) {
		return true
	}
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if !v.IsValid() || v.Type() != s.ModelType {
		return false
	}
	for rel := range relations(s) {
		if _, zero := rel.Field.ValueOf(stmt.Context, v); !zero {
			return false
		}
	}
	return true
}

// relations are the associations of a model, those of embedded structs among
// them.
func relations(s *schema.Schema) iter.Seq[*schema.Relationship] {
	return func(yield func(*schema.Relationship) bool) {
		for _, of := range [][]*schema.Relationship{
			s.Relationships.BelongsTo, s.Relationships.HasOne, s.Relationships.HasMany, s.Relationships.Many2Many,
		} {
			for _, rel := range of {
				if !yield(rel) {
					return
				}
			}
		}
	}
}

func hasRelations(s *schema.Schema) bool {
	for range relations(s) {
		return true
	}
	return false
}
