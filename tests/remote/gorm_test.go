package remote

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
	"github.com/gorm-libsql/libsql/types"
)

type owner struct {
	gorm.Model
	Name   string `gorm:"uniqueIndex"`
	Active bool
	Rate   float64
	Born   *time.Time
	Photo  []byte
	Tags   types.JSON[[]string]
	Key    types.UUID
	Price  types.Decimal
	Pets   []pet `gorm:"foreignKey:OwnerID;constraint:OnDelete:CASCADE"`
}

type pet struct {
	ID      uint
	OwnerID uint
	Name    string `gorm:"size:40;not null"`
}

func (k *kit) gorm(cfg ...*gorm.Config) *gorm.DB {
	k.Helper()
	c := &gorm.Config{Logger: logger.Discard, TranslateError: true}
	if len(cfg) > 0 {
		c = cfg[0]
	}
	db, err := gorm.Open(libsql.New(libsql.Config{Driver: k.cfg}), c)
	require.NoError(k, err)
	k.Cleanup(func() {
		pool, err := db.DB()
		require.NoError(k, err)
		require.NoError(k, pool.Close())
	})
	return db
}

func TestGORM(t *testing.T) {
	for name, opts := range map[string]hranaserver.Options{
		"libsql-server": {}, "Turso Cloud": {Cloud: true}, "version 2": {NoV3: true, NoProtobuf: true},
	} {
		t.Run(name, func(t *testing.T) {
			k := serve(t, opts)
			db := k.gorm()
			require.NoError(t, db.AutoMigrate(&owner{}, &pet{}))
			writes := k.srv.Counters().Changed
			require.NoError(t, db.AutoMigrate(&owner{}, &pet{}))
			require.Equal(t, writes, k.srv.Counters().Changed, "the second AutoMigrate writes nothing")

			born := time.Date(2001, 2, 3, 4, 5, 6, 789, time.UTC)
			price, err := types.ParseDecimal("12.50")
			require.NoError(t, err)
			in := owner{Name: "Ä", Active: true, Rate: 0.1, Born: &born, Photo: []byte{0, 1, 255}, Price: price,
				Tags: types.JSON[[]string]{V: []string{"a", "b"}, Valid: true}, Key: types.UUID(uuid.New()), Pets: []pet{{Name: "x"}, {Name: "y"}}}
			require.NoError(t, db.Create(&in).Error)
			require.NotZero(t, in.ID)
			require.NotZero(t, in.Pets[1].ID)
			var out owner
			require.NoError(t, db.Preload("Pets").First(&out, in.ID).Error)
			require.True(t, out.Born.Equal(born))
			out.Born, in.Born = nil, nil
			require.WithinDuration(t, in.CreatedAt, out.CreatedAt, 0)
			in.CreatedAt, in.UpdatedAt = out.CreatedAt, out.UpdatedAt
			require.Equal(t, in, out)

			err = db.Create(&owner{Name: "Ä"}).Error
			require.ErrorIs(t, err, gorm.ErrDuplicatedKey)
			require.ErrorIs(t, err, driver.ErrConstraintUnique)
			err = db.Create(&pet{OwnerID: 99, Name: "z"}).Error
			require.ErrorIs(t, err, gorm.ErrForeignKeyViolated)

			res := db.Model(&owner{}).Where("name = ?", "Ä").Update("rate", 2.5)
			require.NoError(t, res.Error)
			require.EqualValues(t, 1, res.RowsAffected)
			require.NoError(t, db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"active"})}).
				Create(&owner{Name: "Ä"}).Error)
			var gone []pet
			require.NoError(t, db.Clauses(clause.Returning{}).Where("name = ?", "x").Delete(&gone).Error)
			require.Equal(t, []pet{in.Pets[0]}, gone)

			many := make([]pet, 500)
			for i := range many {
				many[i] = pet{OwnerID: in.ID, Name: strings.Repeat("n", i%40+1)}
			}
			require.NoError(t, db.CreateInBatches(many, 100).Error)
			var n int64
			require.NoError(t, db.Model(&pet{}).Count(&n).Error)
			require.EqualValues(t, 501, n)
			require.NoError(t, db.Unscoped().Delete(&in).Error)
			require.NoError(t, db.Model(&pet{}).Count(&n).Error)
			require.Zero(t, n, "ON DELETE CASCADE")
			k.noStreams()
		})
	}
}

func TestGORMTransactions(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		db := k.gorm()
		require.NoError(t, db.AutoMigrate(&owner{}, &pet{}))
		stop := errors.New("stop")
		err := db.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&owner{Name: "a"}).Error)
			require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error {
				require.NoError(t, tx.Create(&owner{Name: "b"}).Error)
				return stop
			}), stop)
			require.NoError(t, tx.SavePoint("s").Error)
			require.NoError(t, tx.Create(&owner{Name: "c"}).Error)
			require.NoError(t, tx.RollbackTo("s").Error)
			require.ErrorIs(t, tx.Create(&owner{Name: "a"}).Error, gorm.ErrDuplicatedKey)
			return tx.Create(&owner{Name: "d"}).Error
		})
		require.NoError(t, err)
		var names []string
		require.NoError(t, db.Model(&owner{}).Order("name").Pluck("name", &names).Error)
		require.Equal(t, []string{"a", "d"}, names)
		require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&owner{Name: "e"}).Error)
			return stop
		}), stop)
		require.NoError(t, db.Model(&owner{}).Order("name").Pluck("name", &names).Error)
		require.Equal(t, []string{"a", "d"}, names)
	})
}

type plainRow struct {
	ID   uint
	Name string
}

// What GORM's calls cost.
func TestGORMTrips(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	db := k.gorm()
	require.NoError(t, db.AutoMigrate(&owner{}, &pet{}, &plainRow{}))
	prepared := db.Session(&gorm.Session{PrepareStmt: true})
	o := owner{Name: "a"}
	// Once for a table the dialect looks whether its key is the rowid.
	require.Equal(t, 2, k.trips(func() { require.NoError(t, db.Create(&plainRow{}).Error) }))
	for _, tt := range []struct {
		what  string
		trips int
		do    func() error
	}{
		{"Create", 1, func() error { return db.Create(&plainRow{Name: "a"}).Error }},
		{"Create with its default transaction, which associations need", 2, func() error { return db.Create(&o).Error }},
		{"Create in a transaction of its own", 2, func() error {
			return db.Transaction(func(tx *gorm.DB) error { return tx.Create(&owner{Name: "b"}).Error })
		}},
		{"Create with two associations", 3, func() error {
			return db.Create(&owner{Name: "c", Pets: []pet{{Name: "x"}, {Name: "y"}}}).Error
		}},
		{"First", 1, func() error { return db.First(&owner{}, o.ID).Error }},
		{"Preload", 2, func() error { return db.Preload("Pets").Find(&[]owner{}).Error }},
		{"Update", 1, func() error { return db.Model(&o).Update("rate", 3).Error }},
		{"Save", 1, func() error { return db.Save(&o).Error }},
		{"Delete", 1, func() error { return db.Delete(&o).Error }},
		{"PrepareStmt: two creates, each in its transaction", 4, func() error {
			for _, name := range []string{"d", "e"} {
				if err := prepared.Create(&plainRow{Name: name}).Error; err != nil {
					return err
				}
			}
			return nil
		}},
	} {
		require.Equal(t, tt.trips, k.trips(func() { require.NoError(t, tt.do(), tt.what) }), tt.what)
	}
	k.noStreams()
}

type widgetV1 struct {
	ID    uint
	Name  string
	Price int
}

func (widgetV1) TableName() string { return "widgets" }

type part struct {
	ID       uint
	WidgetID uint
	Widget   widgetV1 `gorm:"constraint:OnDelete:CASCADE"`
}

type widgetV2 struct {
	ID    uint
	Name  string  `gorm:"not null;default:none"`
	Price float64 `gorm:"check:price_positive,price >= 0"`
	Color *string `gorm:"index"`
}

func (widgetV2) TableName() string { return "widgets" }

// A change that rebuilds a table keeps its rows, and those that refer to it.
func TestMigrationThatRebuilds(t *testing.T) {
	for name, opts := range map[string]hranaserver.Options{"libsql-server": {}, "Turso Cloud": {Cloud: true}} {
		t.Run(name, func(t *testing.T) {
			k := serve(t, opts)
			db := k.gorm()
			require.NoError(t, db.AutoMigrate(&widgetV1{}, &part{}))
			for i := range 3 {
				w := widgetV1{Name: "w", Price: i}
				require.NoError(t, db.Create(&w).Error)
				require.NoError(t, db.Create(&part{WidgetID: w.ID}).Error)
			}
			k.exec("CREATE VIEW v AS SELECT name FROM widgets")
			require.NoError(t, db.AutoMigrate(&widgetV2{}))
			var n int64
			require.NoError(t, db.Model(&part{}).Count(&n).Error)
			require.EqualValues(t, 3, n)
			require.NoError(t, db.Model(&widgetV2{}).Where("price >= 0").Count(&n).Error)
			require.EqualValues(t, 3, n)
			require.EqualValues(t, 3, k.int("SELECT count(*) FROM v"))
			require.Error(t, db.Create(&widgetV2{Price: -1}).Error)
			require.ErrorIs(t, db.Create(&part{WidgetID: 77}).Error, gorm.ErrForeignKeyViolated)
			k.noStreams()
		})
	}
}
