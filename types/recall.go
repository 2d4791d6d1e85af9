package types

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/gormdb"
)

// Recall measures how many of the K nearest rows the index of a field finds,
// from 0 to 1: the mean over a sample of stored vectors, taken at random, each
// searched by the index and by looking at every vector. The row itself counts
// on neither side; of rows at the same distance any is right.
//
//	recall, err := types.Recall(db.Model(&Doc{}), types.Search{Field: "Embedding", K: 10}, 100)
//
// Query, Exact, DistanceInto and the conditions of db are left out of account.
// A table with fewer than two vectors has a recall of 1. It is an error when
// the field has no index, or one with another metric or a search_l below K.
func Recall(db *gorm.DB, s Search, sample int) (float64, error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	if sample < 1 {
		return 0, fmt.Errorf("libsql: recall: a sample of %d", sample)
	}
	base := db.Session(&gorm.Session{NewDB: true, Context: db.Statement.Context})
	stmt := &gorm.Statement{DB: base, ConnPool: db.Statement.ConnPool, Context: db.Statement.Context, Clauses: map[string]clause.Clause{}}
	if db.Statement.Model == nil {
		return 0, errors.New("libsql: recall: there is no model: add db.Model")
	}
	if err := stmt.Parse(db.Statement.Model); err != nil {
		return 0, err
	}
	f := stmt.Schema.LookUpField(s.Field)
	if f == nil {
		return 0, fmt.Errorf("libsql: recall: %s has no field %s", stmt.Schema.Name, s.Field)
	}
	r := &recall{db: base, stmt: stmt}
	// The plan wants a query; each of the sample takes its place.
	s.Exact = false
	k, _ := kindOf(f)
	_, dims, err := storageOf(f, k)
	if err != nil {
		return 0, err
	}
	one := make([]float32, max(1, dims))
	one[0] = 1
	s.Query = one
	if r.plan, err = s.plan(stmt); err != nil {
		return 0, err
	}
	if r.plan.candidates <= s.K {
		return 0, fmt.Errorf("libsql: recall: the index of %s.%s does not answer this search: it has none, another metric, or a search_l of %d",
			stmt.Schema.Name, s.Field, r.plan.candidates)
	}
	if r.key, err = r.plan.keyOf(stmt); err != nil {
		return 0, err
	}
	return r.measure(sample)
}

type recall struct {
	db   *gorm.DB
	stmt *gorm.Statement
	plan *plan
	key  []clause.Column
}

// sql writes a statement with the key, the column and the table in it.
func (r *recall) sql(parts ...any) string {
	r.stmt.SQL.Reset()
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			r.stmt.WriteString(p)
		default:
			r.stmt.WriteQuoted(p)
		}
	}
	return r.stmt.SQL.String()
}

func (r *recall) measure(sample int) (float64, error) {
	key, column, table := r.key[0], r.plan.column, clause.Table{Name: clause.CurrentTable}
	covered := ""
	if r.plan.where != "" {
		covered = " AND (" + r.plan.where + ")"
	}
	index := r.plan.index
	if schemaName, _ := gormdb.Table(r.stmt); schemaName != "" {
		index = schemaName + "." + index
	}
	metric := "vector_distance_cos("
	if r.plan.metric == L2 {
		metric = "vector_distance_l2("
	}
	var rows []map[string]any
	err := r.db.Raw(r.sql("SELECT ", key, " AS k, ", column, " AS v FROM ", table, " WHERE ", column, " IS NOT NULL", covered, " ORDER BY random() LIMIT ?"), sample).
		Scan(&rows).Error
	if err != nil {
		return 0, err
	}
	exact := r.sql("SELECT count(*) AS n, max(d) AS d FROM (SELECT ", metric, column, ", ?) AS d FROM ", table, " WHERE ", key, " <> ? AND ", column,
		" IS NOT NULL", covered, " ORDER BY d NULLS LAST LIMIT ?)")
	approximate := r.sql("SELECT count(*) FROM (SELECT ", metric, column, ", ?) AS d FROM ", table, " WHERE ", key,
		" IN (SELECT id FROM vector_top_k(?, ?, ?)) AND ", key, " <> ? ORDER BY d NULLS LAST LIMIT ?) WHERE d <= ?")
	var sum float64
	measured := 0
	for _, row := range rows {
		var best struct {
			N int
			D *float64
		}
		if err := r.db.Raw(exact, row["v"], row["k"], r.plan.k).Scan(&best).Error; err != nil {
			return 0, err
		}
		if best.N == 0 || best.D == nil {
			continue
		}
		var hits int
		err := r.db.Raw(approximate, row["v"], index, row["v"], r.plan.k+1, row["k"], r.plan.k, *best.D).Scan(&hits).Error
		if err != nil {
			return 0, err
		}
		sum += float64(hits) / float64(best.N)
		measured++
	}
	if measured == 0 {
		return 1, nil
	}
	return sum / float64(measured), nil
}
