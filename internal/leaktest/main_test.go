package leaktest_test

import (
	"os"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/leaktest"
)

// childVar names the case that a child process runs, and is empty in the parent.
const childVar = "LEAKTEST_CHILD"

func TestMain(m *testing.M) {
	name := os.Getenv(childVar)
	if name == "" {
		leaktest.Main(m)
	}
	opts := append([]leaktest.Option{leaktest.Within(time.Second)}, childCases[name].opts...)
	leaktest.Main(m, opts...)
}
