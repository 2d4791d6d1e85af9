package hrana

import (
	"testing"

	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
