package vecindex

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	o, err := Parse(" Metric = L2 , compress=FLOAT8,max_neighbors=32, insert_l=80,search_l=300,alpha=1.25,name=idx_a,where=a IN (1, 2) AND b = 'x=y,z'")
	require.NoError(t, err)
	require.Equal(t, Options{Name: "idx_a", Metric: "l2", Compress: "float8", MaxNeighbors: 32, Alpha: 1.25, InsertL: 80, SearchL: 300,
		Where: "a IN (1, 2) AND b = 'x=y,z'"}, o)
	require.Equal(t, "CREATE INDEX `idx_a` ON `t``1` (libsql_vector_idx(`e`, 'metric=l2', 'compress_neighbors=float8', 'max_neighbors=32', "+
		"'alpha=1.25', 'insert_l=80', 'search_l=300')) WHERE a IN (1, 2) AND b = 'x=y,z'", o.CreateIndex("idx_a", "t`1", "e"))
	column, back, ok := ParseCall(o.Call("e"))
	require.True(t, ok)
	require.Equal(t, "e", column)
	require.True(t, o.Equal(back))
	for _, none := range []string{"", " ", "VECTORINDEX"} {
		o, err = Parse(none)
		require.NoError(t, err)
		require.Zero(t, o)
	}
	require.Equal(t, 200, o.Candidates())
	require.False(t, o.IsL2())
	require.False(t, o.Equal(Options{SearchL: 100}))
	require.True(t, o.Equal(Options{Metric: "cosine", Alpha: 1.2, InsertL: 70, SearchL: 200}))
}

func TestParseCall(t *testing.T) {
	for text, want := range map[string]Options{
		"libsql_vector_idx(e)":                                       {},
		"LIBSQL_VECTOR_IDX ( \"e\" , 'type=diskann','metric=')":      {Metric: "cosine"},
		"libsql_vector_idx([e], /* c */ 'METRIC=l', 'search_l=5')":   {Metric: "l2", SearchL: 5},
		"libsql_vector_idx(`e`, \"compress_neighbors=float\")":       {Compress: "float1bit"},
		"libsql_vector_idx(e, 'alpha=2', 'metric=l2', 'metric=cos')": {Alpha: 2, Metric: "cosine"},
	} {
		column, o, ok := ParseCall(text)
		require.True(t, ok, text)
		require.Equal(t, "e", column)
		require.Equal(t, want, o, text)
	}
	for _, text := range []string{"", "e", "lower(e)", "libsql_vector_idx()", "libsql_vector_idx(e, 'metric=dot')", "libsql_vector_idx(e, 'x')", "libsql_vector_idx"} {
		_, _, ok := ParseCall(text)
		require.False(t, ok, text)
	}
}

func TestParseType(t *testing.T) {
	for text, want := range map[string]struct {
		k    Kind
		dims int
	}{
		"F32_BLOB(384)": {Float32, 384}, " float64 ( 3 ) ": {Float64, 3}, "F1BIT_BLOB": {Float1, 0}, "FB16_blob(1)": {FloatB16, 1},
		"FLOAT8(65536)": {Float8, 65536}, "f16_blob(2)": {Float16, 2},
	} {
		k, dims, ok := ParseType(text)
		require.True(t, ok, text)
		require.Equal(t, want.k, k)
		require.Equal(t, want.dims, dims)
		if dims > 0 {
			k2, dims2, ok := ParseType(k.Type(dims))
			require.True(t, ok)
			require.Equal(t, []any{k, dims}, []any{k2, dims2})
		}
	}
	for _, text := range []string{"", "BLOB", "F32_BLOB(", "F32_BLOB()", "F32_BLOB(x)", "F32_BLOB(3) x", "F32_BLOB(-1)", "F32(3)", "(3)"} {
		_, _, ok := ParseType(text)
		require.False(t, ok, text)
	}
	require.Equal(t, "Kind(9)", Kind(9).String())
}

func TestSafeName(t *testing.T) {
	require.Equal(t, "idx_größe_1", SafeName("idx_größe_1"))
	seen := map[string]bool{}
	for _, name := range []string{"a-b", "a b", "a;b", "1a", "", "a'b", "a`b", "a.b"} {
		safe := SafeName(name)
		require.True(t, IsSafe(safe), safe)
		require.False(t, seen[safe])
		seen[safe] = true
	}
}

func TestScan(t *testing.T) {
	x, ok := Scan("CREATE UNIQUE INDEX IF NOT EXISTS aux.[my idx] ON t (libsql_vector_idx(v, 'metric=l2')) WHERE 1; DROP TABLE t")
	require.True(t, ok)
	require.Equal(t, Index{Schema: "aux", Name: "my idx", Column: "v", args: []string{"metric=l2"}}, x)
	require.NoError(t, x.Dangerous())
	for _, none := range []string{"", "CREATE", "CREATE INDEX i ON t(a)", "CREATE INDEX i ON t(lower(a)); libsql_vector_idx(v)"} {
		_, ok := Scan(none)
		require.False(t, ok, none)
	}
	x, ok = Scan("CREATE INDEX i ON t(libsql_vector_idx(")
	require.True(t, ok)
	require.NoError(t, x.Dangerous(), "SQLite says that it is no statement")
}

func FuzzParse(f *testing.F) {
	f.Add("metric=l2,compress=float8,where=a,b")
	f.Add("name=x,alpha=1e2,search_l=5")
	f.Fuzz(func(t *testing.T, tag string) {
		o, err := Parse(tag)
		if err != nil {
			return
		}
		_, back, ok := ParseCall(o.Call("column"))
		if !ok || !o.Equal(back) {
			t.Fatalf("%q became %q", tag, o.Call("column"))
		}
		if o.Name != "" && !strings.Contains(o.CreateIndex(o.Name, "t", "c"), "`"+o.Name+"`") {
			t.Fatal(o.Name)
		}
	})
}

func FuzzScan(f *testing.F) {
	f.Add("CREATE INDEX i ON t(libsql_vector_idx(v, 'search_l=99999999999'))")
	f.Fuzz(func(t *testing.T, sql string) {
		if x, ok := Scan(sql); ok {
			_ = x.Dangerous()
		}
		ParseCall(sql)
		ParseType(sql)
		if !IsSafe(SafeName(sql)) {
			t.Fatal(SafeName(sql))
		}
	})
}
