package block

import (
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.NeedsNothing, nil) }
