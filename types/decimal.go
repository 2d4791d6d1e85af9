package types

import (
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Decimal is an exact decimal number, as for money: up to [MaxDecimalDigits]
// digits before the point and as many after it. The zero value is 0. Decimals
// are values: == compares them, and they are keys of maps. Trailing zeros are
// not kept: 1.50 is 1.5. Arithmetic is that of [math/big], see [Decimal.Rat] and
// [NewDecimal], or of any package that reads and writes decimals as text.
//
// The column is a TEXT whose order is that of the numbers, in ORDER BY, MIN and
// MAX, comparisons, indexes and ranges, in any SQLite. It holds
//
//	the number of digits before the point as a letter, a colon, the number
//
// so that 0 is a:0, 5.5 is a:5.5, 19.99 is b:19.99 and 123 is c:123. A number
// of 26 digits and more before the point has z and their number in four digits,
// as z0026. Of a negative number the key before the colon ends the order, so it
// has all of it, mirrored: -19.99 is -y80.00:-19.99. In SQL the number is what
// stands behind the colon:
//
//	substr(price, instr(price, ':') + 1)
//
// SUM and AVG of SQLite take such a text for 0: use [DecimalSum] and
// [DecimalAvg]. In conditions of raw SQL give a Decimal and no other number
// ("price > ?", d): SQLite compares others by their text. In maps, struct
// conditions and clause expressions, the dialect converts other numbers.
//
// A column that may be NULL is a *Decimal or a sql.Null[Decimal]. A column that
// AutoMigrate makes has a CHECK that refuses numbers in any other form; the
// column is text even where the tag says `type:decimal(20,8)`, for SQLite would
// round there. The check needs a field of type Decimal or *Decimal.
type Decimal struct {
	enc string // what the column has; nothing for zero
}

// MaxDecimalDigits is how many digits a [Decimal] has at most before the point,
// and after it. More is an error.
const MaxDecimalDigits = 9999

var (
	_ sql.Scanner                  = (*Decimal)(nil)
	_ driver.Valuer                = Decimal{}
	_ encoding.TextMarshaler       = Decimal{}
	_ encoding.TextUnmarshaler     = (*Decimal)(nil)
	_ json.Unmarshaler             = (*Decimal)(nil)
	_ schema.GormDataTypeInterface = Decimal{}
)

var errNullDecimal = errors.New("libsql: NULL is no decimal: scan into a pointer to a Decimal, or into a sql.Null of it")

// ParseDecimal reads a number such as 19.99, -5, +.5 or 1.5e-8, exactly. It takes
// no spaces and no separators of digits.
func ParseDecimal(s string) (Decimal, error) {
	negative, whole, fraction, err := splitDecimal(s)
	if err != nil {
		return Decimal{}, err
	}
	return Decimal{encodeDecimal(negative, whole, fraction)}, nil
}

// NewDecimal returns unscaled × 10^-scale: NewDecimal(big.NewInt(1999), 2) is
// 19.99. It is an error beyond [MaxDecimalDigits].
func NewDecimal(unscaled *big.Int, scale int) (Decimal, error) {
	return ParseDecimal(unscaled.String() + "e" + strconv.Itoa(-scale))
}

// DecimalFromInt returns a whole number.
func DecimalFromInt(n int64) Decimal {
	d, _ := ParseDecimal(strconv.FormatInt(n, 10))
	return d
}

// DecimalFromRat returns a fraction rounded to a number of digits after the
// point, halves away from zero. It is an error beyond [MaxDecimalDigits].
func DecimalFromRat(r *big.Rat, scale int) (Decimal, error) {
	if scale < 0 || scale > MaxDecimalDigits {
		return Decimal{}, errDecimalDigits
	}
	return ParseDecimal(r.FloatString(scale))
}

// String returns the number without exponent: -0.05, 19.99, 120.
func (d Decimal) String() string {
	enc := d.encoded()
	return enc[strings.LastIndexByte(enc, ':')+1:]
}

// StringFixed returns the number with just as many digits after the point,
// rounded if need be, halves away from zero: 19.90 for 19.9 and a scale of 2.
func (d Decimal) StringFixed(scale int) string { return d.Rat().FloatString(max(0, scale)) }

// Rat returns the number as a fraction.
func (d Decimal) Rat() *big.Rat {
	r, _ := new(big.Rat).SetString(d.String())
	return r
}

// Unscaled returns the number as an integer and the digits after the point:
// 1999 and 2 for 19.99.
func (d Decimal) Unscaled() (unscaled *big.Int, scale int) {
	whole, fraction, _ := strings.Cut(d.String(), ".")
	unscaled, _ = new(big.Int).SetString(whole+fraction, 10)
	return unscaled, len(fraction)
}

// Cmp returns -1 if d is less than x, 0 if they are equal, and 1 otherwise.
func (d Decimal) Cmp(x Decimal) int { return strings.Compare(d.encoded(), x.encoded()) }

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int { return d.Cmp(Decimal{}) }

// IsZero tells 0.
func (d Decimal) IsZero() bool { return d == Decimal{} }

// MarshalText implements [encoding.TextMarshaler]: see [Decimal.String]. For
// encoding/json it is a string, because other languages read a JSON number as a
// float.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]: see [ParseDecimal].
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDecimal(string(text))
	return err
}

// UnmarshalJSON implements [json.Unmarshaler]. It takes a string and a number,
// of which it keeps every digit.
func (d *Decimal) UnmarshalJSON(text []byte) error {
	s := string(text)
	if s == "null" {
		return nil
	}
	if s != "" && s[0] == '"' {
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
	}
	return d.UnmarshalText([]byte(s))
}

// Scan implements [sql.Scanner]. It takes the text of a Decimal column, and what
// other programs write, if no digit of it was lost: decimal texts, integers, and
// floats of at most 15 digits, which a float holds exactly. A float of more
// digits is an error, for it may have been rounded; so is NULL (only a field of a
// struct GORM leaves as it is at a NULL, without asking).
func (d *Decimal) Scan(src any) error {
	v, err := decimalOf(src)
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// Value implements [driver.Valuer]: the text of the column.
func (d Decimal) Value() (driver.Value, error) { return d.encoded(), nil }

// ColumnValue is a number of any type in the form of the column. By it the
// dialect stores and compares other numbers, such as an int in a map.
func (Decimal) ColumnValue(_ *schema.Field, v any) (any, error) {
	switch v.(type) {
	case Decimal, *Decimal:
		return v, nil
	}
	d, err := decimalOf(v)
	if err != nil {
		return nil, err
	}
	return d.Value()
}

// decimalOf reads what a column or a map may hold.
func decimalOf(src any) (Decimal, error) {
	switch v := src.(type) {
	case string:
		return decodeDecimal(v)
	case []byte:
		return decodeDecimal(string(v))
	case int64:
		return DecimalFromInt(v), nil
	case float64:
		return decimalOfFloat(v)
	case Decimal:
		return v, nil
	case *big.Int:
		return NewDecimal(v, 0)
	case *big.Rat:
		n, exact := v.FloatPrec()
		if !exact || n > MaxDecimalDigits {
			return Decimal{}, fmt.Errorf("libsql: the fraction %.60s has no exact decimal", v)
		}
		return ParseDecimal(v.FloatString(n))
	case nil:
		return Decimal{}, errNullDecimal
	}
	switch v := reflect.ValueOf(src); v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return DecimalFromInt(v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return ParseDecimal(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32:
		return ParseDecimal(strconv.FormatFloat(v.Float(), 'e', -1, 32))
	case reflect.Float64:
		return decimalOfFloat(v.Float())
	case reflect.String: // json.Number
		return decodeDecimal(v.String())
	}
	return Decimal{}, fmt.Errorf("libsql: %T is no decimal", src)
}

// decimalOfFloat takes a float for the shortest decimal that it is read from.
// One of at most 15 digits is the only one of so few.
func decimalOfFloat(f float64) (Decimal, error) {
	text := strconv.FormatFloat(f, 'e', -1, 64)
	d, err := ParseDecimal(text)
	if err != nil {
		return Decimal{}, err
	}
	if mantissa, _, _ := strings.Cut(text, "e"); len(strings.Trim(mantissa, "-")) > len("1.")+14 {
		return Decimal{}, fmt.Errorf("libsql: %s is a float of more than 15 digits, which may have been rounded", text)
	}
	return d, nil
}

// GormDataType implements [schema.GormDataTypeInterface]: a text.
func (Decimal) GormDataType() string { return string(schema.String) }

// GormDBDataType is the column's type with its check.
func (Decimal) GormDBDataType(_ *gorm.DB, f *schema.Field) string {
	declared := "text"
	if isText(f.TagSettings["TYPE"]) {
		declared = f.TagSettings["TYPE"]
	}
	column := sqltext.Backquote(f.DBName)
	return declared + " CHECK (" + column + " GLOB '[a-z]*:[0-9]*' OR " + column + " GLOB '-[a-z]*:-[0-9]*')"
}

// isText tells a type of TEXT affinity:
// https://www.sqlite.org/datatype3.html#determination_of_column_affinity.
func isText(declared string) bool {
	has := func(s string) bool { return strings.Contains(strings.ToUpper(declared), s) }
	return !has("INT") && (has("CHAR") || has("CLOB") || has("TEXT"))
}

// CreateClauses implements [schema.CreateClausesInterface]. It adds no clause:
// it is where a type sees the tag of its field, whose default it reads.
func (Decimal) CreateClauses(f *schema.Field) []clause.Interface {
	if d, err := ParseDecimal(strings.Trim(f.DefaultValue, "'")); err == nil && f.HasDefaultValue && f.DefaultValueInterface == nil {
		f.DefaultValueInterface = d
		own := func(other *schema.Field) bool { return other == f }
		f.Schema.FieldsWithDefaultDBValue = slices.DeleteFunc(f.Schema.FieldsWithDefaultDBValue, own)
	}
	return nil
}
