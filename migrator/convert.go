package migrator

import (
	"fmt"
	"strings"
)

// affinity is what a declared type makes of a value that is stored:
// https://www.sqlite.org/datatype3.html#determination_of_column_affinity.
type affinity string

const (
	affText    affinity = "TEXT"
	affInteger affinity = "INTEGER"
	affReal    affinity = "REAL"
	affNumeric affinity = "NUMERIC"
	affBlob    affinity = "BLOB" // none: a value stays as it is
)

func affinityOf(declared string) affinity {
	t := strings.ToUpper(declared)
	has := func(s string) bool { return strings.Contains(t, s) }
	switch {
	case has("INT"):
		return affInteger
	case has("CHAR"), has("CLOB"), has("TEXT"):
		return affText
	case has("BLOB"), strings.TrimSpace(t) == "":
		return affBlob
	case has("REAL"), has("FLOA"), has("DOUB"):
		return affReal
	}
	return affNumeric
}

// refuseMisfits refuses to copy values that do not fit the type of their column
// in the new table, which would make others of them. Where the type is the old
// one, ALTER COLUMN of another tool has left them.
func (s *session) refuseMisfits(have *table, r *rebuild) error {
	if have.ddl.Strict || s.again && !s.isRemote() {
		return nil
	}
	var conditions []string
	var misfits []must
	for _, c := range r.ddl.Columns {
		to, j := affinityOf(c.Type), have.column(c.Name)
		if to == affBlob || traitsOf(c).generated != nil || j < 0 || traitsOf(have.ddl.Columns[j]).generated != nil {
			continue
		}
		_, lossy := converted(c.Name, to)
		conditions = append(conditions, "("+lossy+")")
		misfits = append(misfits, must{lossy, fmt.Sprintf("%s: a value does not fit its type %q, and the copy would be another", column(c.Name), c.Type)})
	}
	if len(conditions) == 0 {
		return nil
	}
	// One look at the rows for all columns, and a look at each to say which.
	if there, err := s.any(have.target, strings.Join(conditions, " OR ")); err != nil || !there {
		return err
	}
	for _, x := range misfits {
		if err := s.forbid(have, x); err != nil {
			return err
		}
	}
	return nil
}

// converted is the condition of the values of a column that a type of the
// affinity would store in another form, and lossy that of those whose other
// form is another value: '007' is 7 as a number, and the zeros are gone. A
// text that is no number stays a text in any column. The collation of a column
// goes through a CAST, and to NOCASE 1E5 and 1e5 are the same.
func converted(column string, to affinity) (converted, lossy string) {
	c := quote(column)
	// A number on one side makes SQLite read the text on the other as one, if
	// it is one: https://www.sqlite.org/datatype3.html#comparisons.
	number := fmt.Sprintf("typeof(%[1]s) = 'text' AND (%[1]s || '') = CAST(%[1]s AS NUMERIC)", c)
	switch to {
	case affText:
		return fmt.Sprintf("typeof(%s) IN ('integer', 'real')", c),
			fmt.Sprintf("typeof(%[1]s) = 'real' AND CAST(CAST(%[1]s AS TEXT) AS REAL) IS NOT %[1]s", c)
	case affInteger, affNumeric:
		return fmt.Sprintf("(%s OR typeof(%[2]s) = 'real' AND %[2]s = CAST(%[2]s AS INTEGER))", number, c),
			// A column makes an integer of 9.5e+15, where a cast does not.
			fmt.Sprintf("%s AND (CAST(CAST(%[2]s AS NUMERIC) AS TEXT) COLLATE BINARY IS NOT (%[2]s || '')"+
				" OR typeof(CAST(%[2]s AS NUMERIC)) = 'real' AND CAST(%[2]s AS NUMERIC) = CAST(CAST(%[2]s AS NUMERIC) AS INTEGER))", number, c)
	case affReal:
		// A whole number has no ".0" as a text; beyond 2^53 it need not be
		// itself, and the cast back of 2^63 is the largest integer, not that.
		itself := fmt.Sprintf("CAST(CAST(%[1]s AS REAL) AS INTEGER) = CAST(%[1]s AS INTEGER) AND CAST(%[1]s AS REAL) < 9223372036854775808.0", c)
		whole := fmt.Sprintf("(%[1]s || '') = CAST(CAST(%[1]s AS INTEGER) AS TEXT) COLLATE BINARY AND %[2]s", c, itself)
		return fmt.Sprintf("(%s OR typeof(%s) = 'integer')", number, c),
			fmt.Sprintf("(%[1]s AND NOT ((%[2]s || '') = CAST(CAST(%[2]s AS REAL) AS TEXT) COLLATE BINARY OR %[3]s)"+
				" OR typeof(%[2]s) = 'integer' AND NOT (%[4]s))", number, c, whole, itself)
	}
	return "", ""
}
