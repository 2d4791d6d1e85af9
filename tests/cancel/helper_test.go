package cancel

import (
	sqldriver "database/sql/driver"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
)

func txOptions(readOnly bool) sqldriver.TxOptions { return sqldriver.TxOptions{ReadOnly: readOnly} }

func connectorOf(t *testing.T, dsn string) *driver.Connector {
	t.Helper()
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
