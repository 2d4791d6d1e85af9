package types

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Metric is how far two vectors are from each other.
type Metric string

// The metrics. Of two vectors a and b the distance is
const (
	Cosine Metric = "cosine" // 1 - a·b/(|a||b|), from 0 to 2; of [Vector1] the number of signs that differ
	L2     Metric = "l2"     // |a - b|
	Dot    Metric = "dot"    // -(a·b), so that the largest product is the nearest; no index has it
)

// Search finds the rows whose vectors are nearest to another one, the nearest
// first. It is a GORM scope: what stands beside it, conditions, joins,
// preloads, limits and counts, is about its rows.
//
//	db.Scopes(types.Search{Field: "Embedding", Query: q, K: 10, DistanceInto: "Distance"}.Scope).
//		Where("lang = ?", "go").Find(&docs)
//
// The statement answers the K nearest of the rows that meet all of its
// conditions and joins, soft delete among them, and fewer only where fewer have
// a vector. When the field has the tag vectorIndex, the index proposes
// candidates, which is approximate: as many as its search_l when there are
// conditions, else K. Should they leave fewer than K rows, the same statement
// goes on with an exact search over the rows that meet the conditions; so it
// does from the start when K is above search_l, when the index has another
// metric, and when there is none.
//
// An Order of the statement goes before the distance: First finds the row with
// the lowest key of the K, Take the nearest. A partial index (where=… in the
// tag) limits the search to its rows, also an exact one. Rows whose distance is
// not defined, which is the cosine of a vector of zeros, come last, with NULL.
//
// Errors before any SQL: no such field, K below 1, a query that is no vector,
// is empty or has other dimensions than the field, one with NaN or an infinite
// number, and one of zeros for the cosine.
type Search struct {
	Field string // of the model, by its Go name or its column's
	Query any    // a type of this package, []float32 or []float64; stored as the field's type
	K     int    // how many rows, at least 1
	// Metric is that of the field's index, without one Cosine, when it is "".
	Metric Metric
	// DistanceInto is the field that receives the distance, of the struct that
	// is scanned into, or the key of a map. In a model it has the tag
	// ->;-:migration. "": none.
	DistanceInto string
	// Exact leaves the index out: every vector is looked at.
	Exact bool
}

// Nearest is the scope of the k nearest rows by the field's index:
//
//	db.Scopes(types.Nearest("Embedding", q, 10)).Find(&docs)
//
// See [Search], which has more to set.
func Nearest(field string, q any, k int) func(*gorm.DB) *gorm.DB {
	return Search{Field: field, Query: q, K: k}.Scope
}

// Scope adds the search to a statement: db.Scopes(s.Scope).
func (s Search) Scope(db *gorm.DB) *gorm.DB {
	tx := db.Clauses()
	s.ModifyStatement(tx.Statement)
	return tx
}

// ModifyStatement adds the search to a statement of GORM's generic API:
// gorm.G[Doc](db).Scopes(s.ModifyStatement).
func (s Search) ModifyStatement(stmt *gorm.Statement) {
	if _, ok := stmt.Clauses[searchKey]; ok {
		stmt.AddError(errTwoSearches)
		return
	}
	if err := s.check(); err != nil {
		stmt.AddError(err)
		return
	}
	b := &searching{search: s}
	stmt.Clauses[searchKey] = clause.Clause{}
	// The clauses are written when all conditions, joins and the model are
	// known, whichever of them were set after the search.
	for name, build := range map[string]clause.ClauseBuilder{"SELECT": b.buildSelect, "WHERE": b.buildWhere, "ORDER BY": b.buildOrder} {
		c := stmt.Clauses[name]
		c.Name, c.Builder = name, build
		if name == "WHERE" && c.Expression == nil {
			c.Expression = clause.Where{} // else the dialect sees none, in which the LIMIT of a Delete could be
		}
		stmt.Clauses[name] = c
	}
}

// searchKey marks a statement that has a search.
const searchKey = "libsql:search"
