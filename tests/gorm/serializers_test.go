package gormtest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

type roles []string

type job struct {
	Title string
	Pay   float64
	Tags  map[string]int
}

// rot13 is a serializer that a tag names, and braces a type that is its own.
type rot13 struct{}

func turn(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return 'a' + (r-'a'+13)%26
		}
		return r
	}, s)
}

func (rot13) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, v any) error {
	if v == nil {
		return nil
	}
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("%T", v)
	}
	return field.Set(ctx, dst, turn(s))
}

func (rot13) Value(_ context.Context, _ *schema.Field, _ reflect.Value, v any) (any, error) {
	return turn(v.(string)), nil
}

type braces string

func (b *braces) Scan(_ context.Context, _ *schema.Field, _ reflect.Value, v any) error {
	if s, ok := v.(string); ok {
		*b = braces(strings.Trim(s, "{}"))
	}
	return nil
}

func (braces) Value(_ context.Context, _ *schema.Field, _ reflect.Value, v any) (any, error) {
	return fmt.Sprintf("{%v}", v), nil
}

type serialized struct {
	ID      uint
	Roles   roles          `gorm:"serializer:json"`
	Job     job            `gorm:"serializer:json"`
	JobPtr  *job           `gorm:"serializer:json;type:bytes"`
	Map     map[string]any `gorm:"serializer:json"`
	Gob     job            `gorm:"serializer:gob"`
	GobList roles          `gorm:"serializer:gob"`
	Unix    int64          `gorm:"serializer:unixtime;type:datetime"`
	UnixPtr *int64         `gorm:"serializer:unixtime;type:datetime"`
	Secret  string         `gorm:"serializer:rot13"`
	Braces  braces
}

func TestSerializers(t *testing.T) {
	schema.RegisterSerializer("rot13", rot13{})
	full := serialized{
		Roles: roles{"admin", "it's"}, Job: job{"dev", 1.5, map[string]int{"a": 1}}, JobPtr: &job{Title: "ops"}, Map: map[string]any{"n": 1.5, "s": []any{"x", nil}},
		Gob: job{"gob", 2.5, map[string]int{"b": 2}}, GobList: roles{"x"}, Unix: noon.Unix(), UnixPtr: ptr(int64(-1)), Secret: "secret", Braces: "in",
	}
	each(t, models(&serialized{}), func(t *testing.T, db *gorm.DB) {
		full := full
		rows := []serialized{full, {Secret: "a"}}
		done(t, db.Create(&rows), 2)
		require.Equal(t, `["admin","it's"] {"Title":"dev","Pay":1.5,"Tags":{"a":1}} {"Title":"ops","Pay":0,"Tags":null} {"n":1.5,"s":["x",null]} `+
			`2024-05-06T12:00:00 1969-12-31T23:59:59 frperg {in}, NULL {"Title":"","Pay":0,"Tags":null} NULL NULL 1970-01-01T00:00:00 NULL n {}`,
			show(t, db, "SELECT roles, job, job_ptr, map, unix, unix_ptr, secret, braces FROM serializeds ORDER BY id"))
		require.Equal(t, "blob", show(t, db, "SELECT typeof(gob) FROM serializeds WHERE id = 1"))
		var read []serialized
		done(t, db.Order("id").Find(&read), 2)
		full.ID = 1
		require.Equal(t, full, read[0])
		require.Equal(t, serialized{ID: 2, Secret: "a"}, read[1])

		// In conditions and updates a field of a struct is serialized too.
		var found serialized
		done(t, db.Where(&serialized{Roles: roles{"admin", "it's"}, Secret: "secret"}).First(&found), 1)
		require.EqualValues(t, 1, found.ID)
		done(t, db.Model(&serialized{ID: 2}).Updates(serialized{Roles: roles{"new"}, Secret: "b", Unix: 60}), 1)
		done(t, db.Model(&serialized{ID: 1}).Update("roles", `["text"]`), 1)
		require.Equal(t, `1 ["text"] frperg 2024-05-06T12:00:00, 2 ["new"] o 1970-01-01T00:01:00`, show(t, db, "SELECT id, roles, secret, unix FROM serializeds ORDER BY id"))
		var pay float64
		done(t, db.Model(&serialized{}).Select("json_extract(job, '$.Pay')").Where("job ->> '$.Title' = ?", "dev").Scan(&pay), 1)
		require.Equal(t, 1.5, pay)
		full.Roles = nil
		done(t, db.Save(&full), 1)
		require.Equal(t, "NULL", show(t, db, "SELECT roles FROM serializeds WHERE id = 1"))
		require.NoError(t, db.Exec("UPDATE serializeds SET roles = 'no json' WHERE id = 1").Error)
		require.Error(t, db.First(&found, 1).Error)
	})
}
