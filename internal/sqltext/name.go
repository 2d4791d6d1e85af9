package sqltext

import "strings"

// CutName takes the first part of a name with dots, such as schema.table. A
// part in backquotes may hold dots, and a backquote in it is doubled. The rest
// begins with the dot.
func CutName(s string) (part, rest string) {
	if !strings.HasPrefix(s, "`") {
		if i := strings.IndexByte(s, '.'); i >= 0 {
			return s[:i], s[i:]
		}
		return s, ""
	}
	for i := 1; i < len(s); i++ {
		if s[i] != '`' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '`' {
			i++
			continue
		}
		if i+1 == len(s) || s[i+1] == '.' {
			return strings.ReplaceAll(s[1:i], "``", "`"), s[i+1:]
		}
	}
	return s, "" // not a quoted name after all
}

// SplitName is the schema, "" without one, and the table of such a name.
func SplitName(s string) (schema, table string) {
	table, rest := CutName(s)
	if rest == "" {
		return "", table
	}
	schema = table
	table, _ = CutName(rest[1:])
	return schema, table
}

// FirstTable is the schema, "" without one, and the name of the first table
// in what may stand behind FROM: "`schema`.`table`", "table AS alias". It is
// false for a subquery.
func FirstTable(sql string) (schema, table string, ok bool) {
	dot := false
	for tok := range Tokens(sql) {
		switch tok.Kind {
		case Space, Comment:
		case Ident, QuotedIdent:
			if table != "" && !dot {
				return schema, table, true // an alias
			}
			table, dot = Unquote(tok.Text(sql)), false
		case Dot:
			schema, dot = table, true
		default:
			return schema, table, table != ""
		}
	}
	return schema, table, table != ""
}
