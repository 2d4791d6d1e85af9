package crash

import (
	"fmt"
	"strings"
)

// What the writers do, each with one commit after the other.
const (
	single      = iota // inserts one row, in autocommit mode
	several            // inserts several rows in a transaction, now and then more than the page cache holds
	update             // updates all of its slots with one statement
	updateMany         // updates its slots one by one in a transaction, and inserts a row
	replace            // deletes the row of the last commit and inserts two
	writers            // how many there are
	slots       = 20   // of a writer that updates, numbered from 1: GORM's Save takes 0 for no key
	bigRow      = 8000 // bytes, with which 400 rows are more than SQLite's cache of 2 MB
	bigEvery    = 40   // which of the transactions is big
	bigOf       = 400
	smallBody   = 40
	severalRows = 19
)

// row is a row of the table "entries". Every row tells how many rows its
// commit has.
type row struct {
	Writer int `gorm:"primaryKey;autoIncrement:false"`
	Seq    int `gorm:"primaryKey;autoIncrement:false"`
	N      int `gorm:"primaryKey;autoIncrement:false"`
	Size   int
	Body   string `gorm:"index"`
}

// TableName is asked for by GORM.
func (row) TableName() string { return "entries" }

// slot is a row of the table "slots": the last commit that updated it.
type slot struct {
	Writer int `gorm:"primaryKey;autoIncrement:false"`
	N      int `gorm:"primaryKey;autoIncrement:false"`
	Seq    int
}

// TableName is asked for by GORM.
func (slot) TableName() string { return "slots" }

// schema is what GORM makes of row and slot.
const schema = `
CREATE TABLE IF NOT EXISTS entries(writer INTEGER, seq INTEGER, n INTEGER, size INTEGER, body TEXT, PRIMARY KEY(writer, seq, n));
CREATE INDEX IF NOT EXISTS idx_entries_body ON entries(body);
CREATE TABLE IF NOT EXISTS slots(writer INTEGER, n INTEGER, seq INTEGER, PRIMARY KEY(writer, n));`

// rowsOf are the rows that a commit inserts.
func rowsOf(writer, seq int) []row {
	size, length := 1, smallBody
	switch writer {
	case several:
		if size = 2 + seq%severalRows; seq%bigEvery == 0 {
			size, length = bigOf, bigRow
		}
	case replace:
		size = 2
	}
	rows := make([]row, size)
	for n := range rows {
		rows[n] = row{writer, seq, n, size, body(writer, seq, n, length)}
	}
	return rows
}

// body is different for each row, and known from its key.
func body(writer, seq, n, length int) string {
	s := fmt.Sprintf("%d.%d.%d ", seq, n, writer)
	return strings.Repeat(s, length/len(s)+1)
}

// hasSlots tells the writers that have slots.
func hasSlots(writer int) bool { return writer == update || writer == updateMany }

// hasRows tells the writers that insert.
func hasRows(writer int) bool { return writer != update }

// stays tells how many commits of a writer are still there after the last one.
func stays(writer int, last int) int {
	if writer == replace {
		return min(1, last)
	}
	return last
}
