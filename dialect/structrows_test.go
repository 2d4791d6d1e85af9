package dialect_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	libsqldriver "github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// wrapped is a pool of this module's driver that does not look like one, so
// that GORM scans its rows.
type wrapped struct{ *sql.DB }

func (w wrapped) Driver() driver.Driver { return nil }

type (
	aString string
	anInt   int16
	aFloat  float32
	aBool   bool
	someRaw json.RawMessage
	scanned struct{ got string }
	nested  struct{ Inner int }

	aNamedBytes []byte
	pair        [2]byte
	entries     map[string]string
)

// Scan leaves what is there.
func (p *pair) Scan(v any) error {
	copy(p[1:], fmt.Sprint(v))
	return nil
}

// Scan adds to what is there.
func (e *entries) Scan(v any) error {
	if *e == nil {
		*e = entries{}
	}
	(*e)[fmt.Sprintf("%T", v)] = fmt.Sprint(v)
	return nil
}

// Value makes it a column.
func (p pair) Value() (driver.Value, error) { return p[:], nil }

// Value makes it a column.
func (entries) Value() (driver.Value, error) { return "", nil }

// GormDataType makes it a column.
func (entries) GormDataType() string { return "text" }

func (s *scanned) Scan(v any) error {
	if v == "bad" {
		return errors.New("bad value")
	}
	s.got += fmt.Sprintf("%T %v", v, v)
	return nil
}

// Value makes it a column.
func (s scanned) Value() (driver.Value, error) { return s.got, nil }

type everyKind struct {
	ID      uint
	Int     int
	Int8    int8
	Int64   int64
	Uint    uint
	Uint8   uint8
	F32     float32
	F64     float64
	Str     string
	Bool    bool
	Bytes   []byte
	At      time.Time
	PInt    *int
	PStr    *string
	PBool   *bool
	PAt     *time.Time
	PF64    *float64
	Deleted gorm.DeletedAt `gorm:"-:migration"`
	NStr    sql.NullString
	NTime   sql.NullTime
	NInt    sql.Null[int]
	AStr    aString
	AnInt   anInt
	AFloat  aFloat
	ABool   aBool
	Raw     someRaw
	Doc     json.RawMessage
	View    sql.RawBytes
	PNull   *sql.NullTime
	NTimes  sql.Null[time.Time]
	NBytes  sql.Null[[]byte]
	Named   aNamedBytes
	PNamed  *aString
	Pair    pair
	Entries entries
	Lasts   time.Duration
	PTags   *[]string `gorm:"serializer:json"`
	Gob     []string  `gorm:"serializer:gob"`
	Hidden  float64   `gorm:"->:false;<-:create"`
	PScan   *scanned
	Scan    scanned
	Tags    []string `gorm:"serializer:json"`
	Unix    int64    `gorm:"serializer:unixtime;type:time"`
	Nested  nested   `gorm:"embedded;embeddedPrefix:n_"`
	Pointed *nested  `gorm:"embedded;embeddedPrefix:p_"`
}

// TestRowsAsGORMScansThem reads every kind of value into every kind of field
// twice: as the driver's rows go into structs, and as GORM scans them.
func TestRowsAsGORMScansThem(t *testing.T) {
	pool, err := sql.Open(libsqldriver.Name, dbtest.DSN(t))
	require.NoError(t, err)
	defer pool.Close()
	ours, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	gorms, err := gorm.Open(libsql.New(libsql.Config{Conn: wrapped{pool}}), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)

	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	// Declared types make a difference: of bools and times.
	values := []struct {
		sql  string
		args []any
	}{
		{"NULL", nil}, {"?", []any{0}}, {"?", []any{1}}, {"?", []any{-1}}, {"?", []any{127}}, {"?", []any{128}}, {"?", []any{256}}, {"?", []any{70000}},
		{"?", []any{int64(math.MaxInt64)}}, {"?", []any{int64(math.MinInt64)}}, {"?", []any{1 << 53}}, {"?", []any{1<<53 + 1}}, {"?", []any{1 << 25}},
		{"?", []any{1.0}}, {"?", []any{1.5}}, {"?", []any{0.1}}, {"?", []any{1e300}}, {"?", []any{math.Inf(1)}}, {"?", []any{16777217.0}},
		{"?", []any{""}}, {"?", []any{"text"}}, {"?", []any{"7"}}, {"?", []any{"1.5"}}, {"?", []any{"true"}}, {"?", []any{"bad"}}, {"?", []any{"ünï\x00c"}},
		{"?", []any{`["a","b"]`}}, {"?", []any{"2024-05-06 07:08:09"}}, {"?", []any{"2024-05-06"}},
		{"?", []any{[]byte{}}}, {"?", []any{[]byte("bytes")}}, {"?", []any{[]byte("7")}}, {"?", []any{strings.Repeat("x", 20000)}},
		{"max(?)", []any{now}}, {"b", nil}, {"t", nil}, {"ti", nil},
	}
	require.NoError(t, ours.Exec("CREATE TABLE v (b boolean, t datetime, ti datetime)").Error)
	require.NoError(t, ours.Exec("INSERT INTO v VALUES (true, ?, 1714979289)", now).Error)

	fields := reflect.TypeFor[everyKind]()
	for i := range fields.NumField() {
		column := ours.NamingStrategy.ColumnName("", fields.Field(i).Name)
		switch column {
		case "nested":
			column = "n_inner"
		case "pointed":
			column = "p_inner"
		}
		for _, v := range values {
			name := fmt.Sprintf("%s from %s %.30q", fields.Field(i).Name, v.sql, v.args)
			query := "SELECT " + v.sql + " AS " + column + ", 'more' AS unknown FROM v UNION ALL SELECT NULL, NULL"
			if v.sql == "b" || v.sql == "t" || v.sql == "ti" {
				query = "SELECT " + v.sql + " AS " + column + ", 'more' AS unknown FROM v"
			}
			read := func(db *gorm.DB, find func(db *gorm.DB) (any, error)) (got any, text string) {
				got, err := find(db.Raw(query, v.args...))
				if err != nil {
					text = err.Error()
				}
				return got, text
			}
			for kind, find := range map[string]func(db *gorm.DB) (any, error){
				"slice":    func(db *gorm.DB) (any, error) { var got []everyKind; err := db.Find(&got).Error; return got, err },
				"pointers": func(db *gorm.DB) (any, error) { var got []*everyKind; err := db.Find(&got).Error; return got, err },
				"struct":   func(db *gorm.DB) (any, error) { var got everyKind; err := db.Find(&got).Error; return got, err },
				"filled": func(db *gorm.DB) (any, error) {
					n, s, b := 5, "old", true
					got := everyKind{Int: 5, Int8: 5, Int64: 5, Uint: 5, Uint8: 5, F32: 5, F64: 5, Str: "old", Bool: true, Bytes: []byte("old"), At: now,
						PInt: &n, PStr: &s, PBool: &b, PAt: &now, NStr: sql.NullString{String: "old", Valid: true}, NTime: sql.NullTime{Time: now, Valid: true},
						AStr: "old", AnInt: 5, AFloat: 5, ABool: true, Raw: someRaw("old"), Doc: json.RawMessage("old"), Named: aNamedBytes("old"),
						Pair: pair{7}, Entries: entries{"old": "old"}, PNull: &sql.NullTime{Time: now, Valid: true}, PTags: &[]string{"old"}, Scan: scanned{"old"}, PScan: &scanned{"old"}, Tags: []string{"old"},
						Nested: nested{5}, Pointed: &nested{5}}
					err := db.Find(&got).Error
					return got, err
				},
			} {
				got, text := read(ours, find)
				want, wantText := read(gorms, find)
				if wantText != "" && text != "" {
					// GORM adds what it makes of the value that was not scanned.
					require.Contains(t, wantText, text, "%s, %s", name, kind)
					continue
				}
				require.Equal(t, wantText, text, "%s, %s", name, kind)
				require.Equal(t, want, got, "%s, %s", name, kind)
			}
		}
	}
}

type pot struct {
	ID  uint
	Lid sick
}

// sick panics when it is read.
type sick struct{ S string }

func (s *sick) Scan(any) error {
	if leaving.Load() {
		runtime.Goexit() // as FailNow of a test does
	}
	panic("no lid fits")
}

var leaving atomic.Bool

func (s sick) Value() (driver.Value, error) { return s.S, nil }

func (sick) GormDataType() string { return "text" }

func TestPanicOfAScanner(t *testing.T) {
	db := open(t, nil, &pot{})
	require.NoError(t, db.Create(&pot{Lid: sick{"x"}}).Error)
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	for range 3 {
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			leaving.Store(true)
			var got []pot
			db.Find(&got)
		}()
		<-gone
		leaving.Store(false)
		require.PanicsWithValue(t, "no lid fits", func() { var got []pot; db.Find(&got) })
		require.PanicsWithValue(t, "no lid fits", func() { var got pot; db.First(&got) })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, db.WithContext(ctx).Create(&pot{Lid: sick{"y"}}).Error, "the connection came back")
}

func TestFindReusesASlice(t *testing.T) {
	type thing struct {
		ID   uint
		Name *string
	}
	db := open(t, nil, &thing{})
	name := "x"
	require.NoError(t, db.Create([]thing{{Name: &name}, {}}).Error)
	got := make([]thing, 0, 8)
	require.NoError(t, db.Order("id").Find(&got).Error)
	first := got
	require.NoError(t, db.Order("id DESC").Find(&got).Error)
	require.Len(t, got, 2)
	require.Nil(t, got[0].Name, "not what the place held before")
	require.Equal(t, "x", *got[1].Name)
	require.Same(t, &first[0], &got[0], "GORM too uses the memory that it is given")
	require.NoError(t, db.Where("id > 9").Find(&got).Error)
	require.Empty(t, got)
	var none []thing
	require.NoError(t, db.Where("id > 9").Find(&none).Error)
	require.NotNil(t, none)
}

func TestFindOfMuchIsCancelled(t *testing.T) {
	type number struct{ N int }
	db := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	var got []number
	err := db.WithContext(ctx).Raw("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c").Find(&got).Error
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, db.Raw("SELECT 7 AS n").Find(&got).Error)
	require.Equal(t, []number{{7}}, got)
}

func TestErrorBehindRows(t *testing.T) {
	type number struct{ N int }
	db := open(t, nil)
	var got []number
	err := db.Raw("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300) SELECT CASE n WHEN 250 THEN abs(-9223372036854775808) ELSE n END AS n FROM c").Find(&got).Error
	require.ErrorContains(t, err, "integer overflow")
}
