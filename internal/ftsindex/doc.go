// Package ftsindex knows full-text indexes over tables: the grammar of the tag
// fts, and the FTS5 table and triggers that an index consists of
// (https://www.sqlite.org/fts5.html). The migrator and the package fts share it.
//
// An index over a table t is the FTS5 table t_fts with external content: it
// holds the words and no copy of the texts. Triggers keep it, and the table
// t_fts_replaced between them: a row that INSERT OR REPLACE is about to take
// away waits there with its texts, which FTS5 needs to forget it, and which
// nobody has any more afterwards. When the table's key is not an INTEGER PRIMARY
// KEY, whose numbers alone stay what they are, t_fts_key numbers the keys, and
// the view t_fts_rows is the content.
package ftsindex
