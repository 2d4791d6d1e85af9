package types_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/types"
)

const (
	uuidText = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
	uuidHex  = "a0eebc999c0b4ef8bb6d6bb9bd380a11"
)

var uuidBytes = [16]byte{0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8, 0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11}

func TestUUIDScansEveryForm(t *testing.T) {
	for name, src := range map[string]any{
		"text":             uuidText,
		"upper case":       strings.ToUpper(uuidText),
		"braces":           "{" + uuidText + "}",
		"urn":              "urn:uuid:" + uuidText,
		"URN":              "URN:UUID:" + strings.ToUpper(uuidText),
		"digits":           uuidHex,
		"digits in braces": "{" + uuidHex + "}",
		"digits with urn":  "urn:uuid:" + uuidHex,
		"bytes":            uuidBytes[:],
		"text as bytes":    []byte(uuidText),
		"braces as bytes":  []byte("{" + strings.ToUpper(uuidHex) + "}"),
		"uuid.UUID":        uuid.UUID(uuidBytes),
		"types.UUID":       types.UUID(uuidBytes),
		"types.UUIDText":   types.UUIDText(uuidBytes),
		"array":            uuidBytes,
	} {
		t.Run(name, func(t *testing.T) {
			var u types.UUID
			require.NoError(t, u.Scan(src))
			require.Equal(t, types.UUID(uuidBytes), u)
			var text types.UUIDText
			require.NoError(t, text.Scan(src))
			require.Equal(t, types.UUIDText(uuidBytes), text)
			if s, ok := src.(string); ok {
				require.NoError(t, u.UnmarshalText([]byte(s)))
			}
		})
	}
}

func TestUUIDRefusesWhatIsNone(t *testing.T) {
	for _, src := range []any{
		nil, "", "bad", 12, 1.5, true, time.Now(), []byte{}, uuidBytes[:15], []byte(uuidText[:35]), string(uuidBytes[:]),
		uuidText + " ", " " + uuidText, "{" + uuidText, uuidText + "}", "x" + uuidText + "y", "(" + uuidText + ")",
		"urn:uuid:{" + uuidText + "}", "{urn:uuid:" + uuidText + "}", "urn:uuid:", "{}", strings.Replace(uuidText, "-", "_", 1),
		strings.ReplaceAll(uuidText, "-", "0"), "g" + uuidText[1:], uuidHex[:31] + "-", "ſ" + uuidText[2:],
	} {
		u := types.UUID(uuidBytes)
		require.Error(t, u.Scan(src), "%v", src)
		require.Equal(t, types.UUID(uuidBytes), u, "a failed Scan leaves the value alone")
		text := types.UUIDText(uuidBytes)
		require.Error(t, text.Scan(src), "%v", src)
	}
	_, err := types.ParseUUID(strings.Repeat("x", 1000))
	require.Less(t, len(err.Error()), 100)
}

func TestUUIDGenerators(t *testing.T) {
	v4, v7 := uuid.UUID(types.NewV4()), uuid.UUID(types.NewV7())
	require.EqualValues(t, 4, v4.Version())
	require.EqualValues(t, 7, v7.Version())
	require.Equal(t, uuid.RFC4122, v4.Variant())
	require.Equal(t, uuid.RFC4122, v7.Variant())
	require.NotEqual(t, types.NewV4(), types.NewV4())

	before := time.Now().Add(-time.Millisecond)
	at, ok := types.NewV7().Time()
	require.True(t, ok)
	require.WithinRange(t, at, before, time.Now().Add(time.Millisecond))
	require.Equal(t, time.UTC, at.Location())
	_, ok = types.NewV4().Time()
	require.False(t, ok)
	_, ok = types.UUID{}.Time()
	require.False(t, ok)
	u, err := types.ParseUUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f") // the example of RFC 9562
	require.NoError(t, err)
	at, ok = types.UUIDText(u).Time()
	require.True(t, ok)
	require.Equal(t, "2022-02-22T19:22:22Z", at.Format(time.RFC3339Nano))
}

// The keys of one process sort as they were made, whatever the clock says.
func TestUUIDv7IsMonotonic(t *testing.T) {
	const goroutines, each = 8, 2000
	var mu sync.Mutex
	var last types.UUID
	seen := make(map[types.UUID]bool, goroutines*each)
	var wg sync.WaitGroup
	for range goroutines {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var own types.UUID
			for range each / 2 {
				u := types.NewV7()
				if bytes.Compare(own[:], u[:]) >= 0 {
					t.Error("not increasing within a goroutine")
				}
				own = u
				mu.Lock()
				seen[u] = true
				next := types.NewV7() // no other goroutine is between the two
				if bytes.Compare(last[:], next[:]) >= 0 {
					t.Error("not increasing across goroutines")
				}
				last = next
				seen[next] = true
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	require.Len(t, seen, goroutines*each)
}

// A reader of uuid.SetRand that fails does not reach a caller that has no
// error to look at.
func TestUUIDGeneratorsCannotFail(t *testing.T) {
	uuid.SetRand(strings.NewReader(""))
	defer uuid.SetRand(nil)
	require.NotEqual(t, types.NewV4(), types.NewV4())
	a, b := types.NewV7(), types.NewV7()
	require.Negative(t, bytes.Compare(a[:], b[:]))
}

func TestUUIDMarshals(t *testing.T) {
	type doc struct {
		ID   types.UUID
		Text types.UUIDText
		Ptr  *types.UUID
		By   map[types.UUID]int
		Zero types.UUID `json:",omitzero"`
	}
	in := doc{ID: uuidBytes, Text: uuidBytes, By: map[types.UUID]int{uuidBytes: 1}}
	text, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, `{"ID":"`+uuidText+`","Text":"`+uuidText+`","Ptr":null,"By":{"`+uuidText+`":1}}`, string(text))
	var out doc
	require.NoError(t, json.Unmarshal(text, &out))
	require.Equal(t, in, out)
	require.Error(t, json.Unmarshal([]byte(`{"ID":""}`), &out))
	require.Equal(t, uuidText, fmt.Sprint(in.ID))
	require.True(t, types.UUID{}.IsZero())
	require.True(t, types.UUIDText{}.IsZero())
	require.False(t, in.Text.IsZero())
}

func FuzzUUIDScan(f *testing.F) {
	f.Add([]byte(uuidText))
	f.Add(uuidBytes[:])
	f.Add([]byte("{" + uuidHex + "}"))
	f.Add([]byte("urn:uuid:" + uuidText))
	f.Fuzz(func(t *testing.T, b []byte) {
		var fromBytes, fromText types.UUID
		errBytes, errText := fromBytes.Scan(b), fromText.Scan(string(b))
		if errText == nil {
			// What is a UUID here is the same one to uuid.Parse, which knows all
			// forms but 32 digits in braces or behind urn:uuid:.
			digits := strings.NewReplacer("{", "", "}", "").Replace(strings.ToLower(string(b)))
			u, err := uuid.Parse(strings.TrimPrefix(digits, "urn:uuid:"))
			require.NoError(t, err)
			require.Equal(t, types.UUID(u), fromText)
			require.NoError(t, errBytes)
			require.Equal(t, fromText, fromBytes)
			again, err := types.ParseUUID(fromText.String())
			require.NoError(t, err)
			require.Equal(t, fromText, again)
		} else if len(b) == 16 {
			require.NoError(t, errBytes)
		}
	})
}

// eachUUIDBase runs a test with and without GORM's statement cache.
func eachUUIDBase(t *testing.T, models []any, body func(t *testing.T, db *gorm.DB)) {
	t.Run("plain", func(t *testing.T) { body(t, open(t, models...)) })
	t.Run("PrepareStmt", func(t *testing.T) {
		body(t, open(t, models...).Session(&gorm.Session{PrepareStmt: true}))
	})
}

type uuidDoc struct {
	ID       types.UUID
	Text     types.UUIDText
	Ptr      *types.UUID
	TextPtr  *types.UUIDText
	Null     sql.Null[types.UUID]
	NullText sql.Null[types.UUIDText]
}

func TestUUIDColumns(t *testing.T) {
	eachUUIDBase(t, []any{&uuidDoc{}}, func(t *testing.T, db *gorm.DB) {
		u, text := types.NewV4(), types.UUIDText(types.NewV4())
		full := uuidDoc{Text: text, Ptr: &u, TextPtr: &text, Null: sql.Null[types.UUID]{V: u, Valid: true}, NullText: sql.Null[types.UUIDText]{V: text, Valid: true}}
		empty := uuidDoc{}
		require.NoError(t, db.Create(&[]*uuidDoc{&full, &empty}).Error)
		var got uuidDoc
		require.NoError(t, db.First(&got, full.ID).Error)
		require.Equal(t, full, got)
		got = uuidDoc{}
		require.NoError(t, db.First(&got, "id = ?", empty.ID).Error)
		require.Equal(t, empty, got)

		kinds := map[string]any{}
		require.NoError(t, db.Raw(`SELECT typeof(id) id, length(id) id_len, typeof(text) text, length(text) text_len, typeof(ptr) ptr,
			typeof("null") "null", typeof(null_text) null_text FROM uuid_docs WHERE id = ?`, full.ID).Scan(&kinds).Error)
		require.Equal(t, map[string]any{"id": "blob", "id_len": int64(16), "text": "text", "text_len": int64(36), "ptr": "blob", "null": "blob", "null_text": "text"}, kinds)
		var nulls int64
		require.NoError(t, db.Model(&uuidDoc{}).Where("ptr IS NULL AND text_ptr IS NULL AND \"null\" IS NULL AND null_text IS NULL").Count(&nulls).Error)
		require.EqualValues(t, 1, nulls)

		// A plain value has nothing to say NULL with.
		var values []types.UUID
		require.ErrorContains(t, db.Model(&uuidDoc{}).Pluck("ptr", &values).Error, "sql.Null")
		var null []sql.Null[types.UUID]
		require.NoError(t, db.Model(&uuidDoc{}).Order("ptr").Pluck("ptr", &null).Error)
		require.Equal(t, []sql.Null[types.UUID]{{}, {V: u, Valid: true}}, null)
	})
}

// Each way to a row by its key.
func TestUUIDQueries(t *testing.T) {
	eachUUIDBase(t, []any{&uuidDoc{}}, func(t *testing.T, db *gorm.DB) {
		docs := make([]uuidDoc, 3)
		for i := range docs {
			docs[i].Text = types.UUIDText(types.NewV7())
			u := types.NewV7()
			docs[i].Ptr = &u
		}
		require.NoError(t, db.Create(&docs).Error)
		d, ids := docs[1], []types.UUID{docs[0].ID, docs[2].ID}
		for name, q := range map[string]*gorm.DB{
			"value":              db.Where(d.ID),
			"pointer":            db.Where(&d.ID),
			"struct":             db.Where(&uuidDoc{ID: d.ID}),
			"struct of text":     db.Where(&uuidDoc{Text: d.Text}),
			"struct of pointer":  db.Where(&uuidDoc{Ptr: d.Ptr}),
			"map":                db.Where(map[string]any{"id": d.ID}),
			"map of pointer":     db.Where(map[string]any{"ptr": d.Ptr}),
			"map of text":        db.Where(map[string]any{"text": d.Text}),
			"map of a string":    db.Where(map[string]any{"id": d.ID.String()}),
			"map of a uuid.UUID": db.Where(map[string]any{"id": uuid.UUID(d.ID), "text": uuid.UUID(d.Text)}),
			"column":             db.Where("id", d.ID),
			"column, string":     db.Where("id", d.ID.String()),
			"condition":          db.Where("id = ?", d.ID),
			"named":              db.Where("id = @id", sql.Named("id", d.ID)),
			"eq":                 db.Where(clause.Eq{Column: "id", Value: uuid.UUID(d.ID)}),
			"in":                 db.Where("id IN ?", []types.UUID{d.ID}),
			"slice":              db.Where([]types.UUID{d.ID}),
			"range":              db.Where("id > ? AND id < ?", ids[0], ids[1]),
			"clauses of a range": db.Where(clause.Gt{Column: "id", Value: ids[0].String()}, clause.Lt{Column: "id", Value: ids[1].String()}),
			"not":                db.Not(map[string]any{"id": []types.UUID{ids[0], ids[1]}}),
			"not, strings":       db.Not(map[string]any{"id": []string{ids[0].String(), ids[1].String()}}),
			"or":                 db.Where("1 = 2").Or(map[string]any{"id": d.ID.String()}),
		} {
			t.Run(name, func(t *testing.T) {
				var got []uuidDoc
				require.NoError(t, q.Find(&got).Error)
				require.Equal(t, []uuidDoc{d}, got)
			})
		}
		var got uuidDoc
		require.NoError(t, db.First(&got, d.ID).Error)
		require.Equal(t, d, got)
		got = uuidDoc{ID: d.ID}
		require.NoError(t, db.Take(&got).Error)
		require.Equal(t, d, got)
		var list []uuidDoc
		require.NoError(t, db.Order("id").Find(&list, ids).Error)
		require.Equal(t, []uuidDoc{docs[0], docs[2]}, list)
		require.NoError(t, db.Order("id").Find(&list, "id IN ?", ids).Error)
		require.Len(t, list, 2)
		require.Error(t, db.Where(map[string]any{"id": "no such thing"}).Find(&list).Error)

		long := make([]types.UUID, 40_000)
		for i := range long {
			long[i] = types.NewV4()
		}
		long[39_999] = d.ID
		require.NoError(t, db.Find(&list, long).Error)
		require.Equal(t, []uuidDoc{d}, list)

		var plucked []types.UUID
		require.NoError(t, db.Model(&uuidDoc{}).Order("id").Pluck("id", &plucked).Error)
		require.Equal(t, []types.UUID{docs[0].ID, docs[1].ID, docs[2].ID}, plucked)
		var dto []struct {
			ID   types.UUIDText // the other form
			Text types.UUID
			Ptr  *types.UUIDText
		}
		require.NoError(t, db.Model(&uuidDoc{}).Order("id").Find(&dto).Error)
		require.Equal(t, types.UUIDText(d.ID), dto[1].ID)
		require.Equal(t, types.UUID(d.Text), dto[1].Text)
		require.Equal(t, types.UUIDText(*d.Ptr), *dto[1].Ptr)
		var one types.UUID
		require.NoError(t, db.Raw("SELECT MAX(id) FROM uuid_docs").Row().Scan(&one))
		require.Equal(t, docs[2].ID, one)
		require.Error(t, db.Raw("SELECT MAX(id) FROM uuid_docs").Scan(&one).Error, "GORM takes any array for a list")

		require.EqualValues(t, 1, db.Delete(&uuidDoc{}, d.ID).RowsAffected)
		require.ErrorIs(t, db.First(&got, d.ID).Error, gorm.ErrRecordNotFound)
	})
}

func TestUUIDUpdates(t *testing.T) {
	eachUUIDBase(t, []any{&uuidDoc{}}, func(t *testing.T, db *gorm.DB) {
		d := uuidDoc{}
		require.NoError(t, db.Create(&d).Error)
		u := types.NewV4()
		for name, values := range map[string]map[string]any{
			"values":   {"text": types.UUIDText(u), "ptr": u, "null": u},
			"pointers": {"text": ptrTo(types.UUIDText(u)), "ptr": &u, "null": sql.Null[types.UUID]{V: u, Valid: true}},
			"strings":  {"text": strings.ToUpper(u.String()), "ptr": "{" + u.String() + "}", "null": u},
			"others":   {"text": u, "ptr": types.UUIDText(u), "null": u},
			"foreign":  {"text": uuid.UUID(u), "ptr": uuid.UUID(u), "null": u},
			"bytes":    {"Text": u[:], "Ptr": u[:], "null": u},
			"SQL":      {"text": types.UUIDStr(u), "ptr": types.UUIDBlob(u), "null": u},
		} {
			t.Run(name, func(t *testing.T) {
				require.NoError(t, db.Model(&uuidDoc{}).Where("id = ?", d.ID).Updates(map[string]any{"text": types.UUIDText{}, "ptr": nil, "null": nil}).Error)
				require.NoError(t, db.Model(&uuidDoc{ID: d.ID}).Updates(values).Error)
				var got uuidDoc
				require.NoError(t, db.First(&got, "id = ? AND typeof(ptr) = 'blob' AND typeof(text) = 'text'", d.ID).Error)
				require.Equal(t, uuidDoc{ID: d.ID, Text: types.UUIDText(u), Ptr: &u, Null: sql.Null[types.UUID]{V: u, Valid: true}}, got)
			})
		}
		require.ErrorContains(t, db.Model(&d).Update("ptr", "nonsense").Error, "ptr")
		require.NoError(t, db.Model(&d).Updates(uuidDoc{Text: types.UUIDText(u)}).Error)
		require.NoError(t, db.Model(&d).UpdateColumn("ptr", gorm.Expr("?", u)).Error)
		d.Ptr, d.Null = nil, sql.Null[types.UUID]{}
		require.NoError(t, db.Save(&d).Error)
		var got uuidDoc
		require.NoError(t, db.First(&got, d.ID).Error)
		require.Equal(t, d, got)
	})
}

var uuidPattern = regexp.MustCompile("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

type uuidDefault struct {
	ID   types.UUID     `gorm:"primaryKey;default:(uuid_blob(uuid()))"`
	Text types.UUIDText `gorm:"default:(uuid())"`
	Name string
}

func TestUUIDFunctionsOfSQL(t *testing.T) {
	db := open(t, &uuidDefault{})
	var a, b string
	require.NoError(t, db.Raw("SELECT ?, ?", types.RandomUUID(), types.RandomUUID()).Row().Scan(&a, &b))
	require.Regexp(t, uuidPattern, a)
	require.NotEqual(t, a, b)
	require.NoError(t, db.Raw("SELECT ?", types.UUIDStr(gorm.Expr("?", "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}"))).Row().Scan(&a))
	require.Equal(t, uuidText, a)
	require.NoError(t, db.Raw("SELECT ?", types.UUIDStr(types.UUIDBlob(gorm.Expr("?", uuidText)))).Row().Scan(&a))
	require.Equal(t, uuidText, a)
	var blob []byte
	require.NoError(t, db.Raw("SELECT ?", types.UUIDBlob(types.UUIDText(uuidBytes))).Row().Scan(&blob))
	require.Equal(t, uuidBytes[:], blob)
	require.NoError(t, db.Raw("SELECT ?", types.UUIDStr(uuidBytes[:])).Row().Scan(&a))
	require.Equal(t, uuidText, a)
	for _, bad := range []any{"bad", nil, 12, []byte{0}, "urn:uuid:" + uuidText} {
		var null sql.Null[types.UUID]
		require.NoError(t, db.Raw("SELECT ?", types.UUIDBlob(gorm.Expr("?", bad))).Row().Scan(&null))
		require.False(t, null.Valid)
		require.NoError(t, db.Raw("SELECT ?", types.UUIDStr(gorm.Expr("?", bad))).Row().Scan(&null))
		require.False(t, null.Valid)
	}

	// Rows that the database gives their keys.
	rows := []uuidDefault{{Name: "a"}, {Name: "b", ID: types.NewV7()}, {Name: "c"}}
	explicit := rows[1].ID
	require.NoError(t, db.Create(&rows).Error)
	require.Equal(t, explicit, rows[1].ID)
	for _, i := range []int{0, 2} {
		require.EqualValues(t, 4, uuid.UUID(rows[i].ID).Version())
	}
	require.NotEqual(t, rows[0].ID, rows[2].ID)
	require.NotEqual(t, rows[0].Text, rows[1].Text)
	var got []uuidDefault
	require.NoError(t, db.Order("name").Find(&got).Error)
	require.Equal(t, rows, got)
	require.NoError(t, db.Model(&rows[0]).Where("name = ?", "a").Update("text", types.UUIDStr("id")).Error)
	require.NoError(t, db.First(&got[0], rows[0].ID).Error)
	require.Equal(t, types.UUIDText(rows[0].ID), got[0].Text)

	require.ErrorContains(t, db.Exec("CREATE TABLE g(a, b AS (uuid()))").Error, "non-deterministic")
}

type uuidStrict struct {
	ID       types.UUID
	Text     types.UUIDText
	Null     sql.Null[types.UUIDText]
	ParentID *types.UUID
	Parent   *uuidStrict
	Default  types.UUID `gorm:"default:(uuid_blob(uuid()));uniqueIndex"`
}

// The second run changes nothing, in STRICT tables too.
func TestUUIDMigratesOnce(t *testing.T) {
	for _, options := range []string{"", "STRICT", "STRICT, WITHOUT ROWID"} {
		t.Run(options, func(t *testing.T) {
			db := open(t)
			models := []any{&uuidStrict{}, &uuidDoc{}, &uuidDefault{}, &uuidAuthor{}, &uuidBook{}, &uuidProfile{}, &uuidTag{}}
			require.NoError(t, db.Set("gorm:table_options", options).AutoMigrate(models...))
			plan, err := libsql.Plan(db.Set("gorm:table_options", options), models...)
			require.NoError(t, err)
			require.True(t, plan.Empty(), "%v", plan)
			parent := uuidStrict{}
			require.NoError(t, db.Create(&parent).Error)
			child := uuidStrict{ParentID: &parent.ID}
			require.NoError(t, db.Create(&child).Error)
			require.Error(t, db.Create(&uuidStrict{ParentID: ptrTo(types.NewV7())}).Error, "a foreign key")
			var got uuidStrict
			require.NoError(t, db.Preload("Parent").First(&got, child.ID).Error)
			require.Equal(t, parent.ID, got.Parent.ID)
		})
	}
}

func TestUUIDRandomRoundTrips(t *testing.T) {
	db := open(t, &uuidDoc{})
	var docs []uuidDoc
	for range 500 {
		docs = append(docs, uuidDoc{ID: types.NewV4(), Text: types.UUIDText(types.NewV4())})
	}
	require.NoError(t, db.CreateInBatches(docs, 64).Error)
	slices.SortFunc(docs, func(a, b uuidDoc) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	var got []uuidDoc
	require.NoError(t, db.Order("id").Find(&got).Error)
	require.Equal(t, docs, got)
	slices.SortFunc(docs, func(a, b uuidDoc) int { return bytes.Compare(a.Text[:], b.Text[:]) })
	require.NoError(t, db.Order("text").Find(&got).Error)
	require.Equal(t, docs, got)
}

// With another driver of SQLite and its pool, the type is the same.
func TestUUIDWithDatabaseSQL(t *testing.T) {
	pool, err := sql.Open(libsql.DriverName, dbtest.DSN(t))
	require.NoError(t, err)
	defer pool.Close()
	_, err = pool.Exec("CREATE TABLE t(id BLOB PRIMARY KEY, text TEXT)")
	require.NoError(t, err)
	u := types.NewV7()
	_, err = pool.Exec("INSERT INTO t VALUES (?, ?)", u, types.UUIDText(u))
	require.NoError(t, err)
	var got types.UUID
	var text types.UUIDText
	require.NoError(t, pool.QueryRow("SELECT id, text FROM t WHERE id = ? AND text = ?", u, types.UUIDText(u)).Scan(&got, &text))
	require.Equal(t, u, got)
	require.Equal(t, types.UUIDText(u), text)
}
func ptrTo[T any](v T) *T { return &v }
