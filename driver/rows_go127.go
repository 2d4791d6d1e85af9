//go:build go1.27

package driver

import (
	"database/sql"
	"database/sql/driver"
	"io"
	"time"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

var _ driver.RowsColumnScanner = (*scanner)(nil)

// scanner are rows that scan their columns themselves, which database/sql lets
// them do from Go 1.27 on: https://pkg.go.dev/database/sql/driver#RowsColumnScanner.
// So a time.Time can be had from a text that no declared type makes a time,
// such as max(created_at). All other conversions are those of database/sql.
type scanner struct {
	*rows
	loc *time.Location
	row []driver.Value
}

// newRows returns rows as database/sql shall see them.
func (c *Conn) newRows(r *rows) driver.Rows { return &scanner{rows: r, loc: c.connector.cfg.Loc} }

// NextRow reads the next row.
func (s *scanner) NextRow() error {
	if n := len(s.eng.Columns()); len(s.row) != n {
		s.row = make([]driver.Value, n)
	}
	err := s.Next(s.row)
	if err != nil && err != io.EOF {
		clear(s.row)
	}
	return err
}

// ScanColumn stores a value of the row in dest.
func (s *scanner) ScanColumn(ctx driver.ScanContext, i int, dest any) error {
	v := s.row[i]
	err := sql.ConvertAssign(ctx, dest, v)
	if err == nil {
		return nil
	}
	set := timetext.Setter(dest)
	if set == nil {
		return err
	}
	at, ok := timetext.Of(v)
	if !ok || at == nil {
		return err
	}
	if s.loc != nil {
		*at = at.In(s.loc)
	}
	return set(at)
}
