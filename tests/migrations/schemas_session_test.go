package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// on is db on one connection, with what that has attached and keeps in temp.
func on(t *testing.T, setup func(dbtest.Execer)) (*gorm.DB, func(added map[string][]string, fire []string) (look, []string, look)) {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { dbtest.Close(t, pool) })
	pool.SetMaxOpenConns(1) // nobody may need a second one either
	setup(pool)
	return db, func(added map[string][]string, fire []string) (look, []string, look) {
		c := dbtest.Conn(t, pool)
		l := lookAt(t, c, nil, added)
		did, fired := effects(t, c, fire, added)
		require.NoError(t, c.Close())
		return l, did, fired
	}
}

type Stock struct {
	ID   int64  `gorm:"type:INTEGER;primaryKey"`
	Name string `gorm:"type:TEXT;not null"`
	N    int    `gorm:"type:INTEGER;not null;default:0"`
}

func (Stock) TableName() string { return "stock" }

type StockNow struct {
	Stock
	N    int     `gorm:"type:INTEGER;not null;default:0;check:n >= 0"`
	Code *string `gorm:"type:TEXT;unique"`
}

type Basket struct {
	ID    int64 `gorm:"type:INTEGER;primaryKey"`
	Stock int64 `gorm:"type:INTEGER;index:basket_stock"`
	N     int   `gorm:"type:INTEGER;default:1"`
}

func (Basket) TableName() string { return "basket" }

type BasketNow struct {
	Basket
	Gift *string `gorm:"type:TEXT;unique"`
}

// Seen is main's table; temp has one of the same name, which hides it.
type Seen struct {
	ID   int64   `gorm:"type:INTEGER;primaryKey"`
	What *string `gorm:"type:TEXT"`
}

func (Seen) TableName() string { return "main.seen" }

type SeenNow struct {
	Seen
	By *string `gorm:"type:TEXT;unique"`
}

func TestTablesAndTriggersOfTemp(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	t.Parallel()
	fire := []string{"UPDATE stock SET n = 1 WHERE id = 1", "DELETE FROM stock WHERE id = 2", "INSERT INTO basket (stock) VALUES (1)"}
	for _, c := range []struct {
		name     string
		old, now any
		table    string // where the columns come
		object   string
		added    []string
	}{
		{"main's, with triggers of temp", &Stock{}, &StockNow{}, "stock", "main.table stock", []string{"code"}},
		{"temp's", &Basket{}, &BasketNow{}, "basket", "temp.table basket", []string{"gift"}},
		{"main's behind one of temp", &Seen{}, &SeenNow{}, "main.seen", "main.table seen", []string{"by"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, look := on(t, func(q dbtest.Execer) { dbtest.Exec(t, q, text(t, "21-temp.sql")) })
			first, did, fired := look(nil, fire)
			require.NotEqual(t, first.rows, fired.rows)
			require.NoError(t, db.AutoMigrate(c.old))
			same, _, _ := look(nil, nil)
			require.Equal(t, first, same)

			require.NoError(t, db.AutoMigrate(c.now))
			added := map[string][]string{c.table: c.added, "seen": c.added}
			now, didNow, firedNow := look(added, fire)
			require.NotEqual(t, first.objects[c.object], now.objects[c.object])
			delete(now.objects, c.object)
			kept := first.objects[c.object]
			delete(first.objects, c.object)
			require.Equal(t, first.objects, now.objects)
			require.Equal(t, first.rows, now.rows)
			require.Equal(t, first.checks, now.checks)
			require.Equal(t, did, didNow)
			require.Equal(t, fired, firedNow)

			for _, column := range c.added {
				require.NoError(t, db.Migrator().DropColumn(c.now, column))
			}
			if c.table == "stock" {
				require.NoError(t, db.Migrator().DropConstraint(c.now, "chk_stock_n"))
			}
			back, didBack, firedBack := look(nil, fire)
			first.objects[c.object] = kept
			require.Equal(t, first, back)
			require.Equal(t, did, didBack)
			require.Equal(t, fired, firedBack)
			tables, err := db.Migrator().GetTables()
			require.NoError(t, err)
			require.ElementsMatch(t, []string{"stock", "seen"}, tables)
		})
	}
}

// Client is of main or of the archive, which have other tables of that name.
type Client struct {
	ID   int64   `gorm:"type:INTEGER;primaryKey"`
	Name string  `gorm:"type:TEXT;not null"`
	City *string `gorm:"type:TEXT"`
}

func (Client) TableName() string { return "client" }

type ClientNow struct {
	Client
	City  *string `gorm:"type:VARCHAR(40)"`
	Phone *string `gorm:"type:TEXT;unique"`
}

type ArchiveClient struct{ Client }

func (ArchiveClient) TableName() string { return "archive.client" }

type ArchiveClientNow struct{ ClientNow }

func (ArchiveClientNow) TableName() string { return "archive.client" }

func TestTablesOfAnAttachedDatabase(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	t.Parallel()
	fire := []string{
		"UPDATE archive.client SET name = 'Zora' WHERE id = 1",
		"DELETE FROM archive.client WHERE id = 7",
		"INSERT INTO archive.client (name, city) VALUES ('Zoe', 'GRAZ')",
		"INSERT INTO main.client (name) VALUES ('Ada')",
	}
	for _, c := range []struct{ schema, other string }{{"main", "archive"}, {"archive", "main"}} {
		t.Run(c.schema, func(t *testing.T) {
			db, look := on(t, func(q dbtest.Execer) {
				dbtest.Exec(t, q, "ATTACH '"+dbtest.File(t)+"' AS archive")
				dbtest.Exec(t, q, text(t, "22-attached.sql"))
			})
			old, now := any(&Client{}), any(&ClientNow{})
			if c.schema == "archive" {
				old, now = &ArchiveClient{}, &ArchiveClientNow{}
			}
			first, did, fired := look(nil, fire)
			require.NotEqual(t, first.rows, fired.rows)
			require.NoError(t, db.AutoMigrate(old))
			same, _, _ := look(nil, nil)
			require.Equal(t, first, same)

			require.NoError(t, db.AutoMigrate(now))
			object := c.schema + ".table client"
			added := map[string][]string{"client": {"phone"}}
			after, didAfter, firedAfter := look(added, fire)
			require.Equal(t, did, didAfter)
			require.Equal(t, fired, firedAfter)
			require.Equal(t, first.rows, after.rows)
			require.Equal(t, first.objects[c.other+".table client"], after.objects[c.other+".table client"])
			require.NotEqual(t, first.objects[object], after.objects[object])

			require.NoError(t, db.AutoMigrate(old))
			require.NoError(t, db.Migrator().DropColumn(now, "phone"))
			back, didBack, firedBack := look(nil, fire)
			require.Equal(t, first, back)
			require.Equal(t, did, didBack)
			require.Equal(t, fired, firedBack)
		})
	}
}
