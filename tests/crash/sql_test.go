package crash

import (
	"context"
	"database/sql"

	"github.com/gorm-libsql/libsql/driver"
)

// sqlStore is a store on database/sql.
type sqlStore struct{ db *sql.DB }

func openSQL(dsn string) (store, error) {
	db, err := sql.Open(driver.Name, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(writers)
	return sqlStore{db}, nil
}

const (
	insertRow  = "INSERT INTO entries(writer, seq, n, size, body) VALUES (?, ?, ?, ?, ?)"
	insertSlot = `INSERT OR IGNORE INTO slots(writer, n, seq)
		WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) SELECT ?, n, 0 FROM c`
	lastCommit = `SELECT coalesce(max(seq), 0) FROM (SELECT max(seq) seq FROM entries WHERE writer = ?1
		UNION ALL SELECT max(seq) FROM slots WHERE writer = ?1)`
)

func (s sqlStore) prepare() error {
	_, err := s.db.Exec(schema)
	return err
}

func (s sqlStore) last(writer int) (n int, err error) {
	if hasSlots(writer) {
		if _, err := s.db.Exec(insertSlot, slots, writer); err != nil {
			return 0, err
		}
	}
	err = s.db.QueryRow(lastCommit, writer).Scan(&n)
	return n, err
}

func (s sqlStore) write(writer, seq int) error {
	switch writer {
	case single:
		return insert(s.db, rowsOf(writer, seq))
	case update:
		_, err := s.db.Exec("UPDATE slots SET seq = ? WHERE writer = ?", seq, writer)
		return err
	}
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	switch writer {
	case updateMany:
		for n := range slots {
			if _, err := tx.Exec("UPDATE slots SET seq = ? WHERE writer = ? AND n = ?", seq, writer, n+1); err != nil {
				return err
			}
		}
	case replace:
		if _, err := tx.Exec("DELETE FROM entries WHERE writer = ? AND seq = ?", writer, seq-1); err != nil {
			return err
		}
	}
	if err := insert(tx, rowsOf(writer, seq)); err != nil {
		return err
	}
	return tx.Commit()
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func insert(q execer, rows []row) error {
	for _, r := range rows {
		if _, err := q.ExecContext(context.Background(), insertRow, r.Writer, r.Seq, r.N, r.Size, r.Body); err != nil {
			return err
		}
	}
	return nil
}
