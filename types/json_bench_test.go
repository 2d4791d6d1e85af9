package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/types"
)

func BenchmarkJSON(b *testing.B) {
	text, err := types.NewJSON(ada().Map.V).Value()
	require.NoError(b, err)
	blob, err := types.NewJSONB(ada().Map.V).Value()
	require.NoError(b, err)
	for name, run := range map[string]func() error{
		"text/encode": func() error { _, err := types.NewJSON(ada().Map.V).Value(); return err },
		"blob/encode": func() error { _, err := types.NewJSONB(ada().Map.V).Value(); return err },
		"text/decode": func() error { return new(types.JSON[map[string]any]).Scan(text) },
		"blob/decode": func() error { return new(types.JSONB[map[string]any]).Scan(blob) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
