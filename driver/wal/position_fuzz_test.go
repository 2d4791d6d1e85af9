package wal_test

import (
	"testing"

	"github.com/gorm-libsql/libsql/driver/wal"
)

// Each text is either refused or that of its position.
func FuzzPosition(f *testing.F) {
	f.Add(wal.Position{}.String())
	f.Add(wal.Position{Salt: [2]uint32{1, 2}, Frame: 3, Checksum: [2]uint32{4, 5}}.String())
	f.Add("00000001\n00000002.3.0000000400000005")
	f.Fuzz(func(t *testing.T, text string) {
		var p wal.Position
		if p.UnmarshalText([]byte(text)) == nil && p.String() != text {
			t.Fatalf("%q became %q", text, p)
		}
	})
}
