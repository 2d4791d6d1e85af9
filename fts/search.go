package fts

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Search finds the rows in whose texts there are words, the best first. It is a
// GORM scope: what stands beside it, conditions, joins, preloads, limits and
// counts, is about its rows.
//
//	db.Scopes(fts.Search{Model: &Post{}, Text: "brown fox*", RankInto: "Rank"}.Scope).
//		Where("lang = ?", "en").Limit(20).Find(&hits)
//
// The rows come in the order of their rank; an Order of the statement goes before
// it, so that First finds the row with the lowest key, Take the best. In an Update
// or a Delete it is a condition: it changes the rows that match.
//
// Errors before any SQL: no index, a model other than the statement's, no such
// field, a weight that is no number above 0, more than [MaxWords] words.
type Search struct {
	// Model is the one that is searched, nil that of the statement. With it the
	// rows may be scanned into another struct.
	Model any
	// Text is what a user typed; see [Query] for what it means. No text, no rows.
	// One of more than [MaxWords] words is an error that wraps [ErrTooManyWords].
	Text string
	// Expression is one in FTS5's own language, instead of Text. Of a user it may
	// be an error.
	Expression string
	// In are the fields that are searched, by their Go names or their columns';
	// none: all.
	In []string
	// Weights are those of fields for this search, where not those of the tags.
	Weights map[string]float64
	// RankInto is the field that receives the rank, of the struct that is scanned
	// into, or the key of a map: the better, the smaller, and below 0. In a model
	// it has the tag ->;-:migration. "": none.
	RankInto string
	// Excerpts are texts in which the matches are marked.
	Excerpts []Excerpt
	// Index is one that was made by [Create]; nil is that of the model's tags.
	Index *Index
}

// Excerpt is the text of a field with the matches in it marked, or the part of
// it that has most of them.
type Excerpt struct {
	// Field of the index, by its Go name or its column's. "": the one with the
	// best part; only with Words.
	Field string
	// Into is the field that receives it, as RankInto is.
	Into string
	// Open and Close stand around a match; both "" are <b> and </b>.
	Open, Close string
	// Words is how many words it has at most, up to 64; 0: it is the whole text.
	Words int
	// Cut stands where text was left out; "" is "…".
	Cut string
	// HTML escapes the text, so that Open and Close alone are tags in it.
	HTML bool
}

// Match is the scope of the rows of the model in which there are the words that
// a user typed:
//
//	db.Scopes(fts.Match(&Post{}, "brown fox*")).Find(&posts)
//
// See [Query] for what the text means, and [Search], which has more to set.
func Match(model any, text string) func(*gorm.DB) *gorm.DB {
	return Search{Model: model, Text: text}.Scope
}

// Scope adds the search to a statement: db.Scopes(s.Scope).
func (s Search) Scope(db *gorm.DB) *gorm.DB {
	tx := db.Clauses()
	s.ModifyStatement(tx.Statement)
	return tx
}

// ModifyStatement adds the search to a statement of GORM's generic API:
// gorm.G[Post](db).Scopes(s.ModifyStatement).
func (s Search) ModifyStatement(stmt *gorm.Statement) {
	if _, ok := stmt.Clauses[searchKey]; ok {
		stmt.AddError(errTwoSearches)
		return
	}
	if stmt.Model == nil && s.Model != nil && elemOf(stmt.Dest) != elemOf(s.Model) {
		stmt.Model = s.Model
	}
	b := &searching{search: s}
	stmt.Clauses[searchKey] = clause.Clause{}
	// The clauses are written when all conditions, joins and the model are
	// known, whichever of them were set after the search.
	for name, build := range map[string]clause.ClauseBuilder{
		"SELECT": b.buildSelect, "FROM": b.buildFrom, "WHERE": b.buildWhere, "ORDER BY": b.buildOrder,
	} {
		c := stmt.Clauses[name]
		c.Name, c.Builder = name, build
		if name == "WHERE" && c.Expression == nil {
			c.Expression = clause.Where{} // else the dialect sees none, in which a LIMIT of a Delete could be
		}
		stmt.Clauses[name] = c
	}
}

// searchKey marks a statement that has a search.
const searchKey = "libsql:fts"
