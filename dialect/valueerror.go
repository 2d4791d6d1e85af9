package dialect

import (
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// namingColumns adds the column to the error of a value that cannot be stored,
// such as a document that is no JSON: the value itself does not know where it is
// going, and database/sql knows only its number.
func namingColumns(base func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		before := db.Error
		base(db)
		if db.Error == nil || before != nil {
			return
		}
		var sqlite *driver.Error // declared here, because it is on the heap
		if errors.As(db.Error, &sqlite) {
			return
		}
		if column, err := refusedValue(db.Statement); err != nil {
			db.Error = fmt.Errorf("libsql: column %s: %w", column, err)
		}
	}
}

// refusedValue is the first value of the statement that cannot be had, and the
// column it is for.
func refusedValue(stmt *gorm.Statement) (column string, err error) {
	if values, ok := stmt.Clauses["VALUES"].Expression.(clause.Values); ok {
		for _, row := range values.Values {
			for i, v := range row {
				if err := refuses(v); err != nil && i < len(values.Columns) {
					return values.Columns[i].Name, err
				}
			}
		}
	}
	for n, v := range stmt.Vars {
		if err := refuses(v); err != nil {
			if column := comparedColumn(stmt.SQL.String(), n); column != "" {
				return column, err
			}
		}
	}
	return "", nil
}

func refuses(v any) error {
	if valuer, ok := v.(sqldriver.Valuer); ok {
		_, err := plainValue(valuer)
		return err
	}
	return nil
}

// comparedColumn is the name before the = before variable n of the text, "" if
// there is none.
func comparedColumn(text string, n int) (column string) {
	name, equals := "", false
	for tok := range sqltext.Tokens(text) {
		word := tok.Text(text)
		switch {
		case tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment:
		case tok.Kind == sqltext.Param:
			if n--; n < 0 {
				if equals {
					return name
				}
				return ""
			}
			name, equals = "", false
		case tok.Kind == sqltext.Ident || tok.Kind == sqltext.QuotedIdent:
			name, equals = sqltext.Unquote(word), false
		case strings.TrimSpace(word) == "=":
			equals = name != ""
		default:
			name, equals = "", false
		}
	}
	return ""
}
