package pragma

import "context"

// Schema is a row of https://www.sqlite.org/pragma.html#pragma_database_list.
type Schema struct {
	Seq  int    // 0 main, 1 temp, from 2 on the attached ones
	Name string // "main", "temp" or what ATTACH … AS says
	File string // "" for one in memory and for temp
}

// DatabaseList lists the databases of a connection: main, those that it has
// attached, and temp once it is in use.
func DatabaseList(ctx context.Context, q Querier) ([]Schema, error) {
	return list(ctx, q, "database_list", "SELECT seq, name, coalesce(file, '') FROM pragma_database_list ORDER BY seq", nil,
		func(s *Schema) []any { return []any{&s.Seq, &s.Name, &s.File} })
}

// CollationList lists the names of the collations that a connection knows
// (https://www.sqlite.org/pragma.html#pragma_collation_list), in the order of
// the names: BINARY, NOCASE and RTRIM, and those that the program has added.
func CollationList(ctx context.Context, q Querier) ([]string, error) {
	return list(ctx, q, "collation_list", "SELECT name FROM pragma_collation_list ORDER BY name", nil, oneName)
}

// ModuleList lists the names of the modules of virtual tables that a
// connection knows (https://www.sqlite.org/pragma.html#pragma_module_list),
// in the order of the names.
func ModuleList(ctx context.Context, q Querier) ([]string, error) {
	return list(ctx, q, "module_list", "SELECT name FROM pragma_module_list ORDER BY name", nil, oneName)
}

func oneName(s *string) []any { return []any{s} }

// Function is a row of https://www.sqlite.org/pragma.html#pragma_function_list.
type Function struct {
	Name      string
	BuiltIn   bool
	Type      string // "s" scalar, "a" aggregate, "w" window
	Encoding  string // of texts that it takes: "utf8", "utf16le", "utf16be"
	Arguments int    // how many it takes, -1 any number
	Flags     int64  // https://www.sqlite.org/c3ref/c_deterministic.html
}

// FunctionList lists the functions that a connection knows, those that the
// program has added among them, in the order of the names; a function has a
// row for each number of arguments.
func FunctionList(ctx context.Context, q Querier) ([]Function, error) {
	return list(ctx, q, "function_list", "SELECT name, builtin, type, enc, narg, flags FROM pragma_function_list ORDER BY name, narg", nil,
		func(f *Function) []any {
			return []any{&f.Name, &f.BuiltIn, &f.Type, &f.Encoding, &f.Arguments, &f.Flags}
		})
}

// CompileOptions lists the options that SQLite was compiled with, such as
// "ENABLE_FTS5": https://www.sqlite.org/pragma.html#pragma_compile_options.
func CompileOptions(ctx context.Context, q Querier) ([]string, error) {
	return list(ctx, q, "compile_options", "SELECT compile_options FROM pragma_compile_options", nil, oneName)
}

// PragmaList lists the names of the PRAGMAs that SQLite knows, in their order:
// https://www.sqlite.org/pragma.html#pragma_pragma_list.
func PragmaList(ctx context.Context, q Querier) ([]string, error) {
	return list(ctx, q, "pragma_list", "SELECT name FROM pragma_pragma_list ORDER BY name", nil, oneName)
}
