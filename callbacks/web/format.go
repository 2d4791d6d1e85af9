package web

import (
	"html/template"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// thin stands between a number and its unit: a narrow space that does not break.
const thin = "\u202f"

// scaled is a number in a unit, such as 1.24 and ms.
type scaled struct{ Number, Unit string }

// String returns both.
func (s scaled) String() string {
	if s.Unit == "" {
		return s.Number
	}
	return s.Number + thin + s.Unit
}

// digits writes a number with three digits, and all of those before the point.
func digits(x float64) string {
	places := 0
	switch a := math.Abs(x); {
	case a < 0.005 || a >= 99.95:
	case a >= 9.995:
		places = 1
	default:
		places = 2
	}
	return strconv.FormatFloat(x, 'f', places, 64)
}

func duration(d time.Duration) scaled {
	switch x := float64(d); {
	case d == 0:
		return scaled{"0", ""}
	case d < 0:
		return scaled{"–", ""}
	case d < time.Microsecond:
		return scaled{strconv.FormatInt(int64(d), 10), "ns"}
	case x < 999.5e3:
		return scaled{digits(x / 1e3), "µs"}
	case x < 999.5e6:
		return scaled{digits(x / 1e6), "ms"}
	case d < 100*time.Second:
		return scaled{digits(x / 1e9), "s"}
	case d < 100*time.Minute:
		return scaled{digits(d.Minutes()), "min"}
	case d < 48*time.Hour:
		return scaled{digits(d.Hours()), "h"}
	}
	return scaled{digits(d.Hours() / 24), "d"}
}

// size is a number of bytes.
func size(n int64) scaled {
	x, units := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for ; x >= 999.5 && i < len(units)-1; i++ {
		x /= 1024
	}
	if i == 0 {
		return scaled{strconv.FormatInt(n, 10), "B"}
	}
	return scaled{digits(x), units[i]}
}

// count writes 12,345.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// about writes a large number short: 1.24 million.
func about(x float64) scaled {
	switch a := math.Abs(x); {
	case a < 10e3:
		if a == math.Trunc(a) || a >= 99.95 {
			return scaled{count(int64(math.Round(x))), ""}
		}
		return scaled{digits(x), ""}
	case a < 999.5e3:
		return scaled{digits(x / 1e3), "k"}
	case a < 999.5e6:
		return scaled{digits(x / 1e6), "M"}
	}
	return scaled{digits(x / 1e9), "G"}
}

// percent is a part of a whole.
func percent(part, whole float64) scaled {
	if whole <= 0 {
		return scaled{"–", ""}
	}
	x := 100 * part / whole
	switch {
	case x > 0 && x < 0.05:
		return scaled{"<0.1", "%"}
	case x < 100 && x > 99.9:
		return scaled{"99.9", "%"}
	case x == math.Trunc(x):
		return scaled{strconv.FormatFloat(x, 'f', 0, 64), "%"}
	}
	return scaled{strconv.FormatFloat(x, 'f', 1, 64), "%"}
}

// short is a line of the program with the last folder of its file.
func short(f callbacks.Frame) string {
	if f.File == "" {
		return "no line of the program"
	}
	file := filepath.ToSlash(f.File)
	parts := strings.Split(file, "/")
	if len(parts) > 2 {
		file = strings.Join(parts[len(parts)-2:], "/")
	}
	return file + ":" + strconv.Itoa(f.Line)
}

// function is the name of a frame's function, without the path of its package.
func function(f callbacks.Frame) string {
	return f.Function[strings.LastIndex(f.Function, "/")+1:]
}

// visible is a text that shows what it is: on one line, and without characters
// that turn others around.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return '�'
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

// line is a visible text, cut to n characters.
func line(s string, n int) string {
	const longest = 4 // bytes of a character
	if len(s) > longest*n+longest {
		s = s[:longest*n+longest]
	}
	s = visible(s)
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// widest bounds the SQL that a page shows of one statement.
const widest = 20_000

// keywords are shown as such, and those that are true begin a line.
var keywords = map[string]bool{
	"SELECT": false, "FROM": true, "WHERE": true, "GROUP": true, "ORDER": true, "LIMIT": true, "HAVING": true, "WINDOW": true, "UNION": true,
	"EXCEPT": true, "INTERSECT": true, "VALUES": true, "SET": true, "RETURNING": true, "LEFT": true, "INNER": true, "CROSS": true, "JOIN": true,
	"AND": true, "OR": true, "ON": false, "AS": false, "BY": false, "IN": false, "IS": false, "NOT": false, "NULL": false, "INSERT": false,
	"INTO": false, "UPDATE": false, "DELETE": false, "DESC": false, "ASC": false, "LIKE": false, "BETWEEN": false, "EXISTS": false, "CASE": false,
	"WHEN": false, "THEN": false, "ELSE": false, "END": false, "DISTINCT": false, "OFFSET": true, "CONFLICT": false, "DO": false, "NOTHING": false,
	"WITH": false, "RECURSIVE": false, "OUTER": false, "CREATE": false, "TABLE": false, "INDEX": false, "UNIQUE": false, "DROP": false, "ALTER": false,
	"BEGIN": false, "COMMIT": false, "ROLLBACK": false, "SAVEPOINT": false, "RELEASE": false, "IMMEDIATE": false, "PRAGMA": false, "MATCH": false,
	"GLOB": false, "COLLATE": false, "USING": false, "ALL": false, "OVER": false, "PARTITION": true, "FILTER": false, "REPLACE": false, "DEFAULT": false,
}

// colored marks the words of SQL up. With lines it breaks the text where its
// clauses begin.
func colored(sql string, lines bool) template.HTML {
	sql = strings.ToValidUTF8(sql, "�")
	cut := len(sql) > widest
	if cut {
		sql = strings.ToValidUTF8(sql[:widest], "")
	}
	var b strings.Builder
	depth, between, prev := 0, false, ""
	for tok := range sqltext.Tokens(sql) {
		text := tok.Text(sql)
		word := strings.ToUpper(text)
		breaks, known := keywords[word]
		known = known && (tok.Kind == sqltext.Ident)
		switch {
		case text == "(":
			depth++
		case text == ")":
			depth--
		}
		if lines && known && breaks && depth == 0 && b.Len() > 0 && !joined(prev, word) && !(word == "AND" && between) {
			b.WriteString("\n")
			if word == "AND" || word == "OR" {
				b.WriteString("  ")
			}
		}
		if word == "BETWEEN" {
			between = true
		} else if word == "AND" {
			between = false
		}
		escaped := template.HTMLEscapeString(visible(text))
		switch {
		case known:
			b.WriteString("<b>" + escaped + "</b>")
		case tok.Kind == sqltext.Space:
			b.WriteString(" ")
		default:
			b.WriteString(escaped)
		}
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			prev = word
		}
	}
	if cut {
		b.WriteString(" …")
	}
	return template.HTML(b.String())
}

// joined tells two words that stay on a line.
func joined(first, second string) bool {
	switch second {
	case "JOIN":
		return first == "LEFT" || first == "INNER" || first == "CROSS" || first == "OUTER"
	case "SET":
		return first == "UPDATE"
	case "VALUES":
		return first == "DEFAULT"
	case "FROM":
		return first == "DELETE" || first == "DISTINCT"
	}
	return false
}

// ticked shows what is between backquotes as code.
func ticked(s string) template.HTML {
	s = line(s, 600)
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 {
		return template.HTML(template.HTMLEscapeString(s))
	}
	for i, part := range parts {
		parts[i] = template.HTMLEscapeString(part)
		if i%2 == 1 {
			parts[i] = "<code>" + parts[i] + "</code>"
		}
	}
	return template.HTML(strings.Join(parts, ""))
}

// places shortens the files that a text names.
func places(s string, frames []callbacks.Frame) string {
	for _, f := range frames {
		if f.File != "" {
			s = strings.ReplaceAll(s, f.String(), short(f))
		}
	}
	return s
}

// round leaves out zeros behind the point.
func round(s scaled) string {
	if strings.Contains(s.Number, ".") {
		s.Number = strings.TrimRight(strings.TrimRight(s.Number, "0"), ".")
	}
	return s.String()
}
