package remote

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// conformance has a test for each thing that a client and a server of Hrana must
// do right, and for each trap that others have fallen into.
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
	{"29. answers of the wrong length, 30. of the wrong kind", "", []string{"TestWrongAnswers", "TestAnswerThatTellsNoTransaction", "TestHostileAnswers", "TestFaultMatrix"}},
	{"31. 429", "", []string{"TestTooManyRequests", "TestRefusedWithinATransaction"}},
	{"32. a connection that is reset", "", []string{"TestFaultMatrix", "TestReadsAreRepeated", "TestAnswerThatIsCutAnywhere", "TestHTTP2"}},
	{"33. a connection that was closed while idle", "", []string{"TestClosedKeepAlive", "TestWritesOverConnectionsThatAreClosed", "TestNetworkConnectionIsReused"}},
	{"34. no Idempotency-Key", "", []string{"TestBodies", "TestHeaders"}},
	{"35. a context that ends", "", []string{"TestCancel"}},
	{"36. a deadline during COMMIT", "", []string{"TestDeadlineDuringCommit"}},
	{"35. before anything is sent, while the answer comes", "", []string{"TestCancelBeforeSending", "TestAnswerWithoutEnd"}},
	{"37. Close with an open transaction", "", []string{"TestCloseWithAnOpenTransaction", "TestCloseWhileQueriesRun"}},
	{"38. rows closed early", "", []string{"TestCursor"}},
	{"39. never two requests with one baton", "", []string{"TestConcurrency"}},
	{"40. base_url", "", []string{"TestBaseURL", "TestBaseURLThatLeavesTLS", "TestBaseURLThatLeavesLoopback"}},
	{"41. addresses", "", []string{"TestPlainHTTPShowsNoToken", "TestPathPrefix"}},
	{"41. their parameters", "driver", []string{"TestParseDSNForms", "TestParseDSNRefusesParameters"}},
	{"42. cursors", "", []string{"TestCursor", "TestCursorThatIsCut", "TestCursorEntries", "TestNoCursors"}},
	{"43. read-only transactions", "", []string{"TestReadOnlyTransaction"}},
	{"44. the replication index", "", []string{"TestBodies", "TestReplicationIndex"}},
	{"45. headers", "", []string{"TestHeaders"}},

	{"46. the fields of each body", server, []string{"TestGoldenBodies", "TestCursorGolden"}},
	{"47. npm's client", "tests/hranaclients/node", []string{"client.mjs"}},
	{"48. go-libsql", "tests/hranaclients/golibsql", []string{"main.go"}},
	{"49. libsql-client-go", "tests/hranaclients/clientgo", []string{"main.go"}},
	{"50. batons", server, []string{"TestBatons", "TestOneOfTwoRequestsWithABatonWins", "TestExpireAndForget"}},
	{"51. expiry, and the limit of a transaction", server, []string{"TestExpiry", "TestLockLimit"}},
	{"52. conditions", server, []string{"TestConditions"}},
	{"53. batches and sequences with something wrong in them", server, []string{"TestNothingRunsOfWhatIsPartlyWrong"}},
	{"54. statements that are refused", server, []string{"TestFilter"}},
	{"55. stored SQL", server, []string{"TestStoredSQL"}},
	{"56. results that are too large", server, []string{"TestResponseTooLarge", "TestCursorOfManyRows"}},
	{"57. cursors", server, []string{"TestCursorStreams", "TestCursorGolden", "TestACursorLosesItsLock"}},
	{"58. tokens", server, []string{"TestToken", "TestJWT", "TestRoutes"}},
	{"59. too many streams", server, []string{"TestMaxStreams"}},
	{"60. faults", server, []string{"TestFaults", "TestCloud"}},

	{"trap 1: several statements behind a transaction that has timed out", "", []string{"TestTransactionTimeout", "TestTransactionThatIsLost"}},
	{"trap 2: a transaction lives for some seconds", "", []string{"TestTransactionTimeout", "TestExpiry", "TestStreamThatExpiresBehindItsCursor"}},
	{"trap 3: what is an error of SQL breaks a cursor", "", []string{"TestStatementThatFails", "TestCursorThatIsCut"}},
	{"trap 4: a baton that is kept expires", "", []string{"TestExpiry", "TestExpiryUnderLoad"}},
	{"trap 5: streams that are left open", "", []string{"TestNoStreamIsLeft", "TestRefusedCommit"}},
	{"trap 6: three shapes of errors", "", []string{"TestErrorBodies"}},
	{"trap 7: three styles of codes", "driver/internal/hrana", []string{"TestServerErrors"}},
	{"trap 8: rowids as strings and as numbers, 16: what may be missing or large", "driver/internal/hrana", []string{"TestRowIDs", "TestAnswer"}},
	{"trap 9: the last entry of a cursor", "", []string{"TestCursorEntries"}},
	{"trap 10: rows that nobody wants", "", []string{"TestTrips", "TestResults"}},
	{"trap 11: a step that was skipped has failed, or not", "", []string{"TestConditionsOfSkippedSteps"}},
	{"trap 12: content types with a charset", "", []string{"TestErrorBodies"}},
	{"trap 13: kinds of parameters", "", []string{"TestParameters"}},
	{"trap 14: describing does what it describes", "", []string{"TestDescribe"}},
	{"trap 15: base_url with and without a slash", "", []string{"TestBaseURL"}},
	{"trap 17: infinities", "", []string{"TestInfinityThatIsRead"}},
	{"trap 18: limits of stored SQL", server, []string{"TestStoredSQL"}},
	{"trap 19: a protocol error, and 20: a 403, take the stream with them", "", []string{"TestRefusedAfterItRan"}},
	{"trap 21: what migrations must not use", "", []string{"TestMigrationThatRebuilds", "TestRefusedStatements"}},
	{"trap 22: what is set on a stream", "", []string{"TestSettings"}},
	{"trap 23: a stream that is gone without being closed", "", []string{"TestTrips", "TestSettings"}},
	{"trap 24: an address is no namespace", "", []string{"TestHeaders"}},
	{"trap 25: texts that are not UTF-8", "", []string{"TestTextThatIsNotUTF8"}},
	{"trap 26: a batch that is broken off", "", []string{"TestResponseTooLarge"}},
	{"trap 27: version 2 has no fence", "", []string{"TestTransactionTimeout", "TestTransactionThatIsLost"}},
}

const server = "internal/hranaserver"

var numbered = regexp.MustCompile(`\b(\d+)[.:]`)

func TestConformance(t *testing.T) {
	numbers := map[string]bool{}
	for _, c := range conformance {
		dir := "."
		if c.in != "" {
			dir = filepath.Join("..", "..", filepath.FromSlash(c.in))
		}
		have := testsIn(t, dir)
		for _, name := range c.tests {
			require.True(t, have[name], "%s: there is no %s", c.what, name)
		}
		kind := ""
		if strings.HasPrefix(c.what, "trap") {
			kind = "trap "
		}
		for _, n := range numbered.FindAllStringSubmatch(c.what, -1) {
			numbers[kind+n[1]] = true
		}
	}
	for n := 1; n <= 60; n++ {
		require.True(t, numbers[strconv.Itoa(n)], "%d", n)
		require.True(t, n > 27 || numbers["trap "+strconv.Itoa(n)], "trap %d", n)
	}
}

// testsIn are the names of the tests and of the files of a directory.
func testsIn(t *testing.T, dir string) map[string]bool {
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	have := map[string]bool{}
	for _, f := range files {
		have[f.Name()] = true // a client of other people's is a file
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
