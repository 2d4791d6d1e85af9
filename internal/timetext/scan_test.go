package timetext

import (
	"database/sql"
	"reflect"
	"testing"
	"time"
)

type (
	deletedAt sql.NullTime // as GORM's
	ownTime   time.Time
	ownScan   time.Time
)

func (*ownScan) Scan(any) error { return nil }

func TestSetter(t *testing.T) {
	at := time.Date(2024, 1, 2, 3, 4, 5, 6, time.UTC)
	var (
		plain  time.Time
		ptr    *time.Time
		ptrptr **time.Time
		null   sql.NullTime
		pnull  *sql.NullTime
		gen    sql.Null[time.Time]
		del    deletedAt
		own    ownTime
	)
	for _, dest := range []any{&plain, &ptr, &ptrptr, &null, &pnull, &gen, &del, &own} {
		set := Setter(dest)
		if set == nil {
			t.Fatalf("%T takes no time", dest)
		}
		if err := set(&at); err != nil {
			t.Errorf("%T: %v", dest, err)
		}
	}
	if plain != at || *ptr != at || **ptrptr != at || null.Time != at || !null.Valid || pnull.Time != at || gen.V != at || !gen.Valid ||
		del.Time != at || !del.Valid || time.Time(own) != at {
		t.Error(plain, ptr, ptrptr, null, pnull, gen, del, own)
	}
	for _, dest := range []any{&ptr, &ptrptr, &null, &pnull, &gen, &del} {
		if err := Setter(dest)(nil); err != nil || !reflect.ValueOf(dest).Elem().IsZero() {
			t.Errorf("NULL into %T: %v", dest, err)
		}
	}
	for _, dest := range []any{&plain, &own} {
		if Setter(dest)(nil) == nil {
			t.Errorf("NULL into %T is no error", dest)
		}
	}
	if plain != at {
		t.Error("what NULL does not fit into was changed")
	}
}

func TestSetterOfNoTime(t *testing.T) {
	var none *time.Time
	for _, dest := range []any{nil, none, 1, "x", time.Now(), new(int), new(string), new(any), new([]byte), new(sql.NullString),
		new(sql.Null[string]), new(struct{}), new(ownScan), new(*ownScan)} {
		if Setter(dest) != nil {
			t.Errorf("%T takes a time", dest)
		}
	}
}

func TestOf(t *testing.T) {
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, src := range []any{at, "2024-01-02 03:04:05", []byte("2024-01-02T03:04:05Z"), at.Unix(), 2460311.627835648} {
		got, ok := Of(src)
		if !ok || got.Sub(at).Abs() > time.Millisecond {
			t.Errorf("%T %v is %v, %v", src, src, got, ok)
		}
	}
	if got, ok := Of(nil); !ok || got != nil {
		t.Errorf("NULL is %v, %v", got, ok)
	}
	for _, src := range []any{"", "noon", true, []byte(nil), float64(1e300)} {
		if got, ok := Of(src); ok {
			t.Errorf("%v is %v", src, got)
		}
	}
}
