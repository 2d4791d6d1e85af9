package migrations_test

import (
	"testing"

	"gorm.io/gorm"
)

// Values that another tool's ALTER COLUMN has left under a type that they do
// not fit are not made others by a rebuild that is about something else.
func TestValuesThatDoNotFitTheirType(t *testing.T) {
	const table = "CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name text, age text)"
	run(t, []migration{
		{name: "a number with zeros", live: []string{table, "INSERT INTO t1 VALUES (1, 'x', '007')", "ALTER TABLE t1 ALTER COLUMN age TO age integer"},
			do: auto(&newUnique{}), err: `table "t1": column "age": a value does not fit its type "integer", and the copy would be another (1 row); nothing was changed`,
			asks: [][2]string{{"SELECT quote(age) FROM t1", "'007'"}}},
		{name: "that the model's type keeps", live: []string{table, "INSERT INTO t1 VALUES (1, 'x', '007')", "ALTER TABLE t1 ALTER COLUMN age TO age integer"},
			do: func(db *gorm.DB) error {
				return db.Table("t1").AutoMigrate(&struct {
					ID   int
					Age  string
					Code string `gorm:"unique"`
				}{})
			}, asks: [][2]string{{"SELECT quote(age) FROM t1", "'007'"}}},
		{name: "what is the same", live: []string{table, "INSERT INTO t1 VALUES (1, 'x', '7'), (2, 'y', 'no number')", "ALTER TABLE t1 ALTER COLUMN age TO age integer"},
			do: auto(&newUnique{}), asks: [][2]string{{"SELECT quote(age) FROM t1", "7|'no number'"}}, models: []any{&newUnique{}}},
	})
}
