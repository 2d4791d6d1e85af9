package types_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

func dec(t testing.TB, s string) types.Decimal {
	t.Helper()
	d, err := types.ParseDecimal(s)
	require.NoError(t, err)
	return d
}

func TestDecimalParsesAndEncodes(t *testing.T) {
	for _, test := range []struct{ in, number, column string }{
		{"0", "0", "a:0"},
		{"-0.00", "0", "a:0"},
		{"0e999999999999999999999", "0", "a:0"},
		{"5", "5", "a:5"},
		{"+5.50", "5.5", "a:5.5"},
		{".5", "0.5", "a:0.5"},
		{"5.", "5", "a:5"},
		{"0.05", "0.05", "a:0.05"},
		{"19.99", "19.99", "b:19.99"},
		{"0019.990", "19.99", "b:19.99"},
		{"1999e-2", "19.99", "b:19.99"},
		{"1.5E3", "1500", "d:1500"},
		{"1e-8", "0.00000001", "a:0.00000001"},
		{"-19.99", "-19.99", "-y80.00:-19.99"},
		{"-1", "-1", "-z8:-1"},
		{"-0.05", "-0.05", "-z9.94:-0.05"},
		{"12345678901234567.12345678", "12345678901234567.12345678", "q:12345678901234567.12345678"},
		{"1e24", "1" + strings.Repeat("0", 24), "y:1" + strings.Repeat("0", 24)},
		{"1e25", "1" + strings.Repeat("0", 25), "z0026:1" + strings.Repeat("0", 25)},
		{"-1e24", "-1" + strings.Repeat("0", 24), "-b8" + strings.Repeat("9", 24) + ":-1" + strings.Repeat("0", 24)},
		{"-1e25", "-1" + strings.Repeat("0", 25), "-a99738" + strings.Repeat("9", 25) + ":-1" + strings.Repeat("0", 25)},
	} {
		d, err := types.ParseDecimal(test.in)
		require.NoError(t, err, test.in)
		require.Equal(t, test.number, d.String(), test.in)
		v, err := d.Value()
		require.NoError(t, err)
		require.Equal(t, test.column, v, test.in)
		var scanned types.Decimal
		require.NoError(t, scanned.Scan(v))
		require.Equal(t, d, scanned)
	}
	require.Equal(t, types.Decimal{}, dec(t, "-0.0"))
}

func TestDecimalRefusesWhatIsNone(t *testing.T) {
	for _, in := range []string{
		"", " ", "+", "-", ".", "e5", ".e5", "1e", "1e+", "1e1.5", "1.2.3", "1,5", " 1", "1 ", "--1", "+-1", "0x10", "1_000", "Inf", "NaN", "١", "1e1e1",
		"1e9999", "1e-10000", "-1e99999999999999999999", "1e-99999999999999999999", strings.Repeat("9", 10_000), "1\x00",
	} {
		_, err := types.ParseDecimal(in)
		require.Error(t, err, in)
		require.Less(t, len(err.Error()), 200)
		d := dec(t, "7")
		require.Error(t, d.Scan(in), in)
		require.Equal(t, "7", d.String())
	}
	tenth := 0.1
	for _, in := range []any{
		nil, true, math.NaN(), math.Inf(1), tenth + 0.2, 12345678901234567.0, 1.0 / 3, struct{}{}, big.NewRat(1, 3),
		// of no Decimal's making
		"b:5", "a:19.99", "a:5.50", "a:+5", "a:0.0", "A:5", ":5", "5:", "a:", "-z8:1", "-z7:-1", "z8:-1", "a:-1", "z0001:5", "-z9:-0", "x a:5", "a:1e1",
	} {
		var d types.Decimal
		require.Error(t, d.Scan(in), "%v", in)
	}
	_, err := types.NewDecimal(big.NewInt(1), 10_000)
	require.Error(t, err)
	_, err = types.NewDecimal(big.NewInt(1), math.MinInt)
	require.Error(t, err)
	_, err = types.DecimalFromRat(big.NewRat(1, 3), 10_000)
	require.Error(t, err)
	_, err = types.DecimalFromRat(big.NewRat(1, 3), -1)
	require.Error(t, err)
}

// What other programs wrote is read exactly or not at all.
func TestDecimalScansWhatOthersWrote(t *testing.T) {
	for _, test := range []struct {
		in   any
		want string
	}{
		{int64(math.MinInt64), "-9223372036854775808"},
		{19.99, "19.99"}, {-0.1, "-0.1"}, {1e21, "1" + strings.Repeat("0", 21)}, {0.0, "0"}, {math.Copysign(0, -1), "0"}, {999999999999999.0, "999999999999999"},
		{float32(0.1), "0.1"}, {uint64(math.MaxUint64), "18446744073709551615"}, {int8(-3), "-3"}, {json.Number("1.50"), "1.5"},
		{"19.990", "19.99"}, {[]byte("b:19.99"), "19.99"}, {[]byte("1e3"), "1000"}, {big.NewInt(7), "7"}, {big.NewRat(-1, 8), "-0.125"}, {dec(t, "2.5"), "2.5"},
	} {
		var d types.Decimal
		require.NoError(t, d.Scan(test.in), "%v", test.in)
		require.Equal(t, test.want, d.String())
	}

	db := open(t)
	require.NoError(t, db.Exec(`CREATE TABLE t(id INTEGER PRIMARY KEY, n DECIMAL(20,8), r REAL, x TEXT)`).Error)
	require.NoError(t, db.Exec(`INSERT INTO t VALUES (1, 19.99, 19.99, '19.990'), (2, 20, 20, 20), (3, '12345678901234567.12345678', 0.1 + 0.2, 0.1), (4, NULL, NULL, NULL)`).Error)
	type row struct{ N, R, X *types.Decimal }
	var got []row
	require.NoError(t, db.Raw("SELECT n, r, x FROM t WHERE id IN (1, 2, 4) ORDER BY id").Scan(&got).Error)
	require.Equal(t, "19.99 19.99 19.99", fmt.Sprint(got[0].N, got[0].R, got[0].X))
	require.Equal(t, "20 20 20", fmt.Sprint(got[1].N, got[1].R, got[1].X))
	require.Equal(t, row{}, got[2])
	// Rounded when it was written: SQLite has an integer there.
	require.NoError(t, db.Raw("SELECT n FROM t WHERE id = 3").Scan(&got).Error)
	require.Equal(t, "12345678901234568", got[0].N.String())
	require.ErrorContains(t, db.Raw("SELECT r FROM t WHERE id = 3").Scan(&got).Error, "15 digits")
}

func TestDecimalInGo(t *testing.T) {
	d := dec(t, "19.9")
	require.Equal(t, "19.90", d.StringFixed(2))
	require.Equal(t, "20", d.StringFixed(0))
	require.Equal(t, "20", d.StringFixed(-1))
	require.Equal(t, "-0.13", dec(t, "-0.125").StringFixed(2))
	n, scale := d.Unscaled()
	require.Equal(t, "199 1", fmt.Sprint(n, scale))
	n, scale = types.Decimal{}.Unscaled()
	require.Equal(t, "0 0", fmt.Sprint(n, scale))
	again, err := types.NewDecimal(big.NewInt(-199), 1)
	require.NoError(t, err)
	require.Equal(t, "-19.9", again.String())
	third, err := types.DecimalFromRat(big.NewRat(2, 3), 4)
	require.NoError(t, err)
	require.Equal(t, "0.6667", third.String())
	sum := new(big.Rat).Add(d.Rat(), third.Rat())
	require.Equal(t, "20.5667", sum.FloatString(4))
	require.Equal(t, "-42", types.DecimalFromInt(-42).String())
	require.Equal(t, []int{-1, 0, 1}, []int{again.Sign(), types.Decimal{}.Sign(), d.Sign()})
	require.True(t, dec(t, "0.00").IsZero())
	require.Equal(t, dec(t, "1.5"), dec(t, "1.50"))
	require.Equal(t, 1, map[types.Decimal]int{dec(t, "2"): 1}[types.DecimalFromInt(2)])

	type doc struct {
		D types.Decimal
		P *types.Decimal
		Z types.Decimal `json:",omitzero"`
	}
	text, err := json.Marshal(doc{D: d})
	require.NoError(t, err)
	require.Equal(t, `{"D":"19.9","P":null}`, string(text))
	var in doc
	require.NoError(t, json.Unmarshal([]byte(`{"D":12345678901234567.123456780,"P":"\u0031.5e1","Z":null}`), &in))
	require.Equal(t, "12345678901234567.12345678 15 0", fmt.Sprint(in.D, in.P, in.Z))
	for _, bad := range []string{`{"D":true}`, `{"D":"x"}`, `{"D":{}}`, `{"D":"a:5"}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &in), bad)
	}
}

func randomDecimal(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(2) == 0 {
		b.WriteByte('-')
	}
	for range r.IntN([]int{1, 3, 8, 30}[r.IntN(4)] + 1) {
		b.WriteByte(byte('0' + r.IntN(10)))
	}
	b.WriteByte('0' + byte(r.IntN(3)))
	if r.IntN(3) > 0 {
		b.WriteByte('.')
		for range r.IntN([]int{1, 3, 12, 30}[r.IntN(4)]) + 1 {
			b.WriteByte("0123456789"[r.IntN(10)])
		}
	}
	return b.String()
}

// The order of the texts is the order of the numbers, by math/big.
func TestDecimalOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var all []types.Decimal
	for range 3000 {
		all = append(all, dec(t, randomDecimal(r)))
	}
	for _, s := range []string{"1e9998", "-1e9998", "1e-9999", "-1e-9999", "9e24", "1e25", "1e26", "-9e24", "-1e25", "-1e26", "0", "1", "-1", "1.1", "-1.1", "10", "9.99"} {
		all = append(all, dec(t, s))
	}
	for range 50_000 {
		a, b := all[r.IntN(len(all))], all[r.IntN(len(all))]
		if got, want := a.Cmp(b), a.Rat().Cmp(b.Rat()); got != want {
			t.Fatalf("%s with %s: %d, not %d", a, b, got, want)
		}
	}
	for _, d := range all {
		again, err := types.NewDecimal(d.Unscaled())
		require.NoError(t, err)
		require.Equal(t, d, again)
		fromRat, err := types.DecimalFromRat(d.Rat(), 9999)
		require.NoError(t, err)
		require.Equal(t, d, fromRat)
	}
}

func FuzzDecimalScan(f *testing.F) {
	for _, s := range []string{"0", "-1.5e-8", "b:19.99", "-y80.00:-19.99", "z0026:10000000000000000000000000", "1e9998", "a:5.50", "0E10000000000000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var d types.Decimal
		if d.Scan(s) != nil {
			return
		}
		require.LessOrEqual(t, len(d.String()), 2*types.MaxDecimalDigits+3)
		v, _ := d.Value()
		var again types.Decimal
		require.NoError(t, again.Scan(v))
		require.Equal(t, d, again)
		if !strings.Contains(s, ":") {
			want, ok := new(big.Rat).SetString(s)
			require.True(t, ok || d.IsZero()) // big.Rat reads no exponent of 0e10000000000000000000
			require.True(t, !ok || want.Cmp(d.Rat()) == 0)
		}
	})
}

func FuzzDecimalOrder(f *testing.F) {
	f.Add("19.99", "-19.9")
	f.Add("1e25", "1e24")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, errX := types.ParseDecimal(a)
		y, errY := types.ParseDecimal(b)
		if errX == nil && errY == nil {
			require.Equal(t, x.Rat().Cmp(y.Rat()), x.Cmp(y))
		}
	})
}

type decimalItem struct {
	ID      uint
	Price   types.Decimal           `gorm:"index"`
	Rebate  *types.Decimal          `gorm:"type:decimal(20,8)"`
	Tax     sql.Null[types.Decimal] `gorm:"default:null"`
	Default types.Decimal           `gorm:"default:2.50"`
	Name    string
}

func decimals(t testing.TB, all ...string) (list []types.Decimal) {
	for _, s := range all {
		list = append(list, dec(t, s))
	}
	return list
}

func TestDecimalColumns(t *testing.T) {
	eachUUIDBase(t, []any{&decimalItem{}}, func(t *testing.T, db *gorm.DB) {
		rebate := dec(t, "-0.00000001")
		full := decimalItem{Price: dec(t, "12345678901234567.12345678"), Rebate: &rebate, Tax: sql.Null[types.Decimal]{V: rebate, Valid: true}, Default: dec(t, "7")}
		empty := decimalItem{}
		require.NoError(t, db.Create(&[]*decimalItem{&full, &empty}).Error)
		require.Equal(t, "2.5", empty.Default.String())
		var got []decimalItem
		require.NoError(t, db.Order("id").Find(&got).Error)
		require.Equal(t, []decimalItem{full, empty}, got)
		var one types.Decimal
		require.NoError(t, db.Raw("SELECT MAX(price) FROM decimal_items").Scan(&one).Error)
		require.Equal(t, full.Price, one)
		require.NoError(t, db.Exec("INSERT INTO decimal_items(price) VALUES ('a:1')").Error)
		var byDefault decimalItem
		require.NoError(t, db.Last(&byDefault).Error)
		require.Equal(t, "2.5", byDefault.Default.String())

		type dto struct {
			Price  string
			Rebate sql.Null[types.Decimal]
		}
		var d dto
		require.NoError(t, db.Model(&decimalItem{}).First(&d, full.ID).Error)
		require.Equal(t, dto{"q:12345678901234567.12345678", full.Tax}, d)
		var null []sql.Null[types.Decimal]
		require.NoError(t, db.Model(&decimalItem{}).Order("id").Pluck("rebate", &null).Error)
		require.Equal(t, []sql.Null[types.Decimal]{full.Tax, {}, {}}, null)
		var values []types.Decimal
		require.ErrorContains(t, db.Model(&decimalItem{}).Pluck("rebate", &values).Error, "sql.Null")
	})
}

func TestDecimalOrdersAndCompares(t *testing.T) {
	eachUUIDBase(t, []any{&decimalItem{}}, func(t *testing.T, db *gorm.DB) {
		want := decimals(t, "-1e26", "-123.4", "-19.99", "-19.9", "-2", "-0.5", "-0.05", "0", "0.05", "0.5", "2", "9.5", "10", "19.9", "19.99", "123.4", "1e26")
		items := make([]decimalItem, len(want))
		for i, at := range rand.Perm(len(want)) {
			items[i].Price = want[at]
		}
		require.NoError(t, db.CreateInBatches(&items, 5).Error)
		pluck := func(q *gorm.DB) (got []types.Decimal) {
			require.NoError(t, q.Model(&decimalItem{}).Order("price").Pluck("price", &got).Error)
			return got
		}
		require.Equal(t, want, pluck(db))
		between := want[3:14]
		for name, q := range map[string]*gorm.DB{
			"BETWEEN":         db.Where("price BETWEEN ? AND ?", between[0], between[10]),
			"pointers":        db.Where("price >= ? AND price <= ?", &between[0], &between[10]),
			"clauses":         db.Where(clause.Gte{Column: "price", Value: "-19.90"}, clause.Lte{Column: "price", Value: json.Number("19.9")}),
			"clauses, others": db.Where(clause.Gt{Column: "price", Value: -19.91}, clause.Lt{Column: clause.Column{Table: clause.CurrentTable, Name: "price"}, Value: 19.99}),
		} {
			t.Run(name, func(t *testing.T) { require.Equal(t, between, pluck(q)) })
		}
		ten := decimals(t, "10")
		for name, q := range map[string]*gorm.DB{
			"struct":        db.Where(&decimalItem{Price: ten[0]}),
			"map":           db.Where(map[string]any{"price": ten[0]}),
			"map, int":      db.Where(map[string]any{"price": 10}),
			"map, float":    db.Where(map[string]any{"Price": 10.0}),
			"map, string":   db.Where(map[string]any{"price": "10.00"}),
			"map, *big.Int": db.Where(map[string]any{"price": big.NewInt(10)}),
			"map, pointer":  db.Where(map[string]any{"price": &ten[0]}),
			"map, list":     db.Where(map[string]any{"price": []any{10, "10.0"}}),
			"map, decimals": db.Where(map[string]any{"price": ten}),
			"column":        db.Where("price", 10),
			"IN":            db.Where("price IN ?", ten),
		} {
			t.Run(name, func(t *testing.T) { require.Equal(t, ten, pluck(q)) })
		}
		require.Error(t, db.Where(map[string]any{"price": "ten"}).Find(&items).Error)

		plan := func(q func(tx *gorm.DB) *gorm.DB) string {
			var steps []struct{ Detail string }
			require.NoError(t, db.Raw("EXPLAIN QUERY PLAN "+db.ToSQL(q)).Scan(&steps).Error)
			return fmt.Sprint(steps)
		}
		require.Contains(t, plan(func(tx *gorm.DB) *gorm.DB {
			return tx.Where("price > ? AND price < ?", ten[0], between[10]).Order("price").Find(&items)
		}), "SEARCH decimal_items USING INDEX idx_decimal_items_price (price>? AND price<?)")
		require.NotContains(t, plan(func(tx *gorm.DB) *gorm.DB { return tx.Order("price").Find(&items) }), "TEMP B-TREE")

		// What stands behind the colon is the number, for every SQLite.
		var texts []string
		require.NoError(t, db.Model(&decimalItem{}).Order("price").Pluck("substr(price, instr(price, ':') + 1)", &texts).Error)
		for i, d := range want {
			require.Equal(t, d.String(), texts[i])
		}
	})
}

func TestDecimalUpdates(t *testing.T) {
	eachUUIDBase(t, []any{&decimalItem{}}, func(t *testing.T, db *gorm.DB) {
		item := decimalItem{Price: dec(t, "1")}
		require.NoError(t, db.Create(&item).Error)
		d := dec(t, "19.99")
		for name, values := range map[string]any{
			"values":   map[string]any{"price": d, "rebate": d, "tax": d},
			"pointers": map[string]any{"Price": &d, "Rebate": &d, "Tax": &d},
			"numbers":  map[string]any{"price": 19.99, "rebate": "19.990", "tax": sql.Null[types.Decimal]{V: d, Valid: true}},
			"others":   map[string]any{"price": big.NewRat(1999, 100), "rebate": json.Number("1999e-2"), "tax": d},
			"struct":   decimalItem{Price: d, Rebate: &d, Tax: sql.Null[types.Decimal]{V: d, Valid: true}},
		} {
			t.Run(name, func(t *testing.T) {
				require.NoError(t, db.Model(&decimalItem{}).Where("id = ?", item.ID).Updates(map[string]any{"price": 0, "rebate": nil, "tax": nil}).Error)
				require.NoError(t, db.Model(&decimalItem{ID: item.ID}).Updates(values).Error)
				var got decimalItem
				require.NoError(t, db.First(&got, "id = ? AND price = ? AND rebate = price AND tax = price", item.ID, d).Error)
				require.Equal(t, "19.99 19.99 19.99", fmt.Sprint(got.Price, got.Rebate, got.Tax.V))
			})
		}
		require.ErrorContains(t, db.Model(&item).Update("price", 1.0/3).Error, "price")
		require.ErrorContains(t, db.Model(&item).Update("price", "x").Error, "price")
		require.NoError(t, db.Model(&decimalItem{}).Create([]map[string]any{{"price": 5, "name": "m"}, {"price": "5.0", "name": "m", "default": 9}}).Error)
		var n int64
		require.NoError(t, db.Model(&decimalItem{}).Where("price", 5).Count(&n).Error)
		require.EqualValues(t, 2, n)

		// SQL of others is held to the form.
		for _, text := range []string{"19.99", "'19.99'", "-5", "1e300", "'x'", "''", "x'00'"} {
			require.ErrorContains(t, db.Exec("UPDATE decimal_items SET price = "+text).Error, "CHECK", text)
		}
	})
}

type decimalRate struct {
	Percent  types.Decimal `gorm:"primaryKey"`
	Name     string
	Invoices []decimalInvoice `gorm:"foreignKey:RatePercent"`
}

type decimalInvoice struct {
	Number      types.Decimal `gorm:"primaryKey;size:40"`
	RatePercent types.Decimal
	Rate        *decimalRate `gorm:"foreignKey:RatePercent"`
}

func TestDecimalKeys(t *testing.T) {
	eachUUIDBase(t, []any{&decimalRate{}, &decimalInvoice{}}, func(t *testing.T, db *gorm.DB) {
		r := decimalRate{Percent: dec(t, "7.50"), Name: "a", Invoices: []decimalInvoice{{Number: dec(t, "1e20")}, {Number: dec(t, "2e20")}}}
		require.NoError(t, db.Create(&r).Error)
		var got decimalRate
		require.NoError(t, db.Preload("Invoices").First(&got, dec(t, "7.5")).Error)
		require.Equal(t, r, got)
		require.NoError(t, db.First(&got, "percent = ?", dec(t, "7.5")).Error)
		require.Error(t, db.Create(&decimalInvoice{Number: dec(t, "3"), RatePercent: dec(t, "8")}).Error)
		up := decimalRate{Percent: dec(t, "7.500"), Name: "b"}
		require.NoError(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&up).Error)
		require.NoError(t, db.Create(&decimalRate{Percent: dec(t, "3")}).Error)
		require.NoError(t, db.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "percent"}}, DoUpdates: clause.Assignments(map[string]any{"percent": "7.75"}),
		}).Create(&[]decimalRate{{Percent: dec(t, "3")}, {Percent: dec(t, "9")}}).Error)
		require.ErrorIs(t, db.First(&decimalRate{}, dec(t, "3")).Error, gorm.ErrRecordNotFound)
		require.NoError(t, db.First(&decimalRate{}, dec(t, "7.75")).Error)
	})
}

func TestDecimalWithGenerics(t *testing.T) {
	db := open(t, &decimalItem{})
	ctx := context.Background()
	item := decimalItem{Price: dec(t, "5.5")}
	require.NoError(t, gorm.G[decimalItem](db).Create(ctx, &item))
	got, err := gorm.G[decimalItem](db).Where("price > ?", dec(t, "5")).First(ctx)
	require.NoError(t, err)
	require.Equal(t, item.Price, got.Price)
	_, err = gorm.G[decimalItem](db).Where("id = ?", item.ID).Update(ctx, "price", 6)
	require.NoError(t, err)
	var firstOrCreate decimalItem
	require.NoError(t, db.Where(map[string]any{"price": "6.0"}).FirstOrCreate(&firstOrCreate).Error)
	require.Equal(t, item.ID, firstOrCreate.ID)
	require.NoError(t, db.Where(map[string]any{"price": "7.0"}).FirstOrCreate(&decimalItem{}).Error)
}

func TestDecimalMigratesOnce(t *testing.T) {
	for _, options := range []string{"", "STRICT"} {
		t.Run(options, func(t *testing.T) {
			db := open(t)
			models := []any{&decimalItem{}, &decimalRate{}, &decimalInvoice{}}
			require.NoError(t, db.Set("gorm:table_options", options).AutoMigrate(models...))
			plan, err := libsql.Plan(db.Set("gorm:table_options", options), models...)
			require.NoError(t, err)
			require.True(t, plan.Empty(), "%v", plan)
			var column string
			require.NoError(t, db.Raw("SELECT type FROM pragma_table_info('decimal_items') WHERE name = 'rebate'").Scan(&column).Error)
			require.Equal(t, "text", strings.ToLower(column))
			require.NoError(t, db.Create(&decimalItem{Price: dec(t, "1")}).Error)
		})
	}
}

func TestDecimalSumAndAverage(t *testing.T) {
	eachUUIDBase(t, []any{&decimalItem{}}, func(t *testing.T, db *gorm.DB) {
		type result struct {
			Name  string
			Total *types.Decimal
			Mean  *types.Decimal
		}
		sums := func(q *gorm.DB) (got result) {
			require.NoError(t, q.Model(&decimalItem{}).Select("? AS total, ? AS mean", types.DecimalSum("price"), types.DecimalAvg("price", 4)).Scan(&got).Error)
			return got
		}
		require.Equal(t, result{}, sums(db), "of nothing")
		for _, test := range []struct {
			prices      []string
			total, mean string
		}{
			{[]string{"0.1", "0.2"}, "0.3", "0.15"},
			{[]string{"1e30", "1e-30", "-1e30"}, "0.000000000000000000000000000001", "0"},
			{[]string{"-19.99", "-0.01"}, "-20", "-10"},
			{[]string{"1", "1", "0"}, "2", "0.6667"},
			{[]string{"-1", "-1", "0"}, "-2", "-0.6667"},
			{[]string{"0.0001", "0"}, "0.0001", "0.0001"},
			{[]string{"-0.0001", "0"}, "-0.0001", "-0.0001"},
			{[]string{"5", "-5"}, "0", "0"},
			{[]string{"999999999", "1"}, "1000000000", "500000000"},
			{[]string{"0.999999999", "0.000000001"}, "1", "0.5"},
			{[]string{"99999.99999", "99999.99999"}, "199999.99998", "100000"},
			{[]string{"1e9998", "-1e-9999"}, strings.Repeat("9", 9998) + "." + strings.Repeat("9", 9999), "5" + strings.Repeat("0", 9998-1+1)},
		} {
			require.NoError(t, db.Where("1 = 1").Delete(&decimalItem{}).Error)
			for _, p := range test.prices {
				require.NoError(t, db.Create(&decimalItem{Price: dec(t, p)}).Error)
			}
			got := sums(db)
			require.Equal(t, dec(t, test.total), *got.Total, test.prices)
			if len(test.total) < 100 {
				require.Equal(t, dec(t, test.mean), *got.Mean, test.prices)
			}
		}
		require.NoError(t, db.Create(&decimalItem{Price: dec(t, "9e9998")}).Error)
		require.NoError(t, db.Create(&decimalItem{Price: dec(t, "9e9998")}).Error)
		var d types.Decimal
		require.ErrorContains(t, db.Model(&decimalItem{}).Select("?", types.DecimalSum("price")).Row().Scan(&d), "9999 digits")

		require.NoError(t, db.Where("1 = 1").Delete(&decimalItem{}).Error)
		require.NoError(t, db.Create([]decimalItem{
			{Name: "a", Price: dec(t, "9.5")}, {Name: "b", Price: dec(t, "-100")}, {Name: "a", Price: dec(t, "0.6")}, {Name: "c", Price: dec(t, "10")}, {Name: "b"},
		}).Error)
		var got []result
		require.NoError(t, db.Model(&decimalItem{}).Select("name, ? AS total", types.DecimalSum("price")).Group("name").
			Having("? < ?", types.DecimalSum("price"), dec(t, "10.1")).Order("total DESC").Find(&got).Error)
		require.Len(t, got, 2)
		require.Equal(t, "c 10", fmt.Sprint(got[0].Name, " ", got[0].Total))
		require.Equal(t, "b -100", fmt.Sprint(got[1].Name, " ", got[1].Total))
		var running []types.Decimal
		require.NoError(t, db.Model(&decimalItem{}).Order("id").Pluck("sum_decimal(price) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", &running).Error)
		require.Equal(t, decimals(t, "9.5", "-90.5", "-99.4", "10.6", "10"), running)
		require.NoError(t, db.Model(&decimalItem{}).Order("id").Pluck("avg_decimal(price, 1) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", &running).Error)
		require.Equal(t, decimals(t, "9.5", "-45.3", "-49.7", "5.3", "5"), running)
		require.NoError(t, db.Raw("SELECT ?", types.DecimalSum(gorm.Expr("as_decimal(?)", 1.5))).Row().Scan(&d))
		require.Equal(t, "1.5", d.String())
		for _, scale := range []any{-1, 10_000, "2", nil} {
			require.Error(t, db.Raw("SELECT avg_decimal(1, ?)", scale).Row().Scan(&d))
		}
		// No file may need what only this driver has.
		for _, text := range []string{
			"CREATE INDEX bad ON decimal_items(as_decimal(price))", "CREATE TABLE bad(a, b AS (as_decimal(a)))",
		} {
			require.Error(t, db.Exec(text).Error, text)
		}
		require.NoError(t, db.Exec("CREATE VIEW bad AS SELECT sum_decimal(price) FROM decimal_items").Error)
		require.Error(t, db.Raw("SELECT * FROM bad").Row().Scan(&d))
		require.NoError(t, db.Exec("DROP VIEW bad").Error)
	})
}

// C and Go say the same of every number.
func TestDecimalFunctionsAgreeWithGo(t *testing.T) {
	db := open(t)
	tenth := 0.1
	for _, v := range []any{
		"", " 1", "1 ", "x", "1e", "e1", "1e1.5", "1.2.3", "+", "-", ".", "--1", "5.", ".5", "+5", "-0", "0e99999999999", "1e9999", "1e9998", "1e-9999", "1e-10000",
		"1e99999999999999999999", "1e-99999999999999999999", "b:5", "a:5", "a:5.0", "-z8:1", "-z8:-1", "a:+5", "a:1e0", "a:-1", "A:1", ":1", "1:", "-z9:-0", "z0026:1", "a:0", "1e25", "-1e25",
		int64(math.MinInt64), int64(math.MaxInt64), 0, 0.1, tenth + 0.2, 1e300, -1e-300, 1e15, 123456789012345678.0, 19.99, math.Inf(1), []byte("19.990"), []byte{0xff},
	} {
		requireSame(t, db, v)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		s := randomDecimal(r)
		requireSame(t, db, s)
		requireSame(t, db, s+"e"+strconv.Itoa(r.IntN(60)-30))
		v, _ := dec(t, s).Value()
		requireSame(t, db, v)
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			requireSame(t, db, f)
		}
		requireSame(t, db, int64(r.Uint64()))
	}
	for range 100 {
		total, n := new(big.Rat), r.IntN(50)+1
		var texts []string
		for range n {
			d := dec(t, randomDecimal(r))
			total.Add(total, d.Rat())
			texts = append(texts, d.String())
		}
		list, err := json.Marshal(texts)
		require.NoError(t, err)
		scale := r.IntN(40)
		var sum, mean types.Decimal
		require.NoError(t, db.Raw("SELECT sum_decimal(value), avg_decimal(value, ?) FROM json_each(?)", scale, string(list)).Row().Scan(&sum, &mean))
		require.Zero(t, total.Cmp(sum.Rat()), texts)
		want, err := types.DecimalFromRat(total.Quo(total, big.NewRat(int64(n), 1)), scale)
		require.NoError(t, err)
		require.Equal(t, want, mean, texts)
	}
}

func requireSame(t *testing.T, db *gorm.DB, v any) {
	t.Helper()
	want, errGo := types.Decimal{}.ColumnValue(nil, v)
	var got string
	errC := db.Raw("SELECT ?", types.AsDecimal(gorm.Expr("?", v))).Row().Scan(&got)
	if errGo != nil {
		require.Error(t, errC, "%v", v)
		return
	}
	require.NoError(t, errC, "%v", v)
	require.Equal(t, want, got, "%v", v)
}

func TestDecimalRandomRoundTrips(t *testing.T) {
	db := open(t, &decimalItem{})
	r := rand.New(rand.NewPCG(3, 4))
	var items []decimalItem
	var want []types.Decimal
	for i := range 1000 {
		d := dec(t, randomDecimal(r))
		want = append(want, d)
		items = append(items, decimalItem{Price: d, Rebate: &d, Name: strconv.Itoa(i)})
	}
	require.NoError(t, db.Create(&items).Error)
	slices.SortFunc(want, types.Decimal.Cmp)
	var got []types.Decimal
	require.NoError(t, db.Model(&decimalItem{}).Order("price").Pluck("price", &got).Error)
	require.Equal(t, want, got)
	require.NoError(t, db.Model(&decimalItem{}).Order("rebate").Pluck("rebate", &got).Error)
	require.Equal(t, want, got)
}
