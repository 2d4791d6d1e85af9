package gormtest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type rated struct {
	ID     uint
	Email  string `gorm:"uniqueIndex;not null;default:null"`
	Rate   int    `gorm:"check:rate_small,rate < 10"`
	Boss   *rated
	BossID *uint
	Code   *string `gorm:"uniqueIndex:pair"`
	Kind   *string `gorm:"uniqueIndex:pair"`
}

func TestErrors(t *testing.T) {
	for _, translate := range []bool{false, true} {
		eachConfig(t, gorm.Config{TranslateError: translate}, models(&rated{}), func(t *testing.T, db *gorm.DB) {
			const before = "1 a 1 NULL c k, 2 b 2 1 NULL NULL"
			done(t, db.Create(&[]rated{{Email: "a", Rate: 1, Code: ptr("c"), Kind: ptr("k")}, {Email: "b", Rate: 2, BossID: ptr(uint(1))}}), 2)
			missing := ptr(uint(99))
			for _, c := range []struct {
				what     string
				do       func(db *gorm.DB) error
				gorm     error
				extended driver.Code
				message  string
			}{
				{"unique", func(db *gorm.DB) error { return db.Create(&rated{Email: "a"}).Error }, gorm.ErrDuplicatedKey, driver.ErrConstraintUnique,
					"UNIQUE constraint failed: rateds.email"},
				{"unique of two", func(db *gorm.DB) error { return db.Create(&rated{Email: "x", Code: ptr("c"), Kind: ptr("k")}).Error }, gorm.ErrDuplicatedKey, driver.ErrConstraintUnique,
					"UNIQUE constraint failed: rateds.code, rateds.kind"},
				{"unique in a batch", func(db *gorm.DB) error { return db.Create(&[]rated{{Email: "x"}, {Email: "b"}}).Error }, gorm.ErrDuplicatedKey, driver.ErrConstraintUnique,
					"UNIQUE constraint failed: rateds.email"},
				{"unique in an update", func(db *gorm.DB) error { return db.Model(&rated{ID: 2}).Update("email", "a").Error }, gorm.ErrDuplicatedKey, driver.ErrConstraintUnique,
					"UNIQUE constraint failed: rateds.email"},
				{"unique in a text", func(db *gorm.DB) error { return db.Exec("UPDATE rateds SET email = ?", "a").Error }, gorm.ErrDuplicatedKey, driver.ErrConstraintUnique,
					"UNIQUE constraint failed: rateds.email"},
				{"primary key", func(db *gorm.DB) error { return db.Create(&rated{ID: 1, Email: "x"}).Error }, gorm.ErrDuplicatedKey, driver.ErrConstraintPrimaryKey,
					"UNIQUE constraint failed: rateds.id"},
				{"check", func(db *gorm.DB) error { return db.Create(&rated{Email: "x", Rate: 10}).Error }, gorm.ErrCheckConstraintViolated, driver.ErrConstraintCheck,
					"CHECK constraint failed: rate_small"},
				{"check in Save", func(db *gorm.DB) error { return db.Save(&rated{ID: 1, Email: "a", Rate: 10}).Error }, gorm.ErrCheckConstraintViolated, driver.ErrConstraintCheck,
					"CHECK constraint failed: rate_small"},
				{"foreign key", func(db *gorm.DB) error { return db.Create(&rated{Email: "x", BossID: missing}).Error }, gorm.ErrForeignKeyViolated, driver.ErrConstraintForeignKey,
					"FOREIGN KEY constraint failed"},
				{"foreign key in an update", func(db *gorm.DB) error { return db.Model(&rated{ID: 2}).Update("boss_id", missing).Error }, gorm.ErrForeignKeyViolated, driver.ErrConstraintForeignKey,
					"FOREIGN KEY constraint failed"},
				{"foreign key in a delete", func(db *gorm.DB) error { return db.Delete(&rated{}, 1).Error }, gorm.ErrForeignKeyViolated, driver.ErrConstraintForeignKey,
					"FOREIGN KEY constraint failed"},
				{"not null", func(db *gorm.DB) error { return db.Model(&rated{ID: 1}).Update("email", nil).Error }, nil, driver.ErrConstraintNotNull,
					"NOT NULL constraint failed: rateds.email"},
				{"no table", func(db *gorm.DB) error { return db.Table("nowhere").Find(&[]rated{}).Error }, nil, driver.ErrError, "no such table: nowhere"},
				{"no column", func(db *gorm.DB) error { return db.Where("missing = ?", 1).Find(&[]rated{}).Error }, nil, driver.ErrError, "no such column: missing"},
				{"syntax", func(db *gorm.DB) error { return db.Exec("UPDATE rateds SET").Error }, nil, driver.ErrError, "incomplete input"},
			} {
				check := func(err error) {
					t.Helper()
					var e *driver.Error
					require.ErrorAs(t, err, &e, c.what)
					if c.extended == driver.ErrConstraintPrimaryKey {
						require.True(t, dbtest.PrimaryKeyTaken(err), c.what)
					} else {
						require.Equal(t, c.extended, e.Extended, c.what)
						require.ErrorIs(t, err, c.extended, c.what)
					}
					require.Equal(t, c.message, e.Message, c.what)
					require.ErrorContains(t, err, c.message, c.what)
					for _, known := range []error{gorm.ErrDuplicatedKey, gorm.ErrForeignKeyViolated, gorm.ErrCheckConstraintViolated} {
						if translate && known == c.gorm {
							require.ErrorIs(t, err, known, c.what)
						} else {
							require.NotErrorIs(t, err, known, c.what)
						}
					}
				}
				check(c.do(db))
				check(db.Transaction(func(tx *gorm.DB) error {
					check(c.do(tx))
					return c.do(tx)
				}))
				require.Equal(t, before, show(t, db, "SELECT id, email, rate, boss_id, code, kind FROM rateds ORDER BY id"), c.what)
			}
		})
	}
}

// Errors add up: what was wrong before a call is still so after it.
func TestErrorsOfAChain(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		tx := db.Where("missing = 1").Find(&[]person{})
		require.ErrorIs(t, tx.Error, driver.ErrError)
		require.ErrorIs(t, tx.Find(&[]person{}).Error, driver.ErrError)
		require.NoError(t, db.Find(&[]person{}).Error)
		bad := db.Session(&gorm.Session{})
		require.ErrorIs(t, bad.AddError(errStop), errStop)
		require.ErrorIs(t, bad.Create(&person{}).Error, errStop)
		require.ErrorIs(t, bad.Delete(&person{}, 1).Error, errStop)
		require.Equal(t, allPeople, people(t, db))
	})
}
