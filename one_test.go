package libsql_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

type owner struct {
	ID      uint
	Name    string
	Age     *int
	Born    time.Time
	Photo   []byte
	PlaceID *uint
	Place   *place
	Pets    []pet
	Found   int `gorm:"-"`
}

func (o *owner) AfterFind(tx *gorm.DB) error {
	o.Found++
	if o.Name == "broken" {
		return gorm.ErrRecordNotFound
	}
	return nil
}

type place struct {
	ID   uint
	Name string
}

type pet struct {
	ID      uint
	OwnerID uint
	Name    string
}

// label is a struct that is stored in one column.
type label struct{ Text string }

func (l *label) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return errors.New("a label is a text")
	}
	l.Text = "<" + s + ">"
	return nil
}

type labelled struct { // a model that is a Scanner too
	ID   uint
	Text string
}

func (*labelled) Scan(any) error { return errors.New("not to be scanned") }

type level int
type row map[string]any
type stamp time.Time

var born = time.Date(1815, 12, 10, 1, 2, 3, 4, time.UTC)

func withOwners(t *testing.T, db *gorm.DB) *gorm.DB {
	age := 36
	require.NoError(t, db.Create([]owner{
		{Name: "Ada", Age: &age, Born: born, Photo: []byte("p"), Place: &place{Name: "London"}, Pets: []pet{{Name: "Rex"}, {Name: "Tim"}}},
		{Name: "Bob", Born: born.AddDate(1, 0, 0)},
		{Name: "Bob", Born: born.AddDate(2, 0, 0)},
	}).Error)
	return db
}

// sees is a case of One for one T.
type sees func(t *testing.T, db *gorm.DB)

func see[T any](want T, query func(db *gorm.DB) *gorm.DB) sees {
	return func(t *testing.T, db *gorm.DB) {
		got, err := libsql.One[T](query(db))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func raw(text string, args ...any) func(db *gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Raw(text, args...) }
}

func ptr[T any](v T) *T { return &v }

func TestOneTypes(t *testing.T) {
	ada := func(columns string) func(db *gorm.DB) *gorm.DB {
		return func(db *gorm.DB) *gorm.DB { return db.Model(&owner{}).Select(columns).Where("name = ?", "Ada") }
	}
	type part struct {
		Name string
		Old  int `gorm:"column:age"`
	}
	cases := map[string]sees{
		"int":           see(36, ada("age")),
		"int64":         see(int64(36), ada("age")),
		"uint8":         see(uint8(36), ada("age")),
		"named":         see(level(36), ada("age")),
		"float":         see(36.0, ada("age")),
		"bool":          see(true, raw("SELECT 1")),
		"string":        see("Ada", ada("name")),
		"bytes":         see([]byte("p"), ada("photo")),
		"text bytes":    see([]byte("Ada"), ada("name")),
		"null bytes":    see([]byte(nil), raw("SELECT NULL")),
		"time":          see(born, ada("born")),
		"time expr":     see(born, ada("max(born)")),
		"named time":    see(stamp(born), ada("born")),
		"pointer":       see(ptr(36), ada("age")),
		"pointers":      see(ptr(ptr(36)), ada("age")),
		"null":          see((*int)(nil), raw("SELECT NULL")),
		"null time":     see((*time.Time)(nil), raw("SELECT NULL")),
		"time pointer":  see(&born, ada("max(born)")),
		"NullString":    see(sql.NullString{String: "Ada", Valid: true}, ada("name")),
		"Null":          see(sql.Null[int64]{V: 36, Valid: true}, raw("SELECT 36")),
		"Null null":     see(sql.Null[int64]{}, ada("NULL")),
		"Null table":    see(sql.Null[int64]{V: 3, Valid: true}, func(db *gorm.DB) *gorm.DB { return db.Table("owners").Select("count(*)") }),
		"DeletedAt":     see(gorm.DeletedAt{Time: born, Valid: true}, ada("born")),
		"scanner":       see(label{"<Ada>"}, ada("name")),
		"scanner ptr":   see(&label{"<Ada>"}, ada("name")),
		"any":           see[any](int64(36), ada("age")),
		"any text":      see[any]("Ada", ada("name")),
		"any null":      see[any](nil, raw("SELECT NULL")),
		"any real":      see[any](2.5, raw("SELECT 2.5")),
		"any blob":      see[any]([]byte{1}, raw("SELECT x'01'")),
		"map":           see(map[string]any{"name": "Ada", "age": ptr(36)}, ada("name, age")),
		"map raw":       see(map[string]any{"a": int64(1), "b": nil}, raw("SELECT 1 AS a, NULL AS b")),
		"map table":     see(map[string]any{"name": "London"}, func(db *gorm.DB) *gorm.DB { return db.Table("places").Select("name") }),
		"named map":     see(row{"a": int64(1)}, raw("SELECT 1 AS a")),
		"map pointer":   see(&map[string]any{"a": int64(1)}, raw("SELECT 1 AS a")),
		"dto":           see(part{"Ada", 36}, ada("name, age")),
		"dto of model":  see(part{"Ada", 36}, func(db *gorm.DB) *gorm.DB { return db.Model(&owner{}).Where("id = 1") }),
		"dto pointer":   see(&part{"Ada", 36}, raw("SELECT name, age FROM owners WHERE id = ?", 1)),
		"model raw":     see(place{1, "London"}, raw("SELECT * FROM places")),
		"model":         see(place{1, "London"}, func(db *gorm.DB) *gorm.DB { return db }),
		"model ptr":     see(&place{1, "London"}, func(db *gorm.DB) *gorm.DB { return db.Where("id = 1") }),
		"model scans":   see(labelled{1, "x"}, func(db *gorm.DB) *gorm.DB { return db }),
		"model scans 2": see(labelled{1, "x"}, func(db *gorm.DB) *gorm.DB { return db.Model(&[]labelled{}).Where("id = 1") }),
		"Joins": func(t *testing.T, db *gorm.DB) {
			o, err := libsql.One[owner](db.Joins("Place").Where("owners.name = ?", "Ada"))
			require.NoError(t, err)
			require.Equal(t, "London", o.Place.Name)
			require.Equal(t, 1, o.Found)
		},
		"Preload": func(t *testing.T, db *gorm.DB) {
			o, err := libsql.One[*owner](db.Preload("Pets").Preload("Place").Where("name = ?", "Ada"))
			require.NoError(t, err)
			require.Len(t, o.Pets, 2)
			require.Equal(t, "London", o.Place.Name)
			require.Equal(t, 1, o.Found)
			require.True(t, o.Born.Equal(born))
		},
		"Group": see(int64(2), func(db *gorm.DB) *gorm.DB {
			return db.Model(&owner{}).Select("count(*)").Group("name").Having("count(*) > 1")
		}),
		"Scopes": see("Ada", func(db *gorm.DB) *gorm.DB {
			return db.Scopes(func(tx *gorm.DB) *gorm.DB { return tx.Table("owners").Select("name").Where("id = 1") })
		}),
		"PRAGMA":             see(7, raw("PRAGMA user_version = 7; PRAGMA user_version")),
		"order":              see("Bob", func(db *gorm.DB) *gorm.DB { return db.Model(&owner{}).Select("name").Order("born DESC").Limit(1) }),
		"offset":             see("Bob", func(db *gorm.DB) *gorm.DB { return db.Model(&owner{}).Select("name").Order("born").Offset(2) }),
		"several statements": see(2, raw("CREATE TABLE IF NOT EXISTS z(a); SELECT 2")),
	}
	eachWay(t, func(t *testing.T, db *gorm.DB) {
		withOwners(t, db)
		require.NoError(t, db.Create(&labelled{Text: "x"}).Error)
		for name, test := range cases {
			t.Run(name, func(t *testing.T) { test(t, db) })
		}
	}, &place{}, &owner{}, &pet{}, &labelled{})
}

func TestOneNoneAndSeveral(t *testing.T) {
	eachWay(t, func(t *testing.T, db *gorm.DB) {
		withOwners(t, db)
		check := func(v any, err, want error) {
			t.Helper()
			require.ErrorIs(t, err, want)
			require.Zero(t, v)
		}
		for _, none := range []*gorm.DB{
			db.Model(&owner{}).Where("name = ?", "nobody"), db.Raw("SELECT * FROM owners WHERE 0"), db.Model(&owner{}).Limit(0),
		} {
			o, err := libsql.One[owner](none)
			check(o, err, gorm.ErrRecordNotFound)
			check(o, err, sql.ErrNoRows)
			require.EqualError(t, err, "record not found")
			p, err := libsql.One[*owner](none)
			check(p, err, sql.ErrNoRows)
			m, err := libsql.One[map[string]any](none)
			check(m, err, sql.ErrNoRows)
			n, err := libsql.One[int](none.Select("id"))
			check(n, err, gorm.ErrRecordNotFound)
			b, err := libsql.One[[]byte](none)
			check(b, err, sql.ErrNoRows)
		}
		for _, several := range []*gorm.DB{
			db.Model(&owner{}).Where("name = ?", "Bob").Preload("Pets"), db.Raw("SELECT * FROM owners"), db.Model(&owner{}).Limit(3), db.Model(&owner{}).Limit(-1),
			db.Model(&owner{}).Offset(1),
		} {
			o, err := libsql.One[owner](several)
			check(o, err, libsql.ErrMultipleRows)
			require.NotErrorIs(t, err, sql.ErrNoRows)
			p, err := libsql.One[*owner](several)
			check(p, err, libsql.ErrMultipleRows)
			m, err := libsql.One[map[string]any](several)
			check(m, err, libsql.ErrMultipleRows)
		}
		n, err := libsql.One[int](db.Model(&owner{}).Select("id"))
		check(n, err, libsql.ErrMultipleRows)

		// A query is not used up.
		q := db.Model(&owner{}).Where("name = ?", "Ada")
		for range 3 {
			o, err := libsql.One[owner](q)
			require.NoError(t, err)
			require.Equal(t, "Ada", o.Name)
		}
		var all []owner
		require.NoError(t, db.Model(&owner{}).Find(&all).Error)
		require.Len(t, all, 3)
		require.NoError(t, db.Exec("DELETE FROM pets").Error, "nothing is locked")
	}, &place{}, &owner{}, &pet{})
}

// It ends with the second row of however many.
func TestOneStopsEarly(t *testing.T) {
	db := open(t, gorm.Config{})
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
	_, err := libsql.One[int](db.Raw(endless))
	require.ErrorIs(t, err, libsql.ErrMultipleRows)
	_, err = libsql.One[int](db.Table("(" + endless + ")").Select("i"))
	require.ErrorIs(t, err, libsql.ErrMultipleRows)
	require.NoError(t, db.Exec("CREATE TABLE t(a)").Error)
}

// recorder is a logger that keeps the SQL.
type recorder struct {
	logger.Interface
	texts []string
	errs  []error
}

func (r *recorder) LogMode(logger.LogLevel) logger.Interface { return r }

func (r *recorder) Trace(_ context.Context, _ time.Time, fc func() (string, int64), err error) {
	text, _ := fc()
	r.texts, r.errs = append(r.texts, text), append(r.errs, err)
}

func TestOneLimit(t *testing.T) {
	r := &recorder{Interface: logger.Discard}
	db := open(t, gorm.Config{Logger: r}, &place{})
	for name, test := range map[string]struct {
		query *gorm.DB
		want  string
	}{
		"none":     {db, "SELECT * FROM `places` LIMIT 2"},
		"offset":   {db.Offset(3), "SELECT * FROM `places` LIMIT 2 OFFSET 3"},
		"own":      {db.Limit(1), "SELECT * FROM `places` LIMIT 1"},
		"zero":     {db.Limit(0), "SELECT * FROM `places` LIMIT 0"},
		"large":    {db.Limit(7).Offset(1), "SELECT * FROM `places` LIMIT 7 OFFSET 1"},
		"taken":    {db.Limit(7).Limit(-1), "SELECT * FROM `places` LIMIT 2"},
		"scope":    {db.Scopes(func(tx *gorm.DB) *gorm.DB { return tx.Limit(1) }), "SELECT * FROM `places` LIMIT 1"},
		"raw":      {db.Raw("SELECT * FROM places"), "SELECT * FROM places"},
		"raw own":  {db.Raw("SELECT * FROM places LIMIT 1 OFFSET 0"), "SELECT * FROM places LIMIT 1 OFFSET 0"},
		"by scope": {db.Scopes(func(tx *gorm.DB) *gorm.DB { return tx.Raw("SELECT 1 UNION SELECT 2") }), "SELECT 1 UNION SELECT 2"},
		"raw exp":  {db.Clauses(clause.OrderBy{Expression: clause.Expr{SQL: "id"}}), "SELECT * FROM `places` ORDER BY id LIMIT 2"},
	} {
		r.texts = nil
		libsql.One[place](test.query)
		require.Equal(t, []string{test.want}, r.texts, name)
	}
	// A query that is put together otherwise is left as it is.
	tx := db.Session(&gorm.Session{}).Where("id = 7")
	tx.Statement.BuildClauses = []string{"SELECT", "FROM", "WHERE"}
	r.texts = nil
	_, err := libsql.One[place](tx)
	require.ErrorIs(t, err, sql.ErrNoRows)
	require.Equal(t, []string{"SELECT * FROM `places` WHERE id = 7"}, r.texts)
	require.ErrorIs(t, r.errs[len(r.errs)-1], gorm.ErrRecordNotFound, "as the logger knows it")
}

func TestOneReturning(t *testing.T) {
	eachWay(t, func(t *testing.T, db *gorm.DB) {
		id, err := libsql.One[uint](db.Raw("INSERT INTO places(name) VALUES (?) RETURNING id", "Rome"))
		require.NoError(t, err)
		p, err := libsql.One[place](db.Where("name = ?", "Rome"))
		require.NoError(t, err)
		require.Equal(t, place{id, "Rome"}, p)
		p, err = libsql.One[place](db.Raw("UPDATE places SET name = 'Roma' WHERE id = ? RETURNING *", id))
		require.NoError(t, err)
		require.Equal(t, "Roma", p.Name)
		_, err = libsql.One[place](db.Raw("DELETE FROM places WHERE id = 99 RETURNING *"))
		require.ErrorIs(t, err, sql.ErrNoRows)
		// In a transaction several can be undone.
		err = db.Transaction(func(tx *gorm.DB) error {
			_, err := libsql.One[place](tx.Raw("INSERT INTO places(name) VALUES ('a'), ('b') RETURNING *"))
			return err
		})
		require.ErrorIs(t, err, libsql.ErrMultipleRows)
		n, err := libsql.One[int](db.Model(&place{}).Select("count(*)"))
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}, &place{})
	// Outside of one it is done when the call is over.
	db := open(t, gorm.Config{}, &place{})
	_, err := libsql.One[uint](db.Raw("INSERT INTO places(name) VALUES ('a') RETURNING id"))
	require.NoError(t, err)
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error { return tx.Create(&place{Name: "b"}).Error }))
}

// Errors are what they were.
func TestOneErrors(t *testing.T) {
	db := open(t, gorm.Config{TranslateError: true}, &place{}, &owner{}, &pet{}, &tag{})
	oops := errors.New("oops")
	bad := db.Session(&gorm.Session{})
	bad.AddError(oops)
	require.NoError(t, db.Create(&tag{Name: "x"}).Error)
	require.NoError(t, db.Create(&owner{Name: "broken"}).Error)
	type query struct {
		db   *gorm.DB
		want error
	}
	for name, q := range map[string]query{
		"syntax":    {db.Raw("SELEC 1"), driver.ErrError},
		"table":     {db.Table("nowhere").Select("1"), driver.ErrError},
		"earlier":   {bad, oops},
		"first row": {db.Raw("SELECT abs(-9223372036854775808)"), driver.ErrError},
		"second":    {db.Raw("SELECT CASE value WHEN 2 THEN abs(-9223372036854775808) ELSE value END FROM generate_series(1, 3)"), driver.ErrError},
		"unique":    {db.Raw("INSERT INTO tags(name) VALUES ('x') RETURNING id"), gorm.ErrDuplicatedKey},
		"dry run":   {db.Session(&gorm.Session{DryRun: true}).Raw("SELECT 1"), gorm.ErrDryRunModeUnsupported},
		"cancelled": {db.WithContext(cancelled()).Raw("SELECT 1"), context.Canceled},
	} {
		_, err := libsql.One[int](q.db)
		require.ErrorIs(t, err, q.want, name)
		require.NotErrorIs(t, err, sql.ErrNoRows, name)
		require.NotErrorIs(t, err, libsql.ErrMultipleRows, name)
	}
	var e *libsql.Error
	_, err := libsql.One[int](db.Raw("INSERT INTO tags(name) VALUES ('x') RETURNING id"))
	require.ErrorAs(t, err, &e)
	require.Equal(t, driver.ErrConstraintUnique, e.Extended)

	_, err = libsql.One[int](db.Raw("SELECT 1, 2"))
	require.ErrorContains(t, err, "expected 2 destination arguments")
	_, err = libsql.One[int](db.Raw("SELECT NULL"))
	require.ErrorContains(t, err, "converting NULL to int")
	_, err = libsql.One[int](db.Raw("SELECT 'text'"))
	require.ErrorContains(t, err, "invalid syntax")
	_, err = libsql.One[time.Time](db.Raw("SELECT 'soon'"))
	require.ErrorContains(t, err, "no time")
	_, err = libsql.One[int](db)
	require.ErrorContains(t, err, "Table not set")
	_, err = libsql.One[owner](db.Preload("Nothing").Where("1 = 1"))
	require.ErrorContains(t, err, "Nothing")

	// What a hook returns is its own affair.
	_, err = libsql.One[owner](db.Where("name = ?", "broken"))
	require.ErrorIs(t, err, gorm.ErrRecordNotFound)
	require.NotErrorIs(t, err, sql.ErrNoRows)
	require.NoError(t, db.Session(&gorm.Session{SkipHooks: true}).Create(&owner{Name: "broken"}).Error)
	_, err = libsql.One[owner](db.Where("name = ?", "broken"))
	require.ErrorIs(t, err, libsql.ErrMultipleRows)
	require.NotErrorIs(t, err, gorm.ErrRecordNotFound, "of several rows no hook is called")

	for _, err := range []error{
		second(libsql.One[[]int](db)), second(libsql.One[[]owner](db)), second(libsql.One[[2]int](db)), second(libsql.One[chan int](db)),
		second(libsql.One[map[int]any](db)), second(libsql.One[map[string]string](db)), second(libsql.One[sql.RawBytes](db)),
		second(libsql.One[error](db)), second(libsql.One[*[]string](db)), second(libsql.One[func()](db)), second(libsql.One[complex128](db)),
	} {
		require.ErrorIs(t, err, libsql.ErrUnsupported)
	}
	require.NoError(t, db.Exec("DROP TABLE tags").Error, "nothing is locked")
}

func second[T any](_ T, err error) error { return err }

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// Another query callback in the place of the dialect's is found out.
func TestOneWithoutItsCallback(t *testing.T) {
	db := open(t, gorm.Config{}, &place{})
	require.NoError(t, db.Callback().Query().Replace("gorm:query", func(*gorm.DB) {}))
	_, err := libsql.One[place](db)
	require.ErrorIs(t, err, libsql.ErrUnsupported)
}

// The queries of hooks and preloads are their own.
func TestOneAndQueriesBesideIt(t *testing.T) {
	r := &recorder{Interface: logger.Discard}
	db := open(t, gorm.Config{Logger: r}, &place{}, &owner{}, &pet{})
	withOwners(t, db)
	require.NoError(t, db.Callback().Query().Before("gorm:query").Register("look", func(tx *gorm.DB) {
		if tx.Statement.Schema != nil && tx.Statement.Schema.Table == "owners" {
			var all []pet
			if err := tx.Session(&gorm.Session{Initialized: true}).Table("pets").Session(&gorm.Session{NewDB: true}).Find(&all).Error; err != nil || len(all) != 2 {
				tx.AddError(errors.New("the pets of a callback"))
			}
		}
	}))
	r.texts = nil
	o, err := libsql.One[owner](db.Preload("Pets").Where("name = ?", "Ada"))
	require.NoError(t, err)
	require.Len(t, o.Pets, 2)
	for _, text := range r.texts {
		require.Equal(t, strings.Contains(text, "owners"), strings.Contains(text, "LIMIT"), text)
	}
}
