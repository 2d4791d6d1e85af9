package callbacks

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkAdvise is of a report with the shapes of the labelled queries, each
// of which is worth a look.
func BenchmarkAdvise(b *testing.B) {
	db, m := metered(b, filepath.Join(b.TempDir(), "shop.db"), shopSchema+shopRows)
	for _, l := range labels {
		run(b, db, l.sql, l.args, 3)
	}
	r := m.report()
	for b.Loop() {
		all, err := advise(db, r)
		require.NoError(b, err)
		b.ReportMetric(float64(len(all)), "advice")
	}
	b.ReportMetric(float64(len(r.Shapes)), "shapes")
}
