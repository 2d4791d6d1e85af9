package ddl_test

import (
	"flag"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

var (
	seedFlag   = flag.Uint64("ddl.seed", 0, "seed of the random tests, 0: always the same, or a new one with LIBSQL_TEST_LONG=1")
	roundsFlag = flag.Int("ddl.rounds", 0, "rounds of the random tests, 0: as many as fit")
)

// random is the generator of a random test, which tells its seed, and the
// number of rounds.
func random(t *testing.T) (g *generator, rounds int) {
	seed := *seedFlag
	if seed == 0 && dbtest.Long() {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-ddl.seed=%d", seed)
	switch rounds = *roundsFlag; {
	case rounds > 0:
	case dbtest.Long():
		rounds = 100_000
	case testing.Short():
		rounds = 500
	default:
		rounds = 3000
	}
	return &generator{r: rand.New(rand.NewPCG(seed, 0))}, rounds
}

func TestRandomTables(t *testing.T) {
	g, rounds := random(t)
	db := newDatabase(t)
	accepted := 0
	refusals := map[string]string{}
	for range rounds {
		text := g.table()
		if _, _, err := db.check(t, text); err == nil {
			accepted++
		} else {
			refusals[err.Error()] = text
		}
	}
	t.Logf("%d of %d accepted", accepted, rounds)
	require.Greater(t, accepted, rounds/2, "%q", refusals)
}

func TestRandomIndexes(t *testing.T) {
	g, rounds := random(t)
	db := newIndexDatabase(t)
	accepted := 0
	refusals := map[string]string{}
	for range rounds {
		text := g.index()
		if err := db.checkIndex(t, text); err == nil {
			accepted++
		} else {
			refusals[err.Error()] = text
		}
	}
	t.Logf("%d of %d accepted", accepted, rounds)
	require.Greater(t, accepted, rounds/3, "%q", refusals)
}

// FuzzTable: what the library accepts as a CREATE TABLE, ParseTable reads as
// the library does, and edits of it come out as they were asked for.
func FuzzTable(f *testing.F) {
	for _, test := range tableTests {
		f.Add(test.sql)
	}
	g := &generator{r: rand.New(rand.NewPCG(1, 2))}
	for range 200 {
		f.Add(g.table())
	}
	db := newDatabase(f)
	f.Fuzz(func(t *testing.T, text string) {
		// No text may panic, whatever it is.
		parseAll(text)
		if table, err := ddl.ParseTable(text); err == nil {
			seed := fnv.New64()
			seed.Write([]byte(text))
			e := newEditor(&generator{r: rand.New(rand.NewPCG(seed.Sum64(), 0))}, table)
			e.compare(t, e.edit.SQL())
		}
		if !createsTable(text) {
			return
		}
		db.check(t, text)
	})
}

// FuzzIndex: what the library accepts as a CREATE INDEX, ParseIndex reads as
// the library does.
func FuzzIndex(f *testing.F) {
	for _, test := range indexTests {
		f.Add(test.sql)
	}
	g := &generator{r: rand.New(rand.NewPCG(1, 2))}
	for range 200 {
		f.Add(g.index())
	}
	db := newIndexDatabase(f)
	f.Fuzz(func(t *testing.T, text string) {
		parseAll(text)
		words := sqltextWords(text, 3)
		if len(words) < 3 || !words[0].Is(text, "CREATE") || !words[1].Is(text, "INDEX") && !words[2].Is(text, "INDEX") {
			return
		}
		if strings.Contains(fold(text), "libsql_vector_idx") {
			return // without an argument it crashes the process
		}
		db.checkIndex(t, text)
	})
}

// createsTable reports whether the text is a CREATE TABLE, and not of a SELECT,
// which may compute for as long as it likes.
func createsTable(text string) bool {
	words := sqltextWords(text, 2)
	if len(words) < 2 || !words[0].Is(text, "CREATE") || !words[1].Is(text, "TABLE") {
		return false
	}
	for tok := range sqltext.Tokens(text) {
		switch {
		case tok.Kind == sqltext.LParen:
			return true
		case tok.Is(text, "AS"):
			return false
		}
	}
	return false
}
