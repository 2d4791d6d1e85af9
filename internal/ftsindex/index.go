package ftsindex

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/tagoption"
)

// Index is a full-text index over a table. The zero value of each option is
// FTS5's default.
type Index struct {
	Name     string // of the FTS5 table; "": that of the table with _fts behind it
	Columns  []Column
	Tokenize string // "unicode61", "porter unicode61 remove_diacritics 2", "trigram" …
	Prefix   []int  // lengths of the prefixes that are indexed, too
	Detail   string // "full" (default), "column" or "none"
}

// Column is a column that an index has.
type Column struct {
	Name      string  // of the column; in a call also of the model's field
	Weight    float64 // of a match in it for the rank; 0 is 1
	Unindexed bool    // it is there to be shown, not to be searched
}

// Options are those of one field's tag.
type Options struct {
	Column
	Index // those of the whole index, where the tag has them
}

var tag = tagoption.Tag{Name: "fts", Flags: []string{"unindexed"}, Rest: "tokenize"}

var details = []string{"full", "column", "none"}

// Parse reads the value of the tag fts: options with commas between them, of
// which tokenize=… is the last, since it may hold commas. "" is a column with
// the defaults.
func Parse(text string) (o Options, err error) {
	if err := tag.Each(text, o.set); err != nil {
		return o, err
	}
	if o.Unindexed && o.Weight != 0 {
		return o, errors.New("fts: a column that is unindexed has no weight")
	}
	return o, nil
}

func (o *Options) set(key, value string) (err error) {
	switch key {
	case "unindexed":
		o.Unindexed = true
	case "weight":
		if o.Weight, err = strconv.ParseFloat(value, 64); err != nil || CheckWeight(o.Weight) != nil {
			err = fmt.Errorf("weight=%s is no number above 0", value)
		}
	case "name":
		o.Index.Name = value
	case "tokenize":
		o.Tokenize = value
	case "detail":
		o.Detail = strings.ToLower(value)
	case "prefix":
		for _, n := range strings.Fields(value) {
			length, err := strconv.Atoi(n)
			if err != nil {
				return fmt.Errorf("prefix=%s: write lengths with spaces between them: prefix=2 3", value)
			}
			o.Prefix = append(o.Prefix, length)
		}
	default:
		err = fmt.Errorf("there is no option %s: they are weight, unindexed, name, prefix, detail and tokenize", key)
	}
	return err
}

// CheckWeight refuses what FTS5 would take for another number, or for a rank
// that is upside down.
func CheckWeight(w float64) error {
	if !(w > 0 && w <= 1e9) {
		return fmt.Errorf("the weight %v is no number above 0", w)
	}
	return nil
}

// Join is the index that the tags of the fields are: those options that are for
// the whole of it may stand in any of the tags.
func Join(tags []Options) (x Index, err error) {
	set := func(have *string, option, value string) error {
		if *have != "" && value != "" && *have != value {
			return fmt.Errorf("fts: %s is %q in one field and %q in another: a table has one index", option, *have, value)
		}
		if value != "" {
			*have = value
		}
		return nil
	}
	for _, o := range tags {
		x.Columns = append(x.Columns, o.Column)
		err = errors.Join(set(&x.Name, "name", o.Index.Name), set(&x.Tokenize, "tokenize", o.Tokenize), set(&x.Detail, "detail", o.Detail))
		if len(x.Prefix) > 0 && len(o.Prefix) > 0 && !slices.Equal(x.Prefix, o.Prefix) {
			err = errors.Join(err, errors.New("fts: prefix differs between two fields: a table has one index"))
		}
		if err != nil {
			return x, err
		}
		if len(o.Prefix) > 0 {
			x.Prefix = o.Prefix
		}
	}
	return x, x.Check()
}

// Check refuses what FTS5 does not take, or takes for something else.
func (x Index) Check() error {
	searched := false
	for i, c := range x.Columns {
		switch {
		case sqltext.EqualFold(c.Name, "rank") || sqltext.EqualFold(c.Name, "rowid"):
			return fmt.Errorf("fts: FTS5 has a column %s of its own: a column of an index cannot have that name", c.Name)
		case sqltext.EqualFold(c.Name, x.Name):
			return fmt.Errorf("fts: the index and its column cannot both have the name %s", c.Name)
		case slices.ContainsFunc(x.Columns[:i], func(o Column) bool { return sqltext.EqualFold(o.Name, c.Name) }):
			return fmt.Errorf("fts: the column %s is there twice", c.Name)
		case c.Weight != 0 && CheckWeight(c.Weight) != nil:
			return fmt.Errorf("fts: column %s: %w", c.Name, CheckWeight(c.Weight))
		}
		searched = searched || !c.Unindexed
	}
	switch {
	case !searched:
		return errors.New("fts: no column is searched")
	case strings.ContainsRune(x.Tokenize+x.Name, 0):
		return errors.New("fts: a name or tokenizer cannot hold a NUL byte")
	case x.Detail != "" && !slices.Contains(details, x.Detail):
		return fmt.Errorf("fts: detail=%s is none of %s", x.Detail, strings.Join(details, ", "))
	case len(x.Prefix) > 31:
		return errors.New("fts: more than 31 lengths of prefixes")
	}
	for _, n := range x.Prefix {
		if n < 1 || n > 999 {
			return fmt.Errorf("fts: prefix=%d is no length from 1 to 999", n)
		}
	}
	return nil
}

// TableName is the name of the index over a table.
func (x Index) TableName(table string) string {
	if x.Name != "" {
		return x.Name
	}
	return table + "_fts"
}

// What belongs to an index, by the name of its FTS5 table.
const (
	replacedSuffix = "_replaced"
	keySuffix      = "_key"
	rowsSuffix     = "_rows"
)

// Replaced is the table that each index has, by which it is known as one.
func Replaced(index string) string { return index + replacedSuffix }

// Key is the table of an index that numbers keys.
func Key(index string) string { return index + keySuffix }

// Rows is the view of an index whose table has no INTEGER PRIMARY KEY.
func Rows(index string) string { return index + rowsSuffix }

// DocID is the column of Key and Rows that numbers the rows.
const DocID = "libsql_docid"

// Triggers are the names of the triggers of an index.
func Triggers(index string) []string {
	var out []string
	for _, s := range []string{"_before_insert", "_after_insert", "_before_update", "_after_update", "_after_delete"} {
		out = append(out, index+s)
	}
	return out
}
