package hrana

import (
	"database/sql/driver"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Messages as the specification has them, written by hand.
func TestProtoEntries(t *testing.T) {
	for name, tt := range map[string]struct {
		message string
		want    entry
	}{
		"step_begin": {"\x0a\x11\x08\x01\x12\x0d\x0a\x02id\x12\x07INTEGER", entry{typ: "step_begin", step: 1, cols: []column{{"id", "INTEGER"}}}},
		"step_begin of the first, without a type": {"\x0a\x05\x12\x03\x0a\x01x", entry{typ: "step_begin", cols: []column{{"x", ""}}}},
		"step_end":   {"\x12\x05\x08\x03\x10\xd2\x09", entry{typ: "step_end", step: -1, result: stepResult{changes: 3, rowid: 617}}},
		"step_error": {"\x1a\x0a\x08\x02\x12\x06\x0a\x01m\x12\x01c", entry{typ: "step_error", step: 2, err: &serverError{message: "m", code: "c"}}},
		"row of each kind": {"\x22\x22\x0a\x02\x0a\x00\x0a\x02\x10\x01\x0a\x09\x19\x00\x00\x00\x00\x00\x00\xf0\x7f\x0a\x04\x22\x02hi\x0a\x03\x2a\x01\x00\x0a\x02\x2a\x00",
			entry{typ: "row", row: []driver.Value{nil, int64(-1), math.Inf(1), "hi", []byte{0}, []byte{}}}},
		"row without values":           {"\x22\x00", entry{typ: "row", row: []driver.Value{}}},
		"error":                        {"\x2a\x06\x0a\x01m\x12\x01c", entry{typ: "error", step: -1, err: &serverError{message: "m", code: "c"}}},
		"replication_index":            {"\x32\x02\x08\x07", entry{typ: "replication_index", step: -1, result: stepResult{written: 7}}},
		"one that is new":              {"\x3a\x00", entry{step: -1}},
		"one that is new, of a number": {"\x78\x05", entry{step: -1}},
		"one with a field that is new": {"\x32\x09\x08\x07\x7d\x01\x02\x03\x04\x70\x01", entry{typ: "replication_index", step: -1, result: stepResult{written: 7}}},
	} {
		e, err := readProtoEntry([]byte(tt.message), []driver.Value{})
		require.NoError(t, err, name)
		if tt.want.typ == "row" {
			tt.want.step = -1
		}
		require.Equal(t, tt.want, e, name)
	}
	for message, want := range map[string]string{
		"\x00":                         "an entry has a field that is none",
		"\x22":                         "an entry has a field 4 that is cut short",
		"\x22\x05":                     "an entry has a field 4 that is cut short",
		"\x20\x05":                     "an entry has a field 4 of the wrong kind",
		"\x23\x05":                     "an entry has a field 4 that is cut short or of an unknown kind",
		"\x22\x02\x0a\x00":             "row has a value of no type",
		"\x22\x04\x0a\x02\x30\x01":     "row has a value of no type",
		"\x22\x04\x0a\x02\x18\x01":     "row has a field 3 of the wrong kind",
		"\x22\x05\x0a\x03\x22\x01\xff": "row has a text that is not UTF-8",
		"\x22\x04\x0a\x02\x22\x09":     "row has a field 4 that is cut short",
		"\x0a\x02\x08":                 "an entry has a field 1 that is cut short",
		"\x0a\x01\x08":                 "step_begin has a field 1 that is cut short",
		"\x1a\x02\x10\x01":             "step_error has a field 2 of the wrong kind",
		"\x32\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01": "an entry has a field 6 that is cut short",
	} {
		_, err := readProtoEntry([]byte(message), nil)
		require.ErrorIs(t, err, errMalformed, "%q", message)
		require.ErrorContains(t, err, want, "%q", message)
	}
}

// No message crashes the reader, or makes it take more memory than it has bytes.
func FuzzProtoEntry(f *testing.F) {
	f.Add([]byte("\x0a\x11\x08\x01\x12\x0d\x0a\x02id\x12\x07INTEGER"))
	f.Add([]byte("\x12\x05\x08\x03\x10\xd2\x09"))
	f.Add([]byte("\x1a\x0a\x08\x02\x12\x06\x0a\x01m\x12\x01c"))
	f.Add([]byte("\x22\x22\x0a\x02\x0a\x00\x0a\x02\x10\x01\x0a\x09\x19\x00\x00\x00\x00\x00\x00\xf0\x7f\x0a\x04\x22\x02hi\x0a\x03\x2a\x01\x00\x0a\x02\x2a\x00"))
	f.Add([]byte("\x32\x02\x08\x07"))
	f.Fuzz(func(t *testing.T, message []byte) {
		e, err := readProtoEntry(message, nil)
		if err != nil {
			require.ErrorIs(t, err, errMalformed)
		}
		require.LessOrEqual(t, len(e.row)*2, len(message))
		_, err = protoWire{}.head(message)
		if err != nil {
			require.ErrorIs(t, err, errMalformed)
		}
	})
}
