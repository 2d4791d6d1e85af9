package callbacks

import (
	"context"
	"strings"

	"github.com/gorm-libsql/libsql/callbacks/internal/block"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/pragma"
)

// catalog is what a connection's schemas have in them, by names in lower case.
type catalog struct {
	schemas map[string]bool
	objects map[string]object // tables and views
	indexes map[string]string // the table of each
}

type object struct {
	name string
	view bool
	sql  string
}

// readCatalog reads the schemas of the connection: main, temp, attached ones.
func readCatalog(ctx context.Context, q pragma.Querier) (*catalog, error) {
	c := &catalog{map[string]bool{"temp": true}, map[string]object{}, map[string]string{}}
	schemas, err := pragma.DatabaseList(ctx, q)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, s := range schemas {
		c.schemas[sqltext.Lower(s.Name)] = true
		all = append(all, "SELECT type, name, tbl_name, coalesce(sql, '') FROM "+sqltext.QuoteIdent(s.Name)+".sqlite_schema")
	}
	rows, err := q.QueryContext(ctx, strings.Join(all, " UNION ALL "))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, name, table, text string
		if err := rows.Scan(&kind, &name, &table, &text); err != nil {
			return nil, err
		}
		switch key := sqltext.Lower(name); kind {
		case "table", "view":
			if _, has := c.objects[key]; !has { // main comes first
				c.objects[key] = object{name, kind == "view", text}
			}
		case "index":
			c.indexes[key] = table
		}
	}
	return c, rows.Err()
}

// module is the module of a virtual table, "" of any other.
func (o object) module() string {
	after := ""
	for tok := range sqltext.Tokens(o.sql) {
		switch {
		case tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment:
			continue
		case after == "CREATE" && !tok.Is(o.sql, "VIRTUAL"):
			return ""
		case after == "USING":
			return sqltext.Lower(sqltext.Unquote(tok.Text(o.sql)))
		case after == "" && tok.Is(o.sql, "CREATE"):
			after = "CREATE"
		case tok.Is(o.sql, "USING"):
			after = "USING"
		case after == "CREATE":
			after = "VIRTUAL"
		}
	}
	return ""
}

// statementNames are the names that a statement can bring into its plan: its
// own, and those of the views that it uses.
type statementNames struct {
	*catalog
	idents  map[string]bool // in lower case
	oddOnes []string        // names that look like conditions
	sources []block.Source
	ctes    map[string]bool
}

func (c *catalog) names(sql string) *statementNames {
	n := &statementNames{c, map[string]bool{}, nil, nil, map[string]bool{}}
	n.add(sql, map[string]bool{})
	return n
}

func (n *statementNames) add(sql string, seen map[string]bool) {
	blocks, ctes := block.Read(sql)
	for name := range ctes {
		n.ctes[name] = true
	}
	for _, b := range blocks {
		n.sources = append(n.sources, b.Sources...)
	}
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind != sqltext.Ident && tok.Kind != sqltext.QuotedIdent && tok.Kind != sqltext.String {
			continue
		}
		name := sqltext.Unquote(tok.Text(sql))
		if strings.ContainsAny(name, "?<>=") && tok.Kind == sqltext.QuotedIdent {
			n.oddOnes = append(n.oddOnes, name)
		}
		key := sqltext.Lower(name)
		n.idents[key] = true
		if o := n.objects[key]; o.view && !seen[key] {
			seen[key] = true
			n.add(viewBody(o.sql), seen)
		}
	}
}

// viewBody is the SELECT of a CREATE VIEW.
func viewBody(sql string) string {
	for tok := range sqltext.Tokens(sql) {
		if tok.Is(sql, "AS") {
			return sql[tok.End:]
		}
	}
	return sql
}

// source knows the names that SQLite prints for what stands behind FROM.
func (n *statementNames) source(name string) bool {
	key := sqltext.Lower(name)
	if n.idents[key] || generated(name) {
		return true
	}
	schema, rest, ok := strings.Cut(key, ".")
	return ok && n.schemas[schema] && n.idents[rest]
}

// generated are the names of what has none, such as (subquery-1).
func generated(name string) bool {
	if number, ok := strings.CutSuffix(name, "-ROW VALUES CLAUSE"); ok {
		return digits(number)
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(name, "("), ")")
	kind, number, ok := strings.Cut(inner, "-")
	return ok && len(inner) == len(name)-2 && (kind == "subquery" || kind == "join") && digits(number)
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (n *statementNames) index(name string) bool {
	_, ok := n.indexes[sqltext.Lower(name)]
	return ok
}

func (n *statementNames) odd(text string) bool {
	for _, name := range n.oddOnes {
		if strings.Contains(text, name) {
			return true
		}
	}
	return false
}

// look finds the table behind the name of a node, and its module.
func (n *statementNames) look(node *PlanNode) {
	if node.Name == "" {
		if table, ok := n.indexes[sqltext.Lower(node.Index)]; ok {
			node.Table = table // of an IN that an index answers
		}
		return
	}
	if table, ok := n.indexes[sqltext.Lower(node.Index)]; ok {
		node.Table = table
	} else {
		node.Table = n.behind(node)
	}
	if _, bare, ok := strings.Cut(node.Name, "."); node.Table != "" && !sqltext.EqualFold(node.Name, node.Table) &&
		!(ok && sqltext.EqualFold(bare, node.Table)) {
		node.Alias = node.Name
	}
	if node.Virtual {
		if node.Module = n.objects[sqltext.Lower(node.Table)].module(); node.Module == "" {
			node.Module = sqltext.Lower(node.Table)
		}
	}
}

// behind is the table that the name stands for, "" unless all the FROMs that
// have the name mean the same one.
func (n *statementNames) behind(node *PlanNode) (table string) {
	key := sqltext.Lower(node.Name)
	if schema, bare, ok := strings.Cut(key, "."); ok && n.schemas[schema] {
		key = bare
	}
	found := ""
	for _, s := range n.sources {
		if sqltext.Lower(s.Name()) != key {
			continue
		}
		table := sqltext.Lower(s.Table)
		if s.Subquery || s.Schema == "" && n.ctes[table] {
			return ""
		}
		if found != "" && found != table {
			return ""
		}
		found = table
	}
	if o, ok := n.objects[found]; ok {
		return o.name
	}
	if found == "" && !n.ctes[key] {
		if o, ok := n.objects[key]; ok { // in an INSERT … SELECT that the reader did not follow
			return o.name
		}
	}
	return found // a function, or a table that SQLite itself has
}
