package docs_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/libsqltest"
	"github.com/gorm-libsql/libsql/pragma"
)

func TestTypedPragmas(t *testing.T) {
	ctx := context.Background()
	db := libsqltest.New(t, &User{}, &Post{})
	pool, err := db.DB()
	require.NoError(t, err)
	conn, err := pool.Conn(ctx)
	require.NoError(t, err)
	defer conn.Close()
	{
		err := pragma.CacheSize.SetAll(ctx, pool, pragma.KiB(65536))
		require.NoError(t, err)
	}
	{
		mode, err := pragma.JournalMode.Get(ctx, pool)
		if mode == pragma.JournalWAL {
			fmt.Println("readers do not wait")
		}
		require.NoError(t, err)
		require.Equal(t, pragma.JournalWAL, mode)
	}
	{
		posts := []Post{{Title: "of nobody yet", UserID: 7}}
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := pragma.DeferForeignKeys.Set(ctx, tx.Statement.ConnPool, true); err != nil {
				return err
			}
			return tx.Create(&posts).Error
		})
		require.ErrorIs(t, err, driver.ErrConstraintForeignKey) // of COMMIT
	}
	{
		err := libsql.Conn(db, func(c *driver.Conn) error {
			return pragma.Synchronous.Set(ctx, pragma.On(c), pragma.SyncFull)
		})
		require.NoError(t, err)
	}
	{
		_, err := conn.ExecContext(ctx, "ATTACH ':memory:' AS archive; PRAGMA archive.user_version = 3")
		require.NoError(t, err)
		version, err := pragma.UserVersion.In("archive").Get(ctx, conn)
		require.NoError(t, err)
		require.Equal(t, int32(3), version)
	}
	{
		tx, err := conn.BeginTx(ctx, nil)
		require.NoError(t, err)
		err = pragma.ForeignKeys.Set(ctx, tx, false)
		var kept *pragma.KeptError
		if errors.As(err, &kept) {
			fmt.Println(kept.Asked, kept.Kept, kept.Reason) // false true it does not change inside a transaction
		}
		require.Equal(t, "false true it does not change inside a transaction", fmt.Sprint(kept.Asked, " ", kept.Kept, " ", kept.Reason))
		require.NoError(t, tx.Rollback())
	}
	{
		err = pragma.AutoVacuum.Set(ctx, conn, pragma.VacuumIncremental)
		if errors.Is(err, pragma.ErrNeedsVacuum) {
			_, err = conn.ExecContext(ctx, "VACUUM")
		}
		require.NoError(t, err)
		vacuum, err := pragma.AutoVacuum.Get(ctx, pool)
		require.NoError(t, err)
		require.Equal(t, pragma.VacuumIncremental, vacuum)
	}
	{
		found, err := pragma.IntegrityCheck(ctx, pool, "", "")
		for _, text := range found {
			log.Println(text)
		}
		require.NoError(t, err)
		require.Empty(t, found)
	}
	{
		columns, err := pragma.TableInfo(ctx, pool, "main", "users")
		for _, c := range columns {
			fmt.Println(c.Name, c.Type, c.NotNull, c.PrimaryKey)
		}
		require.NoError(t, err)
		require.Len(t, columns, 6)
	}
}

// docs/pragmas.md has a row for each PRAGMA of the engine, with a name that
// package pragma has, and the link of that PRAGMA.
func TestDocumentOfThePragmas(t *testing.T) {
	text, err := os.ReadFile("pragmas.md")
	require.NoError(t, err)
	exported, variables := map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob("../pragma/*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				exported[d.Name.Name] = d.Recv == nil
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR && v.Names[0].IsExported() {
						exported[v.Names[0].Name], variables[v.Names[0].Name] = true, true
					}
				}
			}
		}
	}
	delete(variables, "ErrNeedsVacuum")
	db := libsqltest.New(t)
	var names []string
	require.NoError(t, db.Raw("SELECT name FROM pragma_pragma_list").Scan(&names).Error)
	rows := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| \\[([a-z_]+)\\]\\((.*?)\\) \\| `pragma\\.(\\w+)` \\|").FindAllStringSubmatch(string(text), -1) {
		require.False(t, rows[m[1]], m[1])
		rows[m[1]] = true
		require.Contains(t, names, m[1])
		require.Equal(t, "https://www.sqlite.org/pragma.html#pragma_"+m[1], m[2])
		require.True(t, exported[m[3]], m[3])
		delete(variables, m[3])
	}
	require.Empty(t, variables)
	_, out, ok := strings.Cut(string(text), "## Left out")
	require.True(t, ok)
	for _, name := range names {
		require.True(t, rows[name] || strings.Contains(out, "`"+name+"`"), name)
	}
}
