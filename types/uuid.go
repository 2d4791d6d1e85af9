package types

import (
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// UUID is a UUID (RFC 9562) that is stored as a BLOB of 16 bytes. Convert it
// from and to [uuid.UUID] and [UUIDText] as UUID(u) and uuid.UUID(id).
//
// A primary key of this type that is zero gets a new version 7 UUID on create,
// before the row is inserted, so that associations have it. The tag `uuid:v4`
// makes it a random one, `uuid:none` leaves the field alone, and `uuid:v7` or
// `uuid:v4` on another field fills that one as well. A key that has a
// `default:` in its tag is the database's affair, one that refers to another
// table is its association's. Of a map that is created, the columns that it
// does not name are filled. What is not stored in the end (the create failed,
// or ON CONFLICT left the row out) is taken back from the struct or the map.
//
// The zero value is the nil UUID, 00000000-0000-0000-0000-000000000000, and is
// stored as such: it is not NULL. A column that may be NULL is a *UUID or a
// sql.Null[UUID].
type UUID uuid.UUID

// UUIDText is a [UUID] that is stored as a TEXT of 36 characters, in lower
// case: 0190b5d0-6c58-7c61-8f40-3f1c2b9a7e55. It takes twice the space of the
// BLOB, and is there for columns that other programs read or write.
type UUIDText uuid.UUID

var (
	_ sql.Scanner                   = (*UUID)(nil)
	_ sql.Scanner                   = (*UUIDText)(nil)
	_ driver.Valuer                 = UUID{}
	_ driver.Valuer                 = UUIDText{}
	_ encoding.TextMarshaler        = UUID{}
	_ encoding.TextMarshaler        = UUIDText{}
	_ encoding.TextUnmarshaler      = (*UUID)(nil)
	_ encoding.TextUnmarshaler      = (*UUIDText)(nil)
	_ schema.GormDataTypeInterface  = UUID{}
	_ schema.GormDataTypeInterface  = UUIDText{}
	_ schema.CreateClausesInterface = UUID{}
	_ schema.CreateClausesInterface = UUIDText{}
)

// NewV4 returns a random UUID.
func NewV4() UUID { return UUID(generate(uuid.NewRandom, uuid.NewRandomFromReader)) }

// NewV7 returns a UUID that begins with the time in milliseconds. It is greater
// than every version 7 UUID that the process has made before, by this function
// or by [uuid.NewV7], also within one millisecond, in other goroutines, and
// after the clock was set back: keys sort by the order of their creation.
func NewV7() UUID { return UUID(generate(uuid.NewV7, uuid.NewV7FromReader)) }

// generate cannot fail: only a reader that was given to uuid.SetRand can.
func generate(fn func() (uuid.UUID, error), from func(io.Reader) (uuid.UUID, error)) uuid.UUID {
	u, err := fn()
	if err != nil {
		u, _ = from(rand.Reader)
	}
	return u
}

// ParseUUID reads a UUID in any of its forms, in upper or lower case: of 36
// characters, of 32 without the hyphens, either of them in braces, and with
// urn:uuid: before it.
func ParseUUID(s string) (UUID, error) {
	u, ok := parseUUID(s)
	if !ok {
		return UUID{}, fmt.Errorf("libsql: %.50q is no UUID", s)
	}
	return u, nil
}

// parseUUID is strict where uuid.Parse takes any two characters for braces.
func parseUUID(s string) (u UUID, ok bool) {
	const urn = "urn:uuid:"
	switch {
	case len(s) > len(urn) && sqltext.EqualFold(s[:len(urn)], urn):
		s = s[len(urn):]
	case len(s) > 2 && s[0] == '{' && s[len(s)-1] == '}':
		s = s[1 : len(s)-1]
	}
	var digits [32]byte
	switch len(s) {
	case 36:
		if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return UUID{}, false
		}
		copy(digits[:8], s)
		copy(digits[8:12], s[9:])
		copy(digits[12:16], s[14:])
		copy(digits[16:20], s[19:])
		copy(digits[20:], s[24:])
	case 32:
		copy(digits[:], s)
	default:
		return UUID{}, false
	}
	if _, err := hex.Decode(u[:], digits[:]); err != nil {
		return UUID{}, false
	}
	return u, true
}

// uuidOf reads what a column or a map may hold.
func uuidOf(src any) (UUID, error) {
	switch v := src.(type) {
	case []byte:
		if len(v) == len(UUID{}) {
			return UUID(v), nil
		}
		if u, ok := parseUUID(string(v)); ok {
			return u, nil
		}
		return UUID{}, fmt.Errorf("libsql: a BLOB of %d bytes is no UUID", len(v))
	case string:
		return ParseUUID(v)
	case UUID:
		return v, nil
	case UUIDText:
		return UUID(v), nil
	case uuid.UUID:
		return UUID(v), nil
	case [16]byte:
		return UUID(v), nil
	case nil:
		return UUID{}, errNullUUID
	}
	return UUID{}, fmt.Errorf("libsql: %T is no UUID", src)
}

var errNullUUID = errors.New("libsql: NULL is no UUID: scan into a pointer to a UUID, or into a sql.Null of it")

// String returns the 36 characters, in lower case.
func (u UUID) String() string { return uuid.UUID(u).String() }

// String returns the 36 characters, in lower case.
func (u UUIDText) String() string { return uuid.UUID(u).String() }

// IsZero tells the nil UUID.
func (u UUID) IsZero() bool { return u == UUID{} }

// IsZero tells the nil UUID.
func (u UUIDText) IsZero() bool { return u == UUIDText{} }

// Time returns when a version 7 UUID was made, to the millisecond, in UTC. It
// is false for other versions.
func (u UUID) Time() (t time.Time, ok bool) {
	if uuid.UUID(u).Version() != 7 || uuid.UUID(u).Variant() != uuid.RFC4122 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(u[:8]) >> 16)).UTC(), true
}

// Time returns when a UUID was made: see [UUID.Time].
func (u UUIDText) Time() (t time.Time, ok bool) { return UUID(u).Time() }

// MarshalText implements [encoding.TextMarshaler], also for encoding/json.
func (u UUID) MarshalText() ([]byte, error) { return uuid.UUID(u).MarshalText() }

// MarshalText implements [encoding.TextMarshaler], also for encoding/json.
func (u UUIDText) MarshalText() ([]byte, error) { return uuid.UUID(u).MarshalText() }

// UnmarshalText implements [encoding.TextUnmarshaler]: see [ParseUUID].
func (u *UUID) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUUID(string(text))
	return err
}

// UnmarshalText implements [encoding.TextUnmarshaler]: see [ParseUUID].
func (u *UUIDText) UnmarshalText(text []byte) error { return (*UUID)(u).UnmarshalText(text) }

// Scan implements [sql.Scanner]. It takes both stored forms, BLOB and TEXT, and
// every form of [ParseUUID]. NULL is an error; only a field of a struct GORM
// leaves as it is at a NULL, without asking. (GORM takes a bare UUID for a list
// of bytes: scan a single one with Row().Scan(&id) and not with Scan(&id).)
func (u *UUID) Scan(src any) error {
	v, err := uuidOf(src)
	if err != nil {
		return err
	}
	*u = v
	return nil
}

// Scan implements [sql.Scanner]: see [UUID.Scan].
func (u *UUIDText) Scan(src any) error { return (*UUID)(u).Scan(src) }

// Value implements [driver.Valuer]: the 16 bytes.
func (u UUID) Value() (driver.Value, error) { return u[:], nil }

// Value implements [driver.Valuer]: the 36 characters.
func (u UUIDText) Value() (driver.Value, error) { return u.String(), nil }

// ColumnValue is a UUID of any form in that of the column. By it the dialect
// stores and compares others, such as a string in a map.
func (UUID) ColumnValue(_ *schema.Field, v any) (any, error) {
	switch v.(type) {
	case UUID, *UUID:
		return v, nil
	}
	u, err := uuidOf(v)
	if err != nil {
		return nil, err
	}
	return u.Value()
}

// ColumnValue is a UUID of any form in that of the column: see
// [UUID.ColumnValue].
func (UUIDText) ColumnValue(_ *schema.Field, v any) (any, error) {
	switch v.(type) {
	case UUIDText, *UUIDText:
		return v, nil
	}
	u, err := uuidOf(v)
	if err != nil {
		return nil, err
	}
	return UUIDText(u).Value()
}

// GormDataType implements [schema.GormDataTypeInterface]: a blob.
func (UUID) GormDataType() string { return string(schema.Bytes) }

// GormDataType implements [schema.GormDataTypeInterface]: a text.
func (UUIDText) GormDataType() string { return string(schema.String) }

// CreateClauses implements [schema.CreateClausesInterface]: the field fills
// itself.
func (UUID) CreateClauses(f *schema.Field) []clause.Interface { return fillClauses(f, false) }

// CreateClauses implements [schema.CreateClausesInterface]: the field fills
// itself.
func (UUIDText) CreateClauses(f *schema.Field) []clause.Interface { return fillClauses(f, true) }
