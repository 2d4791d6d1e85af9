package kit

import (
	"database/sql"
	"fmt"
)

// MakePlain makes a table of items by SQL alone, for what is about the driver
// and for tables that GORM would take too long to fill. It has no index beside
// its key.
func MakePlain(db *sql.DB, rows int) error {
	for _, s := range []string{
		"CREATE TABLE `items` (`id` integer PRIMARY KEY AUTOINCREMENT,`created_at` datetime,`updated_at` datetime," +
			"`name` text,`email` text,`age` integer,`score` real,`active` numeric,`note` text,`data` blob)",
		fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "+
			"INSERT INTO items SELECT i, '2024-05-06 07:08:09+00:00', '2024-05-06 07:08:09+00:00', 'name ' || (i %% 1000), "+
			"'user' || i || '@example.com', i %% 90, i / 3.0, i %% 2, "+
			"CASE WHEN i %% 3 = 0 THEN 'a note of some length, as notes are' END, CAST('0123456789abcdef' AS blob) FROM n", rows),
	} {
		if _, err := db.Exec(s); err != nil {
			return err
		}
	}
	return nil
}
