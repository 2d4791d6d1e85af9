package libsql_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type auxTag struct {
	ID   uint
	Name string `gorm:"uniqueIndex:idx_aux_tag_name"`
}

func (auxTag) TableName() string { return "aux.tags" }

type auxUser struct {
	ID    uint
	Name  string `gorm:"index:idx_aux_user_name;not null"`
	Age   int
	TagID *uint
	Tag   *auxTag
	Notes []auxNote `gorm:"foreignKey:UserID"`
}

func (auxUser) TableName() string { return "aux.users" }

type auxNote struct {
	ID     uint
	UserID uint
	Text   string
}

func (auxNote) TableName() string { return "aux.notes" }

type auxUserLater struct {
	auxUser
	City string `gorm:"default:'Graz'"`
}

func (auxUserLater) TableName() string { return "aux.users" }

func openDSN(t *testing.T, dsn string) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { dbtest.Close(t, pool) })
	return db
}

// names of the attached schemas, on each of n connections that are open at once.
func requireSchemas(t *testing.T, db *gorm.DB, n int, want string) {
	t.Helper()
	pool, err := db.DB()
	require.NoError(t, err)
	for range n {
		conn := dbtest.Conn(t, pool)
		defer conn.Close()
		require.Equal(t, want, dbtest.Text(t, conn, "SELECT coalesce(group_concat(name), '') FROM pragma_database_list WHERE seq > 1"))
	}
}

func TestModelsOfAnAttachedDatabase(t *testing.T) {
	for _, key := range [][]byte{nil, []byte("key")} {
		dir := t.TempDir()
		db := openDSN(t, filepath.Join(dir, "main.db"))
		require.NoError(t, libsql.Attach(db, driver.Attachment{Schema: "aux", Path: filepath.Join(dir, "aux.db"), Key: key, Create: true}))
		for range 2 {
			require.NoError(t, db.AutoMigrate(&auxTag{}, &auxUser{}, &auxNote{}))
		}
		m := db.Migrator()
		require.True(t, m.HasTable(&auxUser{}))
		require.True(t, m.HasTable("aux.users"))
		require.False(t, m.HasTable("main.users"))
		require.True(t, m.HasIndex(&auxUser{}, "idx_aux_user_name"))

		tag := auxTag{Name: "t"}
		users := []auxUser{{Name: "Ada", Age: 36, Tag: &tag, Notes: []auxNote{{Text: "a"}, {Text: "b"}}}, {Name: "Kay", Age: 40}}
		require.NoError(t, db.Create(&users).Error)
		var got []auxUser
		require.NoError(t, db.Preload("Notes").Joins("Tag").Order("users.id").Find(&got).Error)
		require.Len(t, got, 2)
		require.Equal(t, "t", got[0].Tag.Name)
		require.Len(t, got[0].Notes, 2)
		require.NoError(t, db.Model(&auxUser{}).Where("name = ?", "Kay").Update("age", 41).Error)
		require.NoError(t, db.Delete(&auxNote{}, "text = ?", "b").Error)
		require.Error(t, db.Create(&auxTag{Name: "t"}).Error, "the index is unique")
		var n int64
		require.NoError(t, db.Model(&auxUser{}).Where("age > ?", 40).Count(&n).Error)
		require.Equal(t, int64(1), n)

		require.NoError(t, db.AutoMigrate(&auxUserLater{}))
		require.True(t, m.HasColumn(&auxUserLater{}, "City"))
		var later auxUserLater
		require.NoError(t, db.First(&later, "name = ?", "Kay").Error)
		require.Equal(t, "Graz", later.City)
		require.NoError(t, m.DropColumn(&auxUserLater{}, "city"))
		require.NoError(t, m.DropTable(&auxNote{}))
		require.False(t, m.HasTable(&auxNote{}))

		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			require.ErrorIs(t, libsql.Attach(tx, driver.Attachment{Schema: "x", Path: "x"}), libsql.ErrUnsupported)
			require.ErrorIs(t, libsql.Detach(tx, "aux"), libsql.ErrUnsupported)
			return tx.Create(&auxUser{Name: "Tom"}).Error
		}))
		require.NoError(t, libsql.Detach(db, "aux"))
		requireSchemas(t, db, 3, "")
		require.Error(t, db.First(&auxUser{}).Error)
		require.NoError(t, libsql.Attach(db.Session(&gorm.Session{PrepareStmt: true}), driver.Attachment{Schema: "aux", Path: filepath.Join(dir, "aux.db"), Key: key}))
		require.NoError(t, db.Model(&auxUser{}).Count(&n).Error)
		require.Equal(t, int64(3), n)
		_, err := os.Stat(filepath.Join(dir, "aux.db"))
		require.NoError(t, err)
	}
}

// ATTACH that is run on the pool holds for the pool, as PRAGMAs do.
func TestAttachInSQL(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	dir := t.TempDir()
	t.Chdir(dir)
	for _, c := range []struct {
		name, attach string
		args         []any
		detach       string
		want         string // on every connection
	}{
		{"a string", "ATTACH 'a''b.db' AS aux", nil, "DETACH aux", "aux"},
		{"a parameter", "attach database ? as \"aux\"", []any{"p.db"}, "detach database [AUX]", "aux"},
		{"a URI", "ATTACH 'file:u.db?mode=rwc' AS 'aux'; -- a comment", nil, "DETACH 'aux'", "aux"},
		{"a key", "/* a */ ATTACH ? AS `a``x` KEY ?", []any{"k.db", "key"}, "DETACH `a``x`", "a`x"},
		{"other statements", "ATTACH 'o.db' AS aux; CREATE TABLE IF NOT EXISTS aux.t(x)", nil, "SELECT 1; DETACH aux", "aux"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := openDSN(t, dbtest.DSN(t))
			requireSchemas(t, db, 2, "")
			require.NoError(t, db.Exec(c.attach, c.args...).Error)
			t.Chdir(t.TempDir())
			requireSchemas(t, db, 4, c.want)
			t.Chdir(dir)
			require.NoError(t, db.Exec(c.detach).Error)
			requireSchemas(t, db, 5, "")
			require.NoError(t, db.Exec(c.attach, c.args...).Error)
			require.Error(t, db.Exec(c.attach, c.args...).Error, "the name is taken")
			requireSchemas(t, db, 4, c.want)
			require.NoError(t, libsql.Detach(db, c.want))
			requireSchemas(t, db, 4, "")
		})
	}
	db := openDSN(t, dbtest.DSN(t))
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		require.NoError(t, tx.Exec("ATTACH 'c.db' AS one").Error)
		requireSchemas(t, db, 2, "") // it is this connection's
		require.NoError(t, tx.Exec("DETACH one").Error)
		return nil
	}))
	require.NoError(t, libsql.Attach(db, driver.Attachment{Schema: "two", Path: "c.db"}))
	require.NoError(t, db.Exec("DETACH two").Error)
	requireSchemas(t, db, 3, "")
	require.Error(t, db.Exec("ATTACH 'no/such/directory.db' AS x").Error)
	requireSchemas(t, db, 3, "")

	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	require.NoError(t, db.Exec("ATTACH ':memory:' AS mem").Error)
	require.NoError(t, db.Exec("CREATE TABLE mem.t(x)").Error)
	pool.SetMaxOpenConns(0)
	held := dbtest.Conn(t, pool)
	defer held.Close()
	requireSchemas(t, db, 2, "")
	var name sql.NullString
	require.NoError(t, held.QueryRowContext(t.Context(), "SELECT name FROM mem.sqlite_master").Scan(&name))
	require.Equal(t, "t", name.String)
}

func TestAttachOnWhatIsNoPool(t *testing.T) {
	db := openDSN(t, ":memory:")
	require.NoError(t, libsql.Attach(db.Session(&gorm.Session{DryRun: true}), driver.Attachment{}))
	broken := db.Session(&gorm.Session{})
	broken.AddError(gorm.ErrInvalidValue)
	require.ErrorIs(t, libsql.Detach(broken, "x"), gorm.ErrInvalidValue)
	require.ErrorContains(t, libsql.Detach(db, "x"), "no such database: x")
}
