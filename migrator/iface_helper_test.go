package migrator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

func fieldNamed(t *testing.T, db *gorm.DB, model any, name string) *schema.Field {
	t.Helper()
	stmt := &gorm.Statement{DB: db}
	require.NoError(t, stmt.Parse(model))
	f := stmt.Schema.LookUpField(name)
	require.NotNil(t, f)
	return f
}

// dumpOf is one schema as text.
func dumpOf(t *testing.T, db *gorm.DB, schema string) string {
	t.Helper()
	return strings.Join(strings1(t, db, "SELECT coalesce(sql, name) FROM "+schema+".sqlite_master ORDER BY name"), "\n")
}
