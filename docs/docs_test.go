// Package docs_test runs the snippets of the documents in this directory. A
// test of tests/house checks that each of them stands in a test, word for
// word.
package docs_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/libsqltest"
	"github.com/gorm-libsql/libsql/pragma"
)

type User struct {
	gorm.Model
	Name  string
	Email string `gorm:"uniqueIndex"`
	Posts []Post
}

type Post struct {
	ID     uint
	UserID uint
	Title  string
}

type Person struct {
	ID       uint
	Nickname *string
	Age      sql.Null[int64]
}

type Wallet struct {
	ID     uint
	Amount int
}

type Order struct {
	ID        uint
	CreatedAt time.Time
}

func closeAtEnd(t *testing.T, db *gorm.DB) {
	t.Cleanup(func() {
		pool, err := db.DB()
		require.NoError(t, err)
		require.NoError(t, pool.Close())
	})
}

func TestQuickstart(t *testing.T) {
	t.Chdir(t.TempDir())
	db, err := gorm.Open(libsql.Open("app.db"), &gorm.Config{TranslateError: true})
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(&User{}, &Post{}); err != nil {
		log.Fatal(err)
	}
	closeAtEnd(t, db)

	err = db.Create(&User{Name: "Ada", Email: "ada@example.com", Posts: []Post{{Title: "Notes"}}}).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		fmt.Println("Ada is here already")
	}
	var users []User
	err = db.Preload("Posts").Where("name LIKE ?", "A%").Find(&users).Error
	require.NoError(t, err)
	require.Len(t, users, 1)
	require.Equal(t, "Notes", users[0].Posts[0].Title)
	require.ErrorIs(t, db.Create(&User{Email: "ada@example.com"}).Error, gorm.ErrDuplicatedKey)

	ctx := context.Background()
	err = libsql.Conn(db, func(c *driver.Conn) error {
		_, err := c.ExecContext(ctx, "PRAGMA optimize", nil)
		return err
	})
	require.NoError(t, err)

	cfg, err := driver.ParseDSN("app.db?_busy_timeout=10000")
	if err != nil {
		log.Fatal(err)
	}
	cfg.OnConnect = func(ctx context.Context, c *driver.Conn) error {
		_, err := c.ExecContext(ctx, "PRAGMA cache_size = -65536", nil)
		return err
	}
	db, err = gorm.Open(libsql.New(libsql.Config{Driver: cfg}), &gorm.Config{})
	require.NoError(t, err)
	closeAtEnd(t, db)
	var size, busy int
	require.NoError(t, db.Raw("PRAGMA cache_size").Scan(&size).Error)
	require.NoError(t, db.Raw("PRAGMA busy_timeout").Scan(&busy).Error)
	require.Equal(t, []int{-65536, 10000}, []int{size, busy})
}

func TestTestDatabase(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	require.NoError(t, db.Create(&User{}).Error)
}

func TestErrors(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	require.NoError(t, db.Create(&User{Email: "a@example.com"}).Error)
	{
		err := db.Create(&User{Email: "a@example.com"}).Error
		var e *libsql.Error
		if errors.As(err, &e) {
			fmt.Println(e.Code == driver.ErrConstraint, e.Extended == driver.ErrConstraintUnique, e.Message)
		}
		require.Equal(t, driver.ErrConstraintUnique, e.Extended)
		if errors.Is(err, driver.ErrConstraintUnique) || errors.Is(err, driver.ErrConstraintPrimaryKey) {
			fmt.Println("taken")
		}
		require.ErrorIs(t, err, driver.ErrConstraintUnique)
		require.Equal(t, "UNIQUE constraint failed: users.email", err.Error())
	}
}

func TestTransactions(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	var n int64
	err := db.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&User{}).Count(&n).Error
	}, &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
}

func TestTransactionModes(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{}, &Wallet{})
	require.NoError(t, db.Create(&User{Name: "Ada"}).Error)
	require.NoError(t, db.Create(&Wallet{ID: 1}).Error)
	var user User
	{
		err := libsql.Transaction(db, driver.Deferred, func(tx *gorm.DB) error {
			return tx.First(&user).Error
		})
		require.NoError(t, err)
		require.Equal(t, "Ada", user.Name)
	}
	{
		err := libsql.Retry(db, func(tx *gorm.DB) error {
			var wallet Wallet
			if err := tx.First(&wallet, 1).Error; err != nil {
				return err
			}
			return tx.Model(&wallet).Update("amount", wallet.Amount+1).Error
		})
		require.NoError(t, err)
	}
	ctx := context.Background()
	pool, err := db.DB()
	require.NoError(t, err)
	{
		err := pragma.BusyTimeout.SetAll(ctx, pool, 30*time.Second)
		require.NoError(t, err)
	}
	var busy int
	require.NoError(t, db.Raw("PRAGMA busy_timeout").Scan(&busy).Error)
	require.Equal(t, 30000, busy)
}

func TestFileOfAStranger(t *testing.T) {
	t.Chdir(t.TempDir())
	upload, err := gorm.Open(libsql.Open("upload.db"), &gorm.Config{})
	require.NoError(t, err)
	require.NoError(t, upload.AutoMigrate(&User{}, &Post{}))
	closeAtEnd(t, upload)
	require.NoError(t, openStranger(t))
}

func openStranger(t *testing.T) error {
	cfg, err := driver.ParseDSN("file:upload.db?mode=ro&_trusted_schema=0&_defensive=1")
	if err != nil {
		return err
	}
	cfg.Limits = map[driver.Limit]int{
		driver.LimitLength:      10_000_000, // bytes of a value or row
		driver.LimitSQLLength:   100_000,
		driver.LimitExprDepth:   100,
		driver.LimitCompound:    10,
		driver.LimitVDBEOps:     100_000,
		driver.LimitAttached:    1,
		driver.LimitLikePattern: 100,
	}
	db, err := gorm.Open(libsql.New(libsql.Config{Driver: cfg}), &gorm.Config{})
	if err != nil {
		return err
	}
	closeAtEnd(t, db)
	var n int64
	return db.Model(&User{}).Count(&n).Error
}

func TestPragmas(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	err := db.Exec("PRAGMA foreign_keys = OFF").Error
	require.NoError(t, err)
	require.NoError(t, db.Exec("INSERT INTO posts(user_id) VALUES (99)").Error)
	require.NoError(t, db.Where("user_id = 99").Delete(&Post{}).Error)
}

func TestValues(t *testing.T) {
	db := libsqltest.New(t, &Person{}, &Order{})
	require.NoError(t, db.Create(&Person{}).Error)
	var p Person
	require.NoError(t, db.First(&p).Error)
	require.Nil(t, p.Nickname)
	require.False(t, p.Age.Valid)

	// What another driver wrote under another zone compares by datetime().
	require.NoError(t, db.Exec("INSERT INTO orders(created_at) VALUES ('2024-05-01 12:00:00+02:00')").Error)
	deadline := time.Date(2024, 5, 1, 11, 0, 0, 0, time.UTC)
	var orders []Order
	require.NoError(t, db.Where("created_at < ?", deadline).Find(&orders).Error)
	require.Empty(t, orders)
	db.Where("datetime(created_at) < datetime(?)", deadline).Find(&orders)
	require.Len(t, orders, 1)
}

// What limits.md says of slices behind a parenthesis.
func TestLists(t *testing.T) {
	db := libsqltest.New(t)
	require.NoError(t, db.Exec("CREATE TABLE t(v)").Error)
	for text, want := range map[string][2]string{
		"INSERT INTO t VALUES (?)":  {"integer", "null"},
		"INSERT INTO t VALUES ( ?)": {"blob", "blob"},
	} {
		for i, v := range [][]byte{{7}, {}} {
			require.NoError(t, db.Exec("DELETE FROM t").Exec(text, v).Error)
			var kind string
			require.NoError(t, db.Raw("SELECT typeof(v) FROM t").Scan(&kind).Error)
			require.Equal(t, want[i], kind, text)
		}
	}
}

func TestBackup(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	t.Chdir(t.TempDir())
	err := db.Exec("VACUUM INTO ?", "backup.db").Error
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(".", "backup.db"))
}
