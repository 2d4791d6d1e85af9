package dialect

import (
	"fmt"
	"io"

	"github.com/gorm-libsql/libsql/driver"
)

// Format writes where the database is, for every verb: a DSN may hold a token
// or a key, which logs are not to show.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "libsql.Config("+c.where()+")") }

// Format writes where the database is, without its secrets, for every verb.
func (d Dialector) Format(f fmt.State, _ rune) {
	c := Config(d)
	_, _ = io.WriteString(f, "libsql.Dialector("+c.where()+")")
}

// where is the database without its secrets.
func (c *Config) where() string {
	switch {
	case c.Conn != nil:
		return fmt.Sprintf("%T", c.Conn)
	case c.Driver != nil:
		return c.Driver.String()
	}
	if c.DriverName == "" || c.DriverName == driver.Name {
		if cfg, err := driver.ParseDSN(c.DSN); err == nil {
			return cfg.String()
		}
	}
	return "REDACTED" // whatever stands in a DSN that is not understood
}
