// Package sqltext reads SQL text the way SQLite does, without an engine.
//
// Everything in this module that has to look inside a statement goes through
// this one tokenizer: cutting a script into statements for an engine that
// takes one at a time, telling a SELECT from a COMMIT before it is sent,
// naming the parameters of a statement, reading a CREATE TABLE back. Regular
// expressions over SQL go wrong on the first semicolon inside a string; a
// tokenizer does not.
//
// The rules are those of SQLite 3.45, the version inside libSQL, and not those
// of a manual: https://www.sqlite.org/lang.html describes the language, but
// where it is silent (what a vertical tab is, where an unfinished comment
// ends) the package does what sqlite3GetToken does. For every text SQLite
// prepares, the package finds the same end of the first statement as the
// pzTail of sqlite3_prepare_v2 and the same parameters as
// sqlite3_bind_parameter_count and sqlite3_bind_parameter_name.
//
// It is a tokenizer, not a parser. A text SQLite would refuse still yields
// tokens, statements and a class, so that the engine and not this package
// gives the error message. The one thing a caller may want to refuse by itself
// is a NUL byte: SQLite takes it for the end of the text and silently drops
// what follows. Here it is an [Illegal] token of its own.
//
// Offsets are byte offsets into the text, nothing is copied, and all functions
// are safe for concurrent use.
package sqltext
