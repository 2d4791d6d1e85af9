package types

import "gorm.io/gorm/clause"

// RandomUUID is the SQL function uuid(): a random UUID that the database makes,
// as a TEXT of 36 characters. Together with [UUIDBlob] it is the value of a
// [UUID] column:
//
//	db.Model(&Session{}).Where("expired").Update("token", types.UUIDBlob(types.RandomUUID()))
//
// As the default of a column it is the tag `default:(uuid())`, or
// `default:(uuid_blob(uuid()))`. Local databases have it; a libSQL server has
// uuid4() in its place, which this driver's local connections have, too. SQLite
// refuses them in indexes and generated columns.
//
// See https://sqlite.org/src/file/ext/misc/uuid.c.
func RandomUUID() clause.Expr { return clause.Expr{SQL: "uuid()"} }

// UUIDStr is the SQL function uuid_str(x): a UUID as the 36 characters of a
// [UUIDText], and NULL for what is no UUID. x is the name of a column, an
// expression, or a value such as a UUID. It reads a BLOB of 16 bytes, and 32 digits with or
// without hyphens and braces, but no urn:uuid:.
func UUIDStr(x any) clause.Expr { return clause.Expr{SQL: "uuid_str(?)", Vars: []any{argumentOf(x)}} }

// UUIDBlob is the SQL function uuid_blob(x): a UUID as the 16 bytes of a
// [UUID], and NULL for what is no UUID. x is as for [UUIDStr].
func UUIDBlob(x any) clause.Expr { return clause.Expr{SQL: "uuid_blob(?)", Vars: []any{argumentOf(x)}} }
