// Package kit has models with most of what GORM can declare, rows for them,
// and a way to compare what two dialects read. It links no driver, so that
// programs with different SQLites can share it.
package kit

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Make migrates the models and stores the rows.
func Make(db *gorm.DB) error {
	if err := db.AutoMigrate(All()...); err != nil {
		return err
	}
	var errs []error
	for _, rows := range rows() {
		// One by one: gorm.io/driver/sqlite cannot make rows of which some
		// have a default and some have not.
		errs = append(errs, db.CreateInBatches(rows, 1).Error)
	}
	return errors.Join(append(errs, change(db))...)
}

// Change adds rows to a file that has some, as another program would.
func Change(db *gorm.DB) error {
	return errors.Join(
		db.Create(&Kind{String: "added", Time: moment, Date: moment, Millis: moment, Unix: 1}).Error,
		db.Create(&Default{Name: "added"}).Error,
		db.Create(&Author{Name: "Added", Email: "added@example.com", Books: []Book{{ID: "added", Title: "T", Price: 1}}}).Error,
		db.Model(&Book{}).Where("price > ?", 10).Update("price", gorm.Expr("price + ?", 1)).Error,
		db.Where("sheet = ? AND row = ?", "S", 2).Delete(&Cell{}).Error,
	)
}

// change is what happens to rows after they were made.
func change(db *gorm.DB) error {
	return errors.Join(
		db.Model(&Author{}).Where("name = ?", "Ben").Updates(map[string]any{"active": false, "mentor_id": 1}).Error,
		db.Where("name = ?", "Gone").Delete(&Author{}).Error,
		db.Delete(&Event{}, 2).Error,
		db.Model(&Default{}).Where("id = ?", 3).Updates(map[string]any{"yes": false, "empty": "no more"}).Error,
	)
}

var moment = time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.FixedZone("", 5*3600+1800))

func rows() []any {
	ptr := func(v float64) *float64 { return &v }
	number, text, no := -7, "pointed at", false
	old := time.Date(1850, 6, 1, 12, 0, 0, 0, time.UTC)
	return []any{
		&[]Kind{
			{
				Bool: true, Int: math.MinInt64, Int8: -128, Int16: -32768, Int32: math.MinInt32, Int64: math.MaxInt64,
				Uint: math.MaxInt64, Uint8: 255, Uint16: 65535, Uint32: math.MaxUint32, Float32: 0.1, Float64: -1e-300,
				String: "Zoë 👍 'quoted' \"twice\" `thrice`\n?", Sized: "12", Varchar: "007", Char: "ab", Collated: "MiXed",
				Bytes: []byte{0, 1, 0xfe, 0xff}, SizedBlob: []byte("text in a blob"), Decimal: 99999999.99, Precise: 1.125,
				Double: math.Pi, BigInt: 1 << 53, TinyInt: 1, RealBool: true,
				Time: moment, TimePtr: &old, Date: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), Timestamp: &moment,
				Millis: moment.Truncate(time.Millisecond), IntPtr: &number, StringPtr: &text, BoolPtr: &no,
				NullStr: sql.NullString{String: "", Valid: true}, NullInt: sql.NullInt64{Int64: 5, Valid: true},
				NullFloat: sql.NullFloat64{Float64: 1.5, Valid: true}, NullBool: sql.NullBool{Bool: false, Valid: true},
				NullTime: sql.NullTime{Time: moment.Local(), Valid: true},
				JSON:     map[string]any{"a": []any{1.0, "two", nil}, "ü": true}, Gob: []string{"x", ""},
				Unix: moment.Unix(), Path: Path{"usr", "bin"}, Nested: Nested{X: 1, Y: -2, Label: "in"}, Ignored: "lost",
			},
			{String: "zero"},
			{String: "2024-05-06 07:08:09", Sized: "1.0", Varchar: "1e5", Bytes: []byte{}, Unix: -1},
		},
		&[]Default{{}, {Name: "set", Count: 7, Quote: "q"}, {Yes: true, Made: moment}},
		&[]Author{
			{
				Name: "Anna", Email: "anna@example.com", Age: 44, Active: true,
				Books:  []Book{{ID: "978-3", Title: "Ärger", Price: 1250, Year: 1999}, {ID: "978-4", Title: "B", Price: 5, Year: 2001, Notes: []Note{{Text: "in a book"}}}},
				Topics: []Topic{{Name: "go"}, {Name: "sql"}},
				Notes:  []Note{{Text: "one"}, {Text: "two"}},
			},
			{Name: "Ben", Email: "ben@example.com", Active: true, Topics: []Topic{{Name: "c"}}},
			{Name: "Gone", Email: "gone@example.com", Mentor: &Author{Name: "Mentor", Email: "mentor@example.com"}},
		},
		&[]Cell{{"S", 1, 1, ptr(0.5)}, {"S", 1, 2, nil}, {"S", 2, 1, ptr(math.MaxFloat64)}, {"", 0, 0, ptr(-0.25)}},
		&[]Token{{Order: "asc", Group: "a.b", Dot: "."}, {ID: -5, Order: "", Group: "`"}},
		&[]Event{{}, {CreatedAt: 1, UpdatedAt: 2, Seen: 3}, {}},
		&[]Price{{Amount: 99999999.99}, {Amount: 0.1, Currency: "CHF"}},
	}
}

// Read returns all rows, the soft-deleted ones too, as JSON. The text is the
// same for the same rows, however a dialect shows the zone of a time.
func Read(db *gorm.DB) (string, error) {
	db = db.Unscoped().Session(&gorm.Session{})
	var (
		all struct {
			Kinds    []Kind
			Defaults []Default
			Authors  []Author
			Books    []Book
			Topics   []Topic
			Notes    []Note
			Cells    []Cell
			Tokens   []Token
			Events   []Event
			Prices   []Price
		}
		byID = func(db *gorm.DB) *gorm.DB { return db.Order("id") }
	)
	err := errors.Join(
		db.Order("id").Find(&all.Kinds).Error,
		db.Order("id").Find(&all.Defaults).Error,
		db.Preload("Books", byID).Preload("Topics", byID).Preload("Notes", byID).Preload("Mentor").Order("id").Find(&all.Authors).Error,
		db.Preload("Notes", byID).Order("id").Find(&all.Books).Error,
		db.Order("id").Find(&all.Topics).Error,
		db.Order("id").Find(&all.Notes).Error,
		db.Order("sheet, row, col").Find(&all.Cells).Error,
		db.Order("`token id`").Find(&all.Tokens).Error,
		db.Order("id").Find(&all.Events).Error,
		db.Order("id").Find(&all.Prices).Error,
	)
	if err != nil {
		return "", err
	}
	return JSON(all)
}

// JSON writes v with all times in UTC.
func JSON(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	var plain any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&plain); err != nil {
		return "", err
	}
	text, err = json.MarshalIndent(inUTC(plain), "", " ")
	return string(text), err
}

func inUTC(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = inUTC(v[key])
		}
	case []any:
		for i := range v {
			v[i] = inUTC(v[i])
		}
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return v
}

// Schema is what AutoMigrate may not change in a file of its own models: the
// schema's text and its version, which counts every change.
func Schema(db *gorm.DB) (text []string, version int, err error) {
	err = errors.Join(
		db.Raw("SELECT type || ' ' || name || ' ON ' || tbl_name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1").Scan(&text).Error,
		db.Raw("PRAGMA schema_version").Scan(&version).Error,
	)
	return text, version, err
}

// gorm.io/driver/sqlite writes no space before the columns of an index.
var indexed = regexp.MustCompile("^(CREATE (?:UNIQUE )?INDEX `[^`]*` ON `[^`]*`) ?")

// Normal undoes in the text of a schema what says nothing: that space, and the
// order of constraints, which is up to chance, because GORM keeps them in a
// map.
func Normal(schema []string) []string {
	normal := make([]string, len(schema))
	for i, entry := range schema {
		name, ddl, _ := strings.Cut(entry, ": ")
		ddl = indexed.ReplaceAllString(ddl, "$1")
		parts := strings.Split(strings.TrimSuffix(ddl, ")"), ",CONSTRAINT ")
		slices.Sort(parts[1:])
		normal[i] = name + ": " + strings.Join(parts, ",CONSTRAINT ")
	}
	return normal
}
