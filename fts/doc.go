// Package fts is full-text search for GORM models, by SQLite's FTS5
// (https://www.sqlite.org/fts5.html).
//
// Fields with the tag fts are searched. AutoMigrate makes the index and keeps it
// through all changes of the table, and triggers put every row that is written
// into it, by whatever program:
//
//	type Post struct {
//		ID    int64
//		Title string `gorm:"fts:weight=10"`
//		Body  string `gorm:"fts:tokenize=porter unicode61 remove_diacritics 2"`
//	}
//
//	db.Scopes(fts.Match(&Post{}, "what a user typed")).Limit(20).Find(&posts)
//
// [Match] and [Search] are scopes: conditions, joins, preloads, counts, limits
// and soft delete stand beside them. [Search] also fills fields with the rank,
// and with the text in which the matches are marked.
//
// # The tag
//
// Options stand with commas between them. Of a field:
//
//   - weight=10: how much a match in this field counts for the rank, 1 by default
//   - unindexed: the column is in the index, but not searched
//
// Of the whole index, in the tag of any field:
//
//   - prefix=2 3: prefixes of these lengths are indexed, too
//   - detail=column or none: a smaller index without the places of words; FTS5
//     then finds no phrases, and an error says so
//   - name=posts_search: the FTS5 table, by default the table's name with _fts
//   - tokenize=unicode61 remove_diacritics 2: how texts become words; it is the
//     last option, since it may hold commas
//
// # What the index is
//
// It has external content: the words and no copy of the texts. The rows are
// known by the primary key, which is to be INTEGER PRIMARY KEY, as GORM makes it
// of a number, or any other: then a table beside the index numbers the keys,
// because SQLite's own numbers of rows change with VACUUM.
//
// INSERT OR REPLACE fires no triggers for the rows that it takes away. They are
// set aside before it and leave the index with it, so that it never answers with
// words that are no longer there.
//
// One thing can lead an index of FTS5 astray: a trigger that changes the very
// row it fires for, in a column of the index. [IntegrityCheck] tells,
// [Rebuild] mends.
package fts
