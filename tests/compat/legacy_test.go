package compat

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/tests/compat/kit"
	"github.com/gorm-libsql/libsql/tests/fixtures"
)

// Models for the old shop's file, as an application would declare them that
// other tools made the tables for.

type oldRegion struct {
	Code string `gorm:"primaryKey;type:char(2)"`
	Name string `gorm:"type:nvarchar(80);not null;default:unnamed"`
}

func (oldRegion) TableName() string { return "regions" }

type oldCustomer struct {
	ID        uint
	Name      string        `gorm:"type:varchar(100);not null"`
	Email     *string       `gorm:"type:text;unique"`
	Vip       sql.Null[any] `gorm:"type:boolean;not null;default:0"`
	Status    string        `gorm:"type:varchar(10);not null;default:active"`
	Region    *string       `gorm:"type:char(2)"`
	Referrer  *uint
	Born      *time.Time `gorm:"type:date"`
	Joined    *time.Time `gorm:"default:current_timestamp"`
	Seen      *time.Time `gorm:"type:timestamp"`
	LocalText *time.Time
	Phone     string `gorm:"type:varchar(20);default:none"`
}

func (oldCustomer) TableName() string { return "customers" }

type oldOrder struct {
	ID         uint
	CustomerID uint       `gorm:"not null;index:idx orders"`
	Qty        int        `gorm:"not null;default:1"`
	Price      float64    `gorm:"type:decimal(10,2);not null;default:0.0"`
	Total      float64    `gorm:"type:decimal(10,2);->"`
	Label      string     `gorm:"->"`
	Placed     *time.Time `gorm:"index:idx orders,sort:desc"`
	State      *string    `gorm:"default:open"`
}

func (oldOrder) TableName() string { return "orders" }

type oldOrderLine struct {
	Order  int           `gorm:"primaryKey;autoIncrement:false"`
	LineNo int           `gorm:"primaryKey;autoIncrement:false;column:line no;type:smallint"`
	Select string        `gorm:"default:('it''s ' || 'new')"`
	SayHi  *string       `gorm:"column:say \"hi\""`
	Price  sql.Null[any] `gorm:"type:money"`
}

func (oldOrderLine) TableName() string { return "order lines" }

type oldLineNote struct {
	ID        uint
	LineOrder *int    `gorm:"type:int"`
	LineNo    *int    `gorm:"type:int"`
	Remark    *string `gorm:"type:clob"`
}

func (oldLineNote) TableName() string { return "line_notes" }

type oldAuditLog struct {
	ID    uint
	What  string `gorm:"not null"`
	RowID *int
	Old   *string
	New   *string
}

func (oldAuditLog) TableName() string { return "audit_log" }

type oldStrictValue struct {
	ID uint
	I  *int `gorm:"type:int"`
	R  *float64
	T  *string
	B  []byte
	A  sql.Null[any] `gorm:"type:any"`
}

func (oldStrictValue) TableName() string { return "strict_values" }

func legacyModels() []any {
	return []any{&oldRegion{}, &oldCustomer{}, &oldOrder{}, &oldOrderLine{}, &oldLineNote{}, &oldAuditLog{}, &oldStrictValue{}}
}

// A file that an application in New York left behind, with triggers, views,
// partial indexes, generated columns and literals in double quotes: nothing of
// it is changed by AutoMigrate, and all of it is read as it was meant.
func TestOldFile(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := openFile(t, fixtures.Path(t, "legacy_mattn"), prepare)
		text, version, err := kit.Schema(db)
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, db.AutoMigrate(legacyModels()...))
			now, nowVersion, err := kit.Schema(db)
			require.NoError(t, err)
			require.Equal(t, text, now)
			require.Equal(t, version, nowVersion, "something was written into the schema")
			stored(t, db)
		}

		newYork, err := time.LoadLocation("America/New_York")
		require.NoError(t, err)
		var all []oldCustomer
		require.NoError(t, db.Order("id").Find(&all).Error)
		require.Len(t, all, 4)
		ada, bob, zoe, view := all[0], all[1], all[2], all[3]
		require.Equal(t, []any{true, false, "t", false}, []any{ada.Vip.V, bob.Vip.V, zoe.Vip.V, view.Vip.V})
		require.Equal(t, []string{"active", "closed", "active", "active"}, []string{ada.Status, bob.Status, zoe.Status, view.Status})
		require.Equal(t, "none", ada.Phone)
		require.True(t, ada.Seen.Equal(time.Date(2023, 7, 4, 9, 15, 0, 0, newYork)), ada.Seen)
		require.True(t, bob.Seen.Equal(time.Date(2023, 1, 15, 22, 45, 30, 5e8, newYork)), bob.Seen)
		require.Equal(t, time.Hour, view.Seen.Sub(*zoe.Seen), "the hour that came twice")
		require.Equal(t, "1815-12-10", ada.Born.Format(time.DateOnly))
		require.Equal(t, int64(946684800), zoe.Joined.Unix())

		var orders []oldOrder
		require.NoError(t, db.Order("id").Find(&orders).Error)
		require.Len(t, orders, 3)
		require.Equal(t, 25.0, orders[0].Total)
		require.Equal(t, "2/5", orders[2].Label)
		require.True(t, orders[1].Placed.Equal(*bob.Seen))
		require.Equal(t, int64(983423045), orders[2].Placed.Unix())
		var lines []oldOrderLine
		require.NoError(t, db.Order("`order`, `line no`").Find(&lines).Error)
		require.Equal(t, []any{"$5.00", int64(7), 7.5}, []any{lines[0].Price.V, lines[1].Price.V, lines[2].Price.V})
		require.Equal(t, "it's new", lines[0].Select)
	})
}

// The triggers, checks and keys of the old file do what they did.
func TestOldFileGoesOn(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := openFile(t, fixtures.Path(t, "legacy_mattn"), prepare)
		require.NoError(t, db.Model(&oldCustomer{ID: 1}).Update("status", "closed").Error)
		require.NoError(t, db.Delete(&oldCustomer{ID: 2}).Error)
		var log []oldAuditLog
		require.NoError(t, db.Order("id DESC").Limit(2).Find(&log).Error)
		require.Equal(t, []string{"gone; for good", "status"}, []string{log[0].What, log[1].What})
		var n int64
		require.NoError(t, db.Model(&oldOrder{}).Where("customer_id = 2").Count(&n).Error)
		require.Zero(t, n, "the orders of a customer that is gone")
		require.ErrorContains(t, db.Create(&oldOrder{CustomerID: 1, Qty: 1001}).Error, "too many; ask the boss")
		require.ErrorContains(t, db.Create(&oldCustomer{Name: "x", Vip: sql.Null[any]{V: 0, Valid: true}, Status: "odd"}).Error, "CHECK constraint failed")
		made := oldOrder{CustomerID: 1, Qty: 3, Price: 2.5}
		require.NoError(t, db.Create(&made).Error)
		require.Equal(t, uint(9), made.ID, "no id comes twice: 8 was given and deleted")
		require.NoError(t, db.First(&made).Error)
		require.Equal(t, 7.5, made.Total)
		require.NoError(t, db.Exec("INSERT INTO active_customers(name) VALUES (?)", "by the view").Error)
		var ok string
		require.NoError(t, db.Raw("PRAGMA integrity_check").Scan(&ok).Error)
		require.Equal(t, "ok", ok)
		require.NoError(t, db.AutoMigrate(legacyModels()...))
	})
}

// stored checks that every value of the file is what its maker left in it.
func stored(t *testing.T, db *gorm.DB) {
	t.Helper()
	for _, c := range fixtures.Load(t, "legacy_mattn") {
		for _, cell := range c.Cells {
			if cell.Type == "real" {
				continue // as numbers, not as texts: the driver's tests have them
			}
			column := `"` + cell.Column + `"`
			if cell.Column == `say "hi"` {
				column = `"say ""hi"""`
			}
			var raw, kind string
			row := db.Raw(fmt.Sprintf("SELECT typeof(%[1]s), CASE typeof(%[1]s) WHEN 'integer' THEN %[1]s ELSE hex(%[1]s) END FROM %s WHERE %s",
				column, c.Table, c.Where)).Row()
			require.NoError(t, row.Scan(&kind, &raw), c.Name)
			require.Equal(t, cell.Type, kind, c.Table+"."+cell.Column)
			if kind != "integer" {
				want, err := hex.DecodeString(cell.Raw)
				require.NoError(t, err)
				got, err := hex.DecodeString(raw)
				require.NoError(t, err)
				require.Equal(t, want, got, c.Table+"."+cell.Column)
			} else {
				require.Equal(t, cell.Raw, raw, c.Table+"."+cell.Column)
			}
		}
	}
}
