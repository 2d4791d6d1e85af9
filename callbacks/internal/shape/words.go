package shape

import "github.com/gorm-libsql/libsql/internal/sqltext"

// The words are reserved: none of them is a name unless it is quoted.
var (
	// beforeOperand are words after which a sign is no operator between two
	// values.
	beforeOperand = []string{
		"SELECT", "WHERE", "AND", "OR", "NOT", "BETWEEN", "LIMIT", "THEN", "ELSE", "WHEN", "SET", "ON", "HAVING", "IS", "RETURNING", "DEFAULT",
	}
	// beforeName are words after which a string is a name.
	beforeName = []string{"FROM", "JOIN", "INTO", "UPDATE", "AS", "TABLE", "INDEX", "VIEW", "EXISTS"}
	// afterTerms are those that end the terms of ORDER BY and GROUP BY.
	afterTerms = []string{
		"LIMIT", "HAVING", "UNION", "EXCEPT", "INTERSECT", "WINDOW", "RANGE", "ROWS", "GROUPS", "ON", "SET", "RETURNING", "WHERE", "SELECT",
	}
	// beforeParen are those that are written apart from a parenthesis, because
	// they are no functions.
	beforeParen = []string{
		"IN", "VALUES", "AS", "AND", "OR", "NOT", "ON", "USING", "FROM", "SELECT", "WHERE", "EXISTS", "UNION", "ALL", "BY", "OVER", "WHEN",
		"THEN", "ELSE", "CASE", "HAVING", "LIMIT", "OFFSET", "CHECK", "KEY", "UNIQUE", "JOIN", "IS", "BETWEEN", "LIKE", "SET", "CONFLICT",
		"INTERSECT", "EXCEPT", "DISTINCT", "RETURNING", "DEFAULT", "REFERENCES", "FILTER", "MATERIALIZED", "INTO",
	}
	// keys are the PRAGMAs whose value is a secret.
	keys = []string{"key", "rekey", "hexkey", "hexrekey", "textkey", "textrekey"}
)

func isOne(word string, of []string) bool {
	for _, w := range of {
		if sqltext.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// spaced tells that a blank stands between the word and a parenthesis.
func spaced(word string) bool { return isOne(word, beforeParen) }
