package types_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/types"
)

// storages are the types with the function that makes their blobs in libSQL.
var storages = []struct {
	name, function string
	of             func([]float32) driver.Valuer
	scan           func(src any) ([]float32, error)
}{
	{"Vector", "vector32", func(v []float32) driver.Valuer { return types.Vector(v) }, func(src any) ([]float32, error) {
		var v types.Vector
		err := v.Scan(src)
		return v, err
	}},
	{"Vector64", "vector64", func(v []float32) driver.Valuer { return types.Vector64(wide(v)) }, func(src any) ([]float32, error) {
		var v types.Vector64
		err := v.Scan(src)
		return narrow(v), err
	}},
	{"Vector16", "vector16", func(v []float32) driver.Valuer { return types.Vector16(v) }, func(src any) ([]float32, error) {
		var v types.Vector16
		err := v.Scan(src)
		return v, err
	}},
	{"VectorB16", "vectorb16", func(v []float32) driver.Valuer { return types.VectorB16(v) }, func(src any) ([]float32, error) {
		var v types.VectorB16
		err := v.Scan(src)
		return v, err
	}},
	{"Vector8", "vector8", func(v []float32) driver.Valuer { return types.Vector8(v) }, func(src any) ([]float32, error) {
		var v types.Vector8
		err := v.Scan(src)
		return v, err
	}},
	{"Vector1", "vector1bit", func(v []float32) driver.Valuer { return types.Vector1(v) }, func(src any) ([]float32, error) {
		var v types.Vector1
		err := v.Scan(src)
		return v, err
	}},
}

func wide(v []float32) []float64 {
	if v == nil {
		return nil
	}
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func narrow(v []float64) []float32 {
	if v == nil {
		return nil
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

func encode(t testing.TB, v driver.Valuer) []byte {
	t.Helper()
	x, err := v.Value()
	require.NoError(t, err)
	return x.([]byte)
}

// facts are blobs as libSQL was seen to make them.
var blobs = []struct {
	v    driver.Valuer
	blob string
}{
	{types.Vector{1, 2, 3}, "0000803f0000004000004040"},
	{types.Vector64{1, 2, 3}, "000000000000f03f0000000000000040000000000000084002"},
	{types.Vector16{1, 2, 3}, "003c0040004205"},
	{types.Vector16{65504}, "ff7b05"},
	{types.Vector16{float32(math.Copysign(0, -1))}, "008005"},
	{types.Vector16{6e-5}, "ef0305"},
	{types.Vector16{1e-7}, "020005"},
	{types.VectorB16{1, 2, 3}, "803f0040404006"},
	{types.VectorB16{3.14159}, "494006"},
	{types.VectorB16{1.999}, "ff3f06"},
	{types.Vector1{1, -1, 1}, "050d03"},
	{types.Vector1{1, 0, -1, 0.5}, "090c03"},
	{types.Vector1{1, 1, 1, 1, 1, 1, 1, 1}, "ff0803"},
	{types.Vector1{1, 1, 1, 1, 1, 1, 1, 1, -1}, "ff00001703"},
	{types.Vector1{1, 1, 1, 1, 1, 1, 1, 1, 1, -1, 1, 1, 1, 1, 1, 1, 1}, "fffd010f03"},
	{types.Vector8{1, 2, 3, 4}, "0055aaffc1c0403c0000803f000004"},
	{types.Vector8{0, 255}, "00ff00000000803f00000000000204"},
	{types.Vector8{5, 5, 5, 5}, "00000000000000000000a040000004"},
}

func TestVectorBlobs(t *testing.T) {
	for _, b := range blobs {
		require.Equal(t, b.blob, hex.EncodeToString(encode(t, b.v)), "%T%v", b.v, b.v)
	}
}

// random is a vector of finite numbers, of all sizes or like an embedding's.
func random(r *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	scale := float32(math.Pow(10, float64(r.IntN(5)-2)))
	for i := range v {
		switch r.IntN(12) {
		case 0:
			v[i] = 0
		case 1:
			v[i] = float32(r.IntN(9) - 4)
		default:
			v[i] = float32(r.NormFloat64()) * scale
		}
	}
	return v
}

// Every blob is, byte for byte, the one that libSQL makes of the same numbers,
// and is read back as what libSQL makes of it.
func TestVectorBlobsAreThoseOfLibSQL(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	r := rand.New(rand.NewPCG(1, 2))
	rounds := 400
	if dbtest.Long() {
		rounds = 20000
	}
	for range rounds {
		dims := 1 + r.IntN(40)
		if r.IntN(20) == 0 {
			dims = 1000 + r.IntN(600)
		}
		v := random(r, dims)
		plain := encode(t, types.Vector(v))
		for _, s := range storages {
			var want, back []byte
			row := db.QueryRow("SELECT "+s.function+"(?1), vector32("+s.function+"(?1))", plain)
			require.NoError(t, row.Scan(&want, &back))
			got := encode(t, s.of(v))
			if s.name == "Vector8" { // libSQL leaves the padding as it finds it
				aligned := (dims + 3) &^ 3
				copy(want[dims:aligned], make([]byte, aligned-dims))
			}
			require.Equal(t, want, got, "%s %v", s.name, v)
			read, err := s.scan(want)
			require.NoError(t, err)
			require.Equal(t, back, encode(t, types.Vector(read)), "%s %v", s.name, v)
			// text as vector_extract writes it has six digits
			var text string
			require.NoError(t, db.QueryRow("SELECT vector_extract(?)", got).Scan(&text))
			fromText, err := s.scan(text)
			require.NoError(t, err)
			require.Len(t, fromText, dims)
			for i := range fromText {
				require.InDelta(t, float64(read[i]), float64(fromText[i]), 1e-5*math.Abs(float64(read[i]))+1e-37, "%s %s", s.name, text)
			}
		}
	}
}

// Every float16 there is, and what lies between two of them, as libSQL rounds.
func TestEveryFloat16(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	const parts = 16
	for part := range parts {
		var v []float32
		for h := part * 0x8000 / parts; h < (part+1)*0x8000/parts && h < 0x7bff; h++ {
			var one, next types.Vector16
			require.NoError(t, one.Scan([]byte{byte(h), byte(h >> 8), 5}))
			require.NoError(t, next.Scan([]byte{byte(h + 1), byte((h + 1) >> 8), 5}))
			middle := (one[0] + next[0]) / 2
			v = append(v, one[0], -one[0], middle, math.Nextafter32(middle, 0), math.Nextafter32(middle, 1e6))
		}
		got := encode(t, types.Vector16(v))
		var want []byte
		require.NoError(t, db.QueryRow("SELECT vector16(?)", encode(t, types.Vector(v))).Scan(&want))
		for i := range v {
			require.Equal(t, want[2*i:2*i+2], got[2*i:2*i+2], "%v", v[i])
		}
	}
}

// Numbers of 32 and 64 bits come back bit for bit.
func TestVectorRoundTrip(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	dbtest.Exec(t, db, "CREATE TABLE t(a F32_BLOB(64), b F64_BLOB(64))")
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		a, b := make(types.Vector, 64), make(types.Vector64, 64)
		for i := range a {
			for {
				if a[i] = math.Float32frombits(r.Uint32()); a[i]-a[i] == 0 {
					break
				}
			}
			for {
				if b[i] = math.Float64frombits(r.Uint64()); b[i]-b[i] == 0 {
					break
				}
			}
		}
		dbtest.Exec(t, db, "DELETE FROM t")
		dbtest.Exec(t, db, "INSERT INTO t VALUES (?, ?)", a, &b)
		var a2 *types.Vector
		var b2 types.Vector64
		require.NoError(t, db.QueryRow("SELECT a, b FROM t").Scan(&a2, &b2))
		for i := range a {
			require.Equal(t, math.Float32bits(a[i]), math.Float32bits((*a2)[i]))
			require.Equal(t, math.Float64bits(b[i]), math.Float64bits(b2[i]))
		}
	}
}

func TestVectorsThatCannotBeStored(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for name, v := range map[string]struct {
		v   []float32
		err string
	}{
		"empty":        {[]float32{}, "empty vector"},
		"too long":     {make([]float32, 65537), "65536"},
		"NaN":          {[]float32{1, nan}, "position 1"},
		"infinite":     {[]float32{1, 2, 3, 4, 5, inf}, "position 5"},
		"infinite too": {[]float32{1, inf, 3, 4, 5, 6}, "position 1"},
	} {
		for _, s := range storages {
			_, err := s.of(v.v).Value()
			require.ErrorContains(t, err, v.err, "%s %s", s.name, name)
		}
	}
	for _, s := range storages {
		x, err := s.of(nil).Value()
		require.NoError(t, err)
		require.Nil(t, x)
		x, err = s.of(make([]float32, 65536)).Value()
		require.NoError(t, err)
		require.NotEmpty(t, x)
	}
	_, err := types.Vector16{65520}.Value()
	require.ErrorContains(t, err, "65504")
	_, err = types.Vector8{math.MaxFloat32, -math.MaxFloat32}.Value()
	require.ErrorContains(t, err, "too far")
}

func TestVectorScan(t *testing.T) {
	for _, s := range storages {
		v, err := s.scan(nil)
		require.NoError(t, err)
		require.Nil(t, v)
		v, err = s.scan(" [ 1,-2.5e0 , 3 ] ")
		require.NoError(t, err)
		require.Equal(t, []float32{1, -2.5, 3}, v)
		for _, empty := range []any{"[]", "[ ]", []byte{}, []byte{2}, []byte{5}, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}, []byte{0, 0x10, 3}} {
			v, err = s.scan(empty)
			require.NoError(t, err, "%v", empty)
			require.NotNil(t, v)
			require.Empty(t, v)
		}
		for _, bad := range []any{"", "1", "[", "[1", "[1,]", "[,]", "[1 2]", "[a]", "[nan]", "[inf]", "[0x1p1]", "[1_0]", "[1]]", 1, 1.5, true,
			[]byte{1, 2}, []byte{7}, []byte{1, 2, 1}, []byte{1, 2, 2}, []byte{4}, []byte{3}, []byte{0, 0, 3}, []byte{0, 17, 3},
			[]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4}, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 4}, make([]byte, 4*65537), "[" + strings.Repeat("1,", 65536) + "1]"} {
			_, err = s.scan(bad)
			require.Error(t, err, "%T %.40v", bad, fmt.Sprint(bad))
		}
	}
	var v types.Vector
	require.NoError(t, v.Scan(encode(t, types.Vector64{0.5, 1})))
	require.Equal(t, types.Vector{0.5, 1}, v)
	require.ErrorContains(t, v.Scan(encode(t, types.Vector64{0.5, 0.1})), "position 1")
	require.Equal(t, types.Vector{0.5, 1}, v, "a scan that fails leaves the vector")
	b := encode(t, types.Vector{1})
	require.NoError(t, v.Scan(b))
	b[0] = 9
	require.Equal(t, types.Vector{1}, v, "nothing of the driver's is kept")
}

func TestVectorJSON(t *testing.T) {
	type doc struct {
		A types.Vector
		B *types.Vector1
		C types.Vector64
	}
	out, err := json.Marshal(doc{A: types.Vector{1, 0.1}, C: types.Vector64{0.1}})
	require.NoError(t, err)
	require.JSONEq(t, `{"A":[1,0.1],"B":null,"C":[0.1]}`, string(out))
	var back doc
	require.NoError(t, json.Unmarshal(out, &back))
	require.Equal(t, types.Vector{1, 0.1}, back.A)
}

func FuzzVectorScan(f *testing.F) {
	for _, b := range blobs {
		raw, err := hex.DecodeString(b.blob)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add([]byte("[1,2.5e3]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, s := range storages {
			for _, src := range []any{b, string(b)} {
				v, err := s.scan(src)
				if err == nil && len(v) > 8*len(b) {
					t.Fatalf("%d bytes make %d numbers", len(b), len(v))
				}
				if err != nil || len(v) == 0 {
					continue
				}
				x, err := s.of(v).Value()
				if err != nil {
					continue // not finite, or beyond the storage
				}
				again, err := s.scan(x)
				if err != nil || len(again) != len(v) {
					t.Fatalf("%s: %v became %v: %v", s.name, v, again, err)
				}
			}
		}
	})
}

// FuzzVectorScanLibSQL holds the decoder against libSQL's own.
func FuzzVectorScanLibSQL(f *testing.F) {
	for _, b := range blobs {
		raw, err := hex.DecodeString(b.blob)
		require.NoError(f, err)
		f.Add(raw)
	}
	db, err := sql.Open("libsql-gorm", ":memory:")
	require.NoError(f, err)
	defer db.Close()
	f.Fuzz(func(t *testing.T, b []byte) {
		var want []byte
		theirs := db.QueryRow("SELECT vector64(?)", b).Scan(&want)
		var v types.Vector64
		ours := v.Scan(b)
		if ours == nil && theirs != nil {
			t.Fatalf("%x is %v here and in libSQL %v", b, v, theirs)
		}
		if ours != nil || len(v) == 0 {
			return
		}
		if got, err := v.Value(); err == nil && hex.EncodeToString(got.([]byte)) != hex.EncodeToString(want) {
			t.Fatalf("%x is %v here and in libSQL %x", b, v, want)
		}
	})
}

func benchmarkVector() types.Vector {
	v := make(types.Vector, 1536)
	for i := range v {
		v[i] = float32(i) / 7
	}
	return v
}

func BenchmarkVectorValue(b *testing.B) {
	v := benchmarkVector()
	b.SetBytes(int64(4 * len(v)))
	for b.Loop() {
		if _, err := v.Value(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVectorScan(b *testing.B) {
	blob := encode(b, benchmarkVector())
	b.SetBytes(int64(len(blob)))
	var src any = blob
	for b.Loop() {
		var v types.Vector
		if err := v.Scan(src); err != nil {
			b.Fatal(err)
		}
	}
}
