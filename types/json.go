package types

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"gorm.io/gorm/schema"
)

// JSON is a document that is stored as text. It is shaped like [database/sql.Null]:
// not Valid is SQL's NULL, while a nil V that is Valid is JSON's null. V is what
// encoding/json makes of the document and the document what it makes of V;
// a number that goes into an any is a [json.Number], with all of its digits.
//
// The column is TEXT, so that 5 and "5" stay what they are; another type can be
// given by the tag type. Documents that SQLite's functions return, JSONB that
// stands in the column, and numbers of a column that was declared as JSON are
// read as well.
//
// Two documents are equal in SQL when their texts are: ask for what they hold by
// [JSONCol].
type JSON[T any] struct {
	V     T `gorm:"-"` // GORM looks into what it scans into, for columns and relations
	Valid bool
}

// JSONB is a document that is stored as SQLite's binary JSON, a BLOB, which
// SQLite need not parse to look into it: https://www.sqlite.org/jsonb.html.
// It is [JSON] otherwise, and a document that stands in its column as text is
// read as well. The two convert to each other: JSONB[T](j). It is encoded here,
// to the bytes that SQLite's jsonb() makes of the document, which is at most
// 1,000 levels deep.
type JSONB[T any] struct {
	V     T `gorm:"-"`
	Valid bool
}

// NewJSON is a document that is Valid.
func NewJSON[T any](v T) JSON[T] { return JSON[T]{V: v, Valid: true} }

// NewJSONB is a document that is Valid.
func NewJSONB[T any](v T) JSONB[T] { return JSONB[T]{V: v, Valid: true} }

// Value implements [driver.Valuer]: a string, or nil for NULL.
func (j JSON[T]) Value() (driver.Value, error) {
	if !j.Valid {
		return nil, nil
	}
	text, err := encode(&j.V)
	return string(text), err // not nil in any case, which GORM would compare as NULL
}

// Value implements [driver.Valuer]: a []byte, or nil for NULL.
func (j JSONB[T]) Value() (driver.Value, error) {
	if !j.Valid {
		return nil, nil
	}
	text, err := encode(&j.V)
	if err != nil {
		return text, err // see above
	}
	return encodeJSONB(text)
}

// Scan implements [database/sql.Scanner]. It takes text, JSONB, JSON text in a BLOB,
// and numbers.
func (j *JSON[T]) Scan(src any) error {
	v, err := scan[T](src)
	if err == nil {
		*j = JSON[T]{v, src != nil}
	}
	return err
}

// Scan implements [database/sql.Scanner]. It takes what [JSON.Scan] takes.
func (j *JSONB[T]) Scan(src any) error {
	v, err := scan[T](src)
	if err == nil {
		*j = JSONB[T]{v, src != nil}
	}
	return err
}

// MarshalJSON implements [json.Marshaler]: the document itself, null for NULL.
func (j JSON[T]) MarshalJSON() ([]byte, error) { return marshal(&j.V, j.Valid) }

// MarshalJSON implements [json.Marshaler]: the document itself, null for NULL.
func (j JSONB[T]) MarshalJSON() ([]byte, error) { return marshal(&j.V, j.Valid) }

// UnmarshalJSON implements [json.Unmarshaler]; null becomes NULL.
func (j *JSON[T]) UnmarshalJSON(text []byte) error {
	v, valid, err := unmarshal[T](text)
	if err == nil {
		*j = JSON[T]{v, valid}
	}
	return err
}

// UnmarshalJSON implements [json.Unmarshaler]; null becomes NULL.
func (j *JSONB[T]) UnmarshalJSON(text []byte) error {
	v, valid, err := unmarshal[T](text)
	if err == nil {
		*j = JSONB[T]{v, valid}
	}
	return err
}

// GormDataType makes the column TEXT.
func (JSON[T]) GormDataType() string { return string(schema.String) }

// GormDataType makes the column a BLOB.
func (JSONB[T]) GormDataType() string { return string(schema.Bytes) }

// binaryJSON tells the two types apart.
func (JSON[T]) binaryJSON() bool  { return false }
func (JSONB[T]) binaryJSON() bool { return true }

// encode is the text of a document as SQLite writes it: without blanks, and
// with < > & as they are. It gets a pointer to what may have MarshalJSON by one,
// as big.Int has: encoding/json writes {} for a big.Int that it cannot address.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte{}, fmt.Errorf("libsql: JSON: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func marshal(v any, valid bool) ([]byte, error) {
	if !valid {
		return []byte("null"), nil
	}
	return encode(v)
}

func unmarshal[T any](text []byte) (v T, valid bool, err error) {
	if bytes.Equal(bytes.TrimSpace(text), []byte("null")) {
		return v, false, nil
	}
	err = decode(text, &v)
	return v, true, err
}

func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err := d.Decode(v)
	end := d.InputOffset()
	switch {
	case err == io.EOF:
		err = io.ErrUnexpectedEOF // there is nothing
	case err == nil:
		if _, more := d.Token(); more != io.EOF {
			err = fmt.Errorf("there is more behind byte %d, where the document ends", end)
		}
	}
	if err != nil {
		return fmt.Errorf("libsql: JSON: %w", err)
	}
	return nil
}

// scan reads what a column may hold.
func scan[T any](src any) (v T, err error) {
	var text []byte
	switch src := src.(type) {
	case nil:
		return v, nil
	case string:
		text = []byte(src)
	case []byte:
		if text, err = textOf(src); err != nil {
			return v, err
		}
	case int64: // in a column of NUMERIC affinity, which JSON is for SQLite
		text = strconv.AppendInt(nil, src, 10)
	case float64:
		text = appendNumber(nil, src)
	case bool:
		text = strconv.AppendBool(nil, src)
	default:
		return v, fmt.Errorf("libsql: JSON: a %T is no document", src)
	}
	err = decode(text, &v)
	return v, err
}

// textOf is the text of a document in a BLOB. As for SQLite, that is JSONB if it
// can be, else JSON text.
func textOf(blob []byte) ([]byte, error) {
	if !maybeJSONB(blob) {
		return blob, nil
	}
	text, err := decodeJSONB(blob)
	if err != nil && json.Valid(blob) {
		return blob, nil
	}
	return text, err
}

// appendNumber writes a float as SQLite's JSON has it.
func appendNumber(b []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(b, "9.0e+999"...)
	case math.IsInf(f, -1):
		return append(b, "-9.0e+999"...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}
