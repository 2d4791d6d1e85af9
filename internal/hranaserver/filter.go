package hranaserver

import (
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// allowed tells the statements that libsql-server runs: what would reach
// another file, change the server's own connections, or hold all others up, it
// does not. Text that is no SQL at all is left to SQLite to refuse.
func allowed(sql string) bool {
	class := sqltext.Classify(sql)
	switch class.Verb {
	case sqltext.Vacuum, sqltext.Analyze, sqltext.Attach:
		return false
	case sqltext.Pragma:
		return pragmaAllowed(sql)
	case sqltext.Explain:
		return allowed(behindExplain(sql, class.Start))
	case sqltext.Create:
		return createAllowed(sql, class.Start)
	case sqltext.Drop:
		words := firstWords(sql, class.Start, 2)
		return len(words) < 2 || !sqltext.EqualFold(words[1], "FUNCTION")
	case sqltext.Insert, sqltext.Update, sqltext.Delete:
		return !writesReserved(sql, class.Start)
	}
	return true
}

// behindExplain is the statement that is explained: a PRAGMA acts even so.
func behindExplain(sql string, pos int) string {
	for {
		tok, ok := sqltext.Next(sql, pos)
		if !ok {
			return ""
		}
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment &&
			!tok.Is(sql, "EXPLAIN") && !tok.Is(sql, "QUERY") && !tok.Is(sql, "PLAN") {
			return sql[tok.Start:]
		}
		pos = tok.End
	}
}

// firstWords are the texts of the first tokens that count.
func firstWords(sql string, pos, n int) (words []string) {
	for len(words) < n {
		tok, ok := sqltext.Next(sql, pos)
		if !ok || tok.Kind == sqltext.Semicolon {
			break
		}
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			words = append(words, tok.Text(sql))
		}
		pos = tok.End
	}
	return words
}

// createAllowed refuses what is temporary, which a stream would leave behind,
// and functions.
func createAllowed(sql string, pos int) bool {
	words := firstWords(sql, pos, 9)
	at := 1
	skip := func(expected ...string) {
		if at+len(expected) > len(words) {
			return
		}
		for i, word := range expected {
			if !sqltext.EqualFold(words[at+i], word) {
				return
			}
		}
		at += len(expected)
	}
	skip("UNIQUE")
	skip("VIRTUAL")
	if at >= len(words) {
		return true
	}
	switch strings.ToUpper(words[at]) {
	case "TEMP", "TEMPORARY", "FUNCTION":
		return false
	}
	at++
	skip("IF", "NOT", "EXISTS")
	return at+1 >= len(words) || words[at+1] != "." || !sqltext.EqualFold(sqltext.Unquote(words[at]), "temp")
}

var reserved = map[string]bool{"_litestream_seq": true, "_litestream_lock": true, "libsql_wasm_func_table": true}

// writesReserved tells a write to a table of the server's own.
func writesReserved(sql string, pos int) bool {
	for tok, ok := sqltext.Next(sql, pos); ok; tok, ok = sqltext.Next(sql, tok.End) {
		if (tok.Kind == sqltext.Ident || tok.Kind == sqltext.QuotedIdent) && reserved[sqltext.Lower(sqltext.Unquote(tok.Text(sql)))] {
			return true
		}
	}
	return false
}

func pragmaAllowed(sql string) bool {
	_, name, value, ok := sqltext.ParsePragma(sql)
	switch {
	case !ok:
		return false
	case pragmaAsks[name], pragmaSets[name]:
		return true
	}
	return value == "" && pragmaReads[name]
}

func set(names string) map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(names) {
		m[name] = true
	}
	return m
}

// Which PRAGMAs libsql-server runs. What the first take is a question and not a
// setting; the second may be set; the third only be read.
var (
	pragmaAsks = set(`table_list table_info table_xinfo index_list index_info index_xinfo pragma_list
		compile_options database_list function_list module_list encoding foreign_key_list foreign_key_check
		collation_list data_version freelist_count integrity_check quick_check legacy_file_format page_count stats`)
	pragmaSets  = set(`defer_foreign_keys foreign_keys user_version`)
	pragmaReads = set(`schema_version analysis_limit application_id auto_vacuum automatic_index busy_timeout
		cache_size cache_spill cell_size_check checkpoint_fullfsync fullfsync hard_heap_limit journal_mode
		journal_size_limit legacy_alter_table locking_mode max_page_count mmap_size page_size query_only
		read_uncommitted recursive_triggers reverse_unordered_selects secure_delete soft_heap_limit synchronous
		temp_store threads trusted_schema wal_autocheckpoint`)
)
