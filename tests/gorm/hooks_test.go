package gormtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

// hooked tells its hooks, and fails in the one that Fail names.
type hooked struct {
	ID   uint
	Name string
	Fail string    `gorm:"-"`
	log  *[]string `gorm:"-"`
}

// called writes a row too, which is undone with the rest.
func (h *hooked) called(tx *gorm.DB, hook string) error {
	if h.log != nil {
		*h.log = append(*h.log, hook)
	}
	if err := tx.Exec("INSERT INTO notes(text) VALUES (?)", hook).Error; err != nil {
		return err
	}
	if h.Fail == hook {
		return fmt.Errorf("%s: %w", hook, errStop)
	}
	return nil
}

func (h *hooked) BeforeSave(tx *gorm.DB) error   { return h.called(tx, "BeforeSave") }
func (h *hooked) BeforeCreate(tx *gorm.DB) error { return h.called(tx, "BeforeCreate") }
func (h *hooked) AfterCreate(tx *gorm.DB) error  { return h.called(tx, "AfterCreate") }
func (h *hooked) AfterSave(tx *gorm.DB) error    { return h.called(tx, "AfterSave") }
func (h *hooked) BeforeUpdate(tx *gorm.DB) error { return h.called(tx, "BeforeUpdate") }
func (h *hooked) AfterUpdate(tx *gorm.DB) error  { return h.called(tx, "AfterUpdate") }
func (h *hooked) BeforeDelete(tx *gorm.DB) error { return h.called(tx, "BeforeDelete") }
func (h *hooked) AfterDelete(tx *gorm.DB) error  { return h.called(tx, "AfterDelete") }

type note struct {
	ID   uint
	Text string
}

func TestHooksRunInOrder(t *testing.T) {
	each(t, models(&hooked{}, &note{}), func(t *testing.T, db *gorm.DB) {
		var log []string
		h := hooked{Name: "a", log: &log}
		for _, c := range []struct {
			do   func(db *gorm.DB) *gorm.DB
			want string
		}{
			{func(db *gorm.DB) *gorm.DB { return db.Create(&h) }, "BeforeSave BeforeCreate AfterCreate AfterSave"},
			{func(db *gorm.DB) *gorm.DB { return db.Save(&h) }, "BeforeSave BeforeUpdate AfterUpdate AfterSave"},
			{func(db *gorm.DB) *gorm.DB { return db.Model(&h).Update("name", "b") }, "BeforeSave BeforeUpdate AfterUpdate AfterSave"},
			{func(db *gorm.DB) *gorm.DB { return db.Model(&h).UpdateColumn("name", "b") }, ""},
			{func(db *gorm.DB) *gorm.DB { return db.Session(&gorm.Session{SkipHooks: true}).Save(&h) }, ""},
			{func(db *gorm.DB) *gorm.DB { return db.Delete(&h) }, "BeforeDelete AfterDelete"},
			{func(db *gorm.DB) *gorm.DB { return db.Session(&gorm.Session{SkipHooks: true}).Create(&h) }, ""},
			{func(db *gorm.DB) *gorm.DB { return db.Session(&gorm.Session{SkipHooks: true}).Delete(&h) }, ""},
		} {
			log = nil
			done(t, c.do(db), 1)
			require.Equal(t, c.want, strings.Join(log, " "))
		}
		// Each row of a batch has its hooks.
		log = nil
		rows := []hooked{{log: &log}, {log: &log}}
		done(t, db.Create(&rows), 2)
		require.Equal(t, "BeforeSave BeforeCreate BeforeSave BeforeCreate AfterCreate AfterSave AfterCreate AfterSave", strings.Join(log, " "))
	})
}

// An error of a hook is that of the call, and nothing of it stays.
func TestHooksThatFail(t *testing.T) {
	create := func(db *gorm.DB, h *hooked) error { return db.Create(h).Error }
	batch := func(db *gorm.DB, h *hooked) error { return db.Create([]*hooked{{Name: "first"}, h}).Error }
	save := func(db *gorm.DB, h *hooked) error { h.ID, h.Name = 1, "changed"; return db.Save(h).Error }
	update := func(db *gorm.DB, h *hooked) error { h.ID = 1; return db.Model(h).Update("name", "changed").Error }
	remove := func(db *gorm.DB, h *hooked) error { h.ID = 1; return db.Delete(h).Error }
	for _, c := range []struct {
		what  string
		do    func(*gorm.DB, *hooked) error
		hooks string
	}{
		{"create", create, "BeforeSave BeforeCreate AfterCreate AfterSave"},
		{"batch", batch, "BeforeSave BeforeCreate AfterCreate AfterSave"},
		{"save", save, "BeforeSave BeforeUpdate AfterUpdate AfterSave"},
		{"update", update, "BeforeSave BeforeUpdate AfterUpdate AfterSave"},
		{"delete", remove, "BeforeDelete AfterDelete"},
	} {
		t.Run(c.what, func(t *testing.T) {
			each(t, models(&hooked{}, &note{}), func(t *testing.T, db *gorm.DB) {
				const query = "SELECT id, name, (SELECT count(*) FROM notes) FROM hookeds"
				done(t, db.Session(&gorm.Session{SkipHooks: true}).Create(&hooked{Name: "there"}), 1)
				for _, hook := range strings.Fields(c.hooks) {
					h := hooked{Fail: hook}
					err := c.do(db, &h)
					require.ErrorIs(t, err, errStop)
					require.ErrorContains(t, err, hook)
					if db.SkipDefaultTransaction {
						continue // nothing to undo it with
					}
					require.Equal(t, "1 there 0", show(t, db, query), hook)
				}
				if db.SkipDefaultTransaction {
					return
				}
				// In a transaction, what was done before is still to be decided.
				require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
					return c.do(tx, &hooked{Fail: strings.Fields(c.hooks)[1]})
				}), errStop)
				require.Equal(t, "1 there 0", show(t, db, query))
			})
		})
	}
}

type changing struct {
	ID    uint
	Name  string
	Upper string
	Count int
}

func (c *changing) BeforeCreate(tx *gorm.DB) error {
	c.Count++
	tx.Statement.SetColumn("Upper", strings.ToUpper(c.Name))
	return nil
}

func (c *changing) AfterFind(*gorm.DB) error { c.Count += 100; return nil }

func TestHooksChangeValues(t *testing.T) {
	each(t, models(&changing{}), func(t *testing.T, db *gorm.DB) {
		one := changing{Name: "a"}
		done(t, db.Create(&one), 1)
		require.Equal(t, changing{1, "a", "A", 1}, one)
		rows := []changing{{Name: "b"}, {Name: "c"}}
		done(t, db.Create(&rows), 2)
		require.Equal(t, "1 a A 1, 2 b B 1, 3 c C 1", show(t, db, "SELECT * FROM changings"))
		var found []changing
		done(t, db.Order("id").Find(&found), 3)
		require.Equal(t, []changing{{1, "a", "A", 101}, {2, "b", "B", 101}, {3, "c", "C", 101}}, found)
		var first changing
		done(t, db.First(&first), 1)
		require.Equal(t, 101, first.Count)
	})
}

// Callbacks of a program's own, which plugins register.
func TestCallbacks(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var log []string
		say := func(s string) func(*gorm.DB) { return func(*gorm.DB) { log = append(log, s) } }
		require.NoError(t, db.Callback().Query().Before("gorm:query").Register("b", say("before query")))
		require.NoError(t, db.Callback().Query().After("gorm:query").Register("a", say("after query")))
		require.NoError(t, db.Callback().Create().Before("gorm:create").Register("b", say("before create")))
		require.NoError(t, db.Callback().Update().After("gorm:update").Register("a", say("after update")))
		require.NoError(t, db.Callback().Delete().Before("gorm:delete").Register("b", say("before delete")))
		require.NoError(t, db.Callback().Row().Before("gorm:row").Register("b", say("before row")))
		require.NoError(t, db.Callback().Raw().Before("gorm:raw").Register("b", say("before raw")))
		require.NoError(t, db.First(&person{}).Error)
		require.NoError(t, db.Create(&person{Name: "x"}).Error)
		require.NoError(t, db.Create(&[]person{{Name: "x"}, {Name: "x"}}).Error)
		require.NoError(t, db.Model(&person{}).Where("name = ?", "x").Update("age", 1).Error)
		require.NoError(t, db.Where("name = ?", "x").Delete(&person{}).Error)
		var n int
		require.NoError(t, db.Model(&person{}).Select("max(id)").Row().Scan(&n))
		require.NoError(t, db.Exec("UPDATE people SET age = age").Error)
		require.Equal(t, "before query, after query, before create, before create, after update, before delete, before row, before raw", strings.Join(log, ", "))

		require.NoError(t, db.Callback().Create().Replace("gorm:create", say("replaced")))
		require.NoError(t, db.Create(&person{Name: "x"}).Error)
		require.NoError(t, db.Callback().Delete().Remove("gorm:delete"))
		require.NoError(t, db.Delete(&person{}, 1).Error)
		require.Equal(t, allPeople, people(t, db))
	})
}
