//go:build go1.27

package driver_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// From Go 1.27 on a time can be had from a text that no declared type makes
// one. All else is as database/sql converts it.
func TestScanColumn(t *testing.T) {
	needsLibrary(t)
	db := memory(t)
	exec(t, db, "CREATE TABLE t(at DATETIME); INSERT INTO t VALUES ('2024-01-02 03:04:05+00:00'), (NULL)")
	want := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	var at time.Time
	var ptr *time.Time
	var null sql.NullTime
	var gen sql.Null[time.Time]
	var text string
	var anything any
	require.NoError(t, db.QueryRow("SELECT max(at), max(at), max(at), max(at), max(at), max(at) FROM t").
		Scan(&at, &ptr, &null, &gen, &text, &anything))
	require.True(t, at.Equal(want) && ptr.Equal(want) && null.Time.Equal(want) && gen.V.Equal(want))
	require.True(t, null.Valid && gen.Valid)
	require.Equal(t, "2024-01-02 03:04:05+00:00", text)
	require.Equal(t, text, anything)

	require.NoError(t, db.QueryRow("SELECT NULL, NULL").Scan(&ptr, &null))
	require.Nil(t, ptr)
	require.False(t, null.Valid)
	require.ErrorContains(t, db.QueryRow("SELECT NULL").Scan(&at), "unsupported Scan")
	require.ErrorContains(t, db.QueryRow("SELECT 'noon'").Scan(&at), "unsupported Scan")
	require.ErrorContains(t, db.QueryRow("SELECT 'x'").Scan(new(int)), "invalid syntax")

	rows, err := db.Query("SELECT 1, 'a', x'00ff'; SELECT max(at) FROM t")
	require.NoError(t, err)
	defer rows.Close()
	require.True(t, rows.Next())
	var raw sql.RawBytes
	require.NoError(t, rows.Scan(new(int), new(string), &raw))
	require.Equal(t, []byte{0, 0xff}, []byte(raw))
	require.False(t, rows.Next())
	require.True(t, rows.NextResultSet())
	require.True(t, rows.Next())
	require.NoError(t, rows.Scan(&at))
	require.True(t, at.Equal(want))
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
}
