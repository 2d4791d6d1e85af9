package migrator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	gormmigrator "gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// A dialector of the user's own, whose migrator embeds this module's.
type ownDialector struct{ libsql.Dialector }

type ownMigrator struct{ libsql.Migrator }

func (d ownDialector) Migrator(db *gorm.DB) gorm.Migrator {
	return ownMigrator{d.Dialector.Migrator(db).(libsql.Migrator)}
}

func (m ownMigrator) FullDataTypeOf(f *schema.Field) clause.Expr {
	expr := m.Migrator.FullDataTypeOf(f)
	if f.DataType == schema.String {
		expr.SQL += " COLLATE NOCASE"
	}
	return expr
}

func (m ownMigrator) BuildIndexOptions(opts []schema.IndexOption, stmt *gorm.Statement) []any {
	out := m.Migrator.BuildIndexOptions(opts, stmt)
	for i, o := range out {
		out[i] = clause.Expr{SQL: o.(clause.Expr).SQL + " DESC"}
	}
	return out
}

// One that wraps any gorm.Migrator.
type wrappingDialector struct{ libsql.Dialector }

type wrappingMigrator struct {
	gorm.Migrator
	calls *[]string
}

var calls []string

func (d wrappingDialector) Migrator(db *gorm.DB) gorm.Migrator {
	return wrappingMigrator{d.Dialector.Migrator(db), &calls}
}

func (m wrappingMigrator) AutoMigrate(values ...any) error {
	*m.calls = append(*m.calls, "AutoMigrate")
	return m.Migrator.AutoMigrate(values...)
}

// One whose migrator is put together by hand, with types of its own.
type madeDialector struct{ libsql.Dialector }

func (d madeDialector) DataTypeOf(f *schema.Field) string {
	return strings.Replace(d.Dialector.DataTypeOf(f), "text", "varchar", 1)
}

func (d madeDialector) Migrator(db *gorm.DB) gorm.Migrator {
	return libsql.Migrator{Migrator: gormmigrator.Migrator{Config: gormmigrator.Config{DB: db, Dialector: d, CreateIndexAfterCreateTable: true}}}
}

func openWith(t *testing.T, d gorm.Dialector) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(d, &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	t.Cleanup(func() {
		pool, err := db.DB()
		require.NoError(t, err)
		require.NoError(t, pool.Close())
	})
	return db
}

type customModel struct {
	ID   uint
	Name string `gorm:"index"`
	Age  int
}

func TestCustomMigrators(t *testing.T) {
	for name, c := range map[string]struct {
		dialector func(libsql.Dialector) gorm.Dialector
		want      string
		plans     bool
	}{
		"embedded": {func(d libsql.Dialector) gorm.Dialector { return ownDialector{d} }, "`name` text COLLATE NOCASE", true},
		"pointer":  {func(d libsql.Dialector) gorm.Dialector { return &ownDialector{d} }, "`name` text COLLATE NOCASE", true},
		"wrapped":  {func(d libsql.Dialector) gorm.Dialector { return wrappingDialector{d} }, "`name` text,", false},
		"made":     {func(d libsql.Dialector) gorm.Dialector { return madeDialector{d} }, "`name` varchar", true},
	} {
		t.Run(name, func(t *testing.T) {
			calls = nil
			db := openWith(t, c.dialector(libsql.Dialector{DSN: dbtest.DSN(t)}))
			exec(t, db, "CREATE TABLE custom_models(id integer PRIMARY KEY AUTOINCREMENT, old INT)", "INSERT INTO custom_models(old) VALUES (7)")
			_, err := migrator.NewPlan(db, &customModel{})
			require.Equal(t, c.plans, err == nil, err)
			if !c.plans {
				require.True(t, isUnsupported(err))
			}
			twice(t, db, &customModel{})
			if name == "wrapped" {
				require.Equal(t, []string{"AutoMigrate", "AutoMigrate"}, calls)
			}
			m := db.Migrator()
			require.NoError(t, m.DropTable("custom_models"))
			require.NoError(t, m.CreateTable(&customModel{}))
			require.Contains(t, dump(t, db), c.want)
			require.Equal(t, c.dialector(libsql.Dialector{}) != nil && (name == "embedded" || name == "pointer"), strings.Contains(dump(t, db), "(`name` DESC)"))
			require.NoError(t, m.RenameColumn(&customModel{}, "Age", "years"))
			require.NoError(t, m.AddColumn(&customModel{}, "Age"))
			require.NoError(t, m.RenameIndex(&customModel{}, "Name", "idx"))
			twice(t, db, &customModel{})
			require.NoError(t, db.Create(&customModel{Name: "x", Age: 3}).Error)
			require.True(t, m.HasIndex("custom_models", "idx"))
		})
	}
}

var _ = []gorm.Migrator{ownMigrator{}, wrappingMigrator{}}
