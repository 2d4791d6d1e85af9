package remote

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// conformance has a test for each thing that a client of Hrana must do right.
var conformance = []struct {
	what, in string // in: "" for this directory
	tests    []string
}{
	{"1. a statement is one request that ends in close", "", []string{"TestTrips", "TestBodies"}},
	{"2. many statements leave no stream open", "", []string{"TestNoStreamIsLeft"}},
	{"3. a query of 0, 1 and 10000 rows is one request", "", []string{"TestManyRows"}},
	{"4. Begin sends nothing, nor does its end without a statement", "", []string{"TestTrips"}},
	{"5. GORM's Create with its transaction is two requests", "", []string{"TestGORMTrips", "TestBodies"}},
	{"6. Rollback is one request", "", []string{"TestTrips", "TestCommitAndRollback"}},
	{"7. COMMIT is fenced, and returned when it fails", "", []string{"TestBodies", "TestCommitThatFails"}},
	{"8. nothing runs after a forced rollback", "", []string{"TestTransactionThatIsLost", "TestTransactionTimeout"}},
	{"9. an expired baton ends a transaction", "", []string{"TestExpiry", "TestForeignBaton"}},
	{"10. an idle connection works", "", []string{"TestExpiry"}},
	{"11. 64-bit integers, 12. floats, 14. texts, 15. blobs", "", []string{"TestValues", "TestValuesThatCannotBeSent"}},
	{"13. infinities and NaN", "", []string{"TestValuesThatCannotBeSent", "TestInfinityThatIsRead"}},
	{"16. named, 17. numbered, 18. positional arguments", "", []string{"TestParameters"}},
	{"19. texts of several statements", "", []string{"TestResults", "TestTextThatFails"}},
	{"20. texts without a statement", "", []string{"TestValuesThatCannotBeSent"}},
	{"21. results with more or less in them", "driver/internal/hrana", []string{"TestAnswer", "TestRowIDs"}},
	{"22. LastInsertId and RowsAffected", "", []string{"TestResults"}},
	{"23. types of columns, 24. names of columns", "", []string{"TestDeclaredTypes"}},
	{"25. constraints, 26. other codes", "", []string{"TestErrors"}},
	{"25. the same, as other servers tell them", "driver/internal/hrana", []string{"TestServerErrors"}},
	{"27. bodies of errors, 28. statuses", "", []string{"TestErrorBodies", "TestErrorsHoldNoToken"}},
	{"29. answers of the wrong length, 30. of the wrong kind", "", []string{"TestWrongAnswers", "TestFaultMatrix"}},
	{"31. 429", "", []string{"TestTooManyRequests"}},
	{"32. a connection that is reset", "", []string{"TestFaultMatrix", "TestReadsAreRepeated"}},
	{"33. a connection that was closed while idle", "", []string{"TestClosedKeepAlive"}},
	{"34. no Idempotency-Key", "", []string{"TestBodies", "TestHeaders"}},
	{"35. a context that ends", "", []string{"TestCancel"}},
	{"36. a deadline during COMMIT", "", []string{"TestDeadlineDuringCommit"}},
	{"37. Close with an open transaction", "", []string{"TestCloseWithAnOpenTransaction"}},
	{"38. rows closed early", "", []string{"TestCursor"}},
	{"39. never two requests with one baton", "", []string{"TestConcurrency"}},
	{"40. base_url", "", []string{"TestBaseURL", "TestBaseURLThatLeavesTLS"}},
	{"41. addresses", "", []string{"TestPlainHTTPShowsNoToken", "TestPathPrefix"}},
	{"42. cursors", "", []string{"TestCursor", "TestCursorThatIsCut", "TestCursorEntries"}},
	{"43. read-only transactions", "", []string{"TestReadOnlyTransaction"}},
	{"44. the replication index", "", []string{"TestBodies"}},
	{"45. headers", "", []string{"TestHeaders"}},
}

func TestConformance(t *testing.T) {
	for _, c := range conformance {
		dir := "."
		if c.in != "" {
			dir = filepath.Join("..", "..", filepath.FromSlash(c.in))
		}
		have := testsIn(t, dir)
		for _, name := range c.tests {
			require.True(t, have[name], "%s: there is no %s", c.what, name)
		}
	}
}

// testsIn are the names of the tests of a directory.
func testsIn(t *testing.T, dir string) map[string]bool {
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	have := map[string]bool{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, f.Name()), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				have[fn.Name.Name] = true
			}
		}
	}
	return have
}
