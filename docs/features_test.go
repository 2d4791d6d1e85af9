package docs_test

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/libsqltest"
)

//go:embed migrations/*.sql
var migrations embed.FS

func TestBatches(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	results, err := libsql.ExecBatch(db, `
		INSERT INTO users(name, email) VALUES ('Ada', 'ada@example.com'), ('Kay', 'kay@example.com');
		SELECT count(*) AS n FROM users;`)
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(2)}}, results[1].Rows)

	_, err = libsql.ExecBatch(db, "INSERT INTO users(email) VALUES ('ada@example.com')")
	var failed *driver.BatchError
	if errors.As(err, &failed) {
		fmt.Println(failed.Index, failed.Line, failed.Column, failed.SQL)
	}
	require.NotNil(t, failed)
}

func TestFiles(t *testing.T) {
	db := libsqltest.New(t)
	for range 2 {
		if err := libsql.ExecFS(db, migrations, "migrations/*.sql"); err != nil {
			log.Fatal(err)
		}
	}
	require.True(t, db.Migrator().HasTable("countries"))
}

func TestStatistics(t *testing.T) {
	db := libsqltest.New(t, &User{})
	pool, err := db.DB()
	if err != nil {
		log.Fatal(err)
	}
	stats, err := driver.ReadPoolStats(context.Background(), pool, false)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.CacheHitRatio(), stats.Memory.Used)
	err = stats.WriteMetrics(os.Stdout, map[string]string{"db": "app"})
	require.NoError(t, err)
}

func TestOtherFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("archive.db", nil, 0o600))
	db := libsqltest.New(t)
	err := libsql.Attach(db, driver.Attachment{Schema: "archive", Path: "archive.db"})
	require.NoError(t, err)
	require.NoError(t, db.Table("archive.orders").AutoMigrate(&struct{ ID int }{}))
}
