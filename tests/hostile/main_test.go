package hostile

import (
	"context"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m, map[string]func([]string) error{"poke": pokeChild}) }

var background = context.Background()
