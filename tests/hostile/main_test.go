package hostile

import (
	"context"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m, nil) }

var background = context.Background()
