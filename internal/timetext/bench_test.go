package timetext_test

import (
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

var benchTexts = []struct{ name, text string }{
	{"UTC", "2024-01-02 03:04:05.123456789+00:00"},
	{"RFC3339", "2024-01-02T03:04:05.123Z"},
	{"Offset", "2024-01-02 03:04:05.123456+05:30"},
	{"String", "2024-01-02 03:04:05.123456789 +0200 CEST m=+0.123456789"},
	{"NoTime", "an ordinary text in a column"},
}

// Reading and writing allocate nothing, a zone's first use aside.
func TestNoAllocations(t *testing.T) {
	buf := make([]byte, 0, 64)
	at := time.Date(2024, 1, 2, 3, 4, 5, 123_456_789, time.FixedZone("", 7200))
	tests := []struct {
		name string
		run  func()
	}{
		{"Append", func() { _, _ = timetext.Append(buf, at) }},
		{"FromInt", func() { _, _ = timetext.FromInt(1704164645) }},
		{"FromFloat", func() { _, _ = timetext.FromFloat(2460311.6) }},
	}
	for _, b := range benchTexts {
		tests = append(tests, struct {
			name string
			run  func()
		}{"Parse" + b.name, func() { _, _ = timetext.Parse(b.text) }})
	}
	for _, tt := range tests {
		if n := testing.AllocsPerRun(100, tt.run); n != 0 {
			t.Errorf("%s allocates %v times", tt.name, n)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	buf := make([]byte, 0, 64)
	at := time.Date(2024, 1, 2, 3, 4, 5, 123_456_789, time.FixedZone("", 7200))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = timetext.Append(buf, at)
	}
}

// BenchmarkAppendByGo is what Append is to beat.
func BenchmarkAppendByGo(b *testing.B) {
	buf := make([]byte, 0, 64)
	at := time.Date(2024, 1, 2, 3, 4, 5, 123_456_789, time.FixedZone("", 7200))
	b.ReportAllocs()
	for b.Loop() {
		_ = at.UTC().AppendFormat(buf, "2006-01-02 15:04:05.999999999-07:00")
	}
}

func BenchmarkParse(b *testing.B) {
	for _, bb := range benchTexts {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				timetext.Parse(bb.text)
			}
		})
	}
}

// BenchmarkParseByGo is what Parse is to beat, with the right layout at once.
func BenchmarkParseByGo(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = time.Parse("2006-01-02 15:04:05.999999999-07:00", benchTexts[0].text)
	}
}
