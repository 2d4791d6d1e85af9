package docs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/libsqltest"
)

func TestDescribe(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	ctx := context.Background()
	d, err := libsql.Describe(db, func(tx *gorm.DB) *gorm.DB {
		return tx.Model(&User{}).Select("name AS who, length(email) AS long").Where("id > ?", 7)
	})
	for _, c := range d.Columns {
		fmt.Println(c.Name, c.DeclType, c.Table, c.Origin)
	}
	require.NoError(t, err)
	require.Len(t, d.Columns, 2)
	require.Equal(t, driver.Column{Name: "who", DeclType: "TEXT", Database: "main", Table: "users", Origin: "name", Collation: "BINARY", Nullable: true, NullableKnown: true}, d.Columns[0])
	require.Equal(t, driver.Column{Name: "long"}, d.Columns[1])
	err = libsql.Conn(db, func(c *driver.Conn) error {
		d, err = c.Describe(ctx, "INSERT INTO users(name, email) VALUES (:name, :email) RETURNING id")
		return err
	})
	require.NoError(t, err)
	require.Len(t, d.Params, 2)
}

func TestOne(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	email := "ada@example.com"
	{
		user, err := libsql.One[User](db.Where("email = ?", email))
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound): // sql.ErrNoRows, too
			fmt.Println("nobody")
		case errors.Is(err, libsql.ErrMultipleRows):
			fmt.Println("more than one")
		}
		require.ErrorIs(t, err, gorm.ErrRecordNotFound)
		require.Zero(t, user)
	}
	require.NoError(t, db.Create(&User{Name: "Ada", Email: email}).Error)
	longest, err := libsql.One[int](db.Model(&User{}).Select("max(length(name))"))
	require.NoError(t, err)
	first, err := libsql.One[time.Time](db.Model(&User{}).Select("min(created_at)"))
	require.NoError(t, err)
	id, err := libsql.One[uint](db.Raw("INSERT INTO posts(title) VALUES (?) RETURNING id", "One"))
	require.NoError(t, err)
	require.Equal(t, 3, longest)
	require.WithinDuration(t, time.Now(), first, time.Minute)
	require.Equal(t, uint(1), id)
}

func TestStatement(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	ctx := context.Background()
	users := []User{{Name: "Ada", Email: "a"}, {Name: "Bob", Email: "b"}}
	require.NoError(t, db.Create(&users).Error)
	users[0].Name, users[1].Name = "Eve", "Dan"
	err := db.Transaction(func(tx *gorm.DB) (err error) {
		err = libsql.Conn(tx, func(c *driver.Conn) error {
			s, err := c.Statement(ctx, "UPDATE users SET name = ? WHERE id = ?")
			if err != nil {
				return err
			}
			for _, u := range users {
				s.BindText(1, u.Name)
				s.BindInt64(2, int64(u.ID))
				if err := s.Exec(); err != nil {
					return errors.Join(err, s.Close())
				}
			}
			return s.Close()
		})
		return err
	})
	require.NoError(t, err)
	err = libsql.Conn(db, func(c *driver.Conn) error {
		s, err := c.Statement(ctx, "SELECT id, name FROM users")
		if err != nil {
			return err
		}
		for s.Next() {
			fmt.Println(s.Int64(0), s.Text(1))
		}
		return s.Close() // the error of the rows, if there was one
	})
	require.NoError(t, err)
	name, err := libsql.One[string](db.Model(&User{}).Select("name").Where("id = 1"))
	require.NoError(t, err)
	require.Equal(t, "Eve", name)
}
