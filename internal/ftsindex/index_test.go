package ftsindex

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for tag, want := range map[string]Options{
		"fts":                      {},
		"FTS":                      {},
		" ":                        {},
		"unindexed":                {Column: Column{Unindexed: true}},
		"weight=2.5":               {Column: Column{Weight: 2.5}},
		"Weight = 3 , prefix=2  3": {Column: Column{Weight: 3}, Index: Index{Prefix: []int{2, 3}}},
		"name=words,detail=COLUMN": {Index: Index{Name: "words", Detail: "column"}},
		"tokenize=trigram":         {Index: Index{Tokenize: "trigram"}},
		"weight=1,tokenize=unicode61 tokenchars ',-'": {Column: Column{Weight: 1}, Index: Index{Tokenize: "unicode61 tokenchars ',-'"}},
	} {
		o, err := Parse(tag)
		require.NoError(t, err, tag)
		require.Equal(t, want, o, tag)
	}
	for tag, want := range map[string]string{
		"weight":             "write name=value",
		"weight=":            "write name=value",
		"weight=0":           "no number above 0",
		"weight=-1":          "no number above 0",
		"weight=NaN":         "no number above 0",
		"weight=+Inf":        "no number above 0",
		"weight=1,weight=2":  "weight is there twice",
		"unindexed,weight=1": "no weight",
		"unindexed=1":        "has no value",
		"prefix=2;3":         "write lengths with spaces",
		"prefix=a":           "write lengths with spaces",
		"nonesuch=1":         "there is no option nonesuch",
		"tokenizer=trigram":  "there is no option tokenizer",
		",":                  "is no option",
	} {
		_, err := Parse(tag)
		require.ErrorContains(t, err, want, tag)
	}
}

func TestJoin(t *testing.T) {
	one := func(column, tag string) Options {
		o, err := Parse(tag)
		require.NoError(t, err)
		o.Column.Name = column
		return o
	}
	x, err := Join([]Options{one("a", "weight=2"), one("b", "unindexed,tokenize=trigram"), one("c", "prefix=3,tokenize=trigram")})
	require.NoError(t, err)
	require.Equal(t, Index{Columns: []Column{{Name: "a", Weight: 2}, {Name: "b", Unindexed: true}, {Name: "c"}}, Tokenize: "trigram", Prefix: []int{3}}, x)
	for want, tags := range map[string][]Options{
		"tokenize is":             {one("a", "tokenize=trigram"), one("b", "tokenize=porter")},
		"name is":                 {one("a", "name=x"), one("b", "name=y")},
		"prefix differs":          {one("a", "prefix=2"), one("b", "prefix=3")},
		"no column is searched":   {one("a", "unindexed")},
		"is none of full":         {one("a", "detail=some")},
		"no length from 1 to 999": {one("a", "prefix=0")},
		"cannot have that name":   {one("Rank", "")},
		"is there twice":          {one("a", ""), one("A", "")},
		"cannot both":             {one("words", "name=words")},
		"NUL":                     {one("a", "name=x\x00")},
		"more than 31":            {one("a", "prefix="+strings.Repeat("2 ", 32))},
	} {
		_, err := Join(tags)
		require.ErrorContains(t, err, want)
	}
}

func TestReadIsWhatObjectsWrites(t *testing.T) {
	for _, x := range []Index{
		{Columns: []Column{{Name: "a"}}},
		{Name: "odd ` name", Columns: []Column{{Name: "it's"}, {Name: "a`b", Unindexed: true}}, Tokenize: "unicode61 tokenchars ',-'", Prefix: []int{2, 3}, Detail: "none"},
	} {
		for _, integer := range []bool{true, false} {
			table := Table{Name: "odd't", Key: []KeyColumn{{Name: "k`"}}, IntegerKey: integer}
			want := x
			want.Name = x.TableName(table.Name)
			found := false
			for _, o := range x.Objects(table) {
				got, content, ok := Read(o.SQL)
				if !ok {
					continue
				}
				found = true
				require.Equal(t, want, got)
				require.Equal(t, map[bool]string{true: "odd't", false: Rows(want.Name)}[integer], content)
			}
			require.True(t, found)
		}
	}
	for _, sql := range []string{
		"", "CREATE TABLE t(a)", "CREATE VIRTUAL TABLE t USING fts4(a)", "CREATE VIRTUAL TABLE t USING fts5(`a`)",
		"CREATE VIRTUAL TABLE t USING fts5(a, content='x')", "CREATE VIRTUAL TABLE t USING fts5(`a`, content='x', columnsize=0)",
		"CREATE VIRTUAL TABLE t USING fts5(`a`, content='x', prefix='a')",
	} {
		_, _, ok := Read(sql)
		require.False(t, ok, sql)
	}
}

func TestColumnsOfExpressions(t *testing.T) {
	m := &maker{table: Table{Columns: []string{"slug", "lower", "a b"}}}
	for expr, want := range map[string]string{
		"lower(slug)":              "(lower(NEW.`slug`))",
		"lower || Slug":            "(NEW.`lower` || NEW.`slug`)",
		"\"a b\" + [slug]":         "(NEW.`a b` + NEW.`slug`)",
		"'slug' || other":          "('slug' || other)",
		"slug COLLATE lower":       "(NEW.`slug` COLLATE lower)",
		"slug -- slug\n || `slug`": "(NEW.`slug` -- slug\n || NEW.`slug`)",
	} {
		require.Equal(t, want, strings.ReplaceAll(m.newExpr(expr), "`Slug`", "`slug`"), expr)
	}
}

func FuzzParse(f *testing.F) {
	for _, tag := range []string{"", "fts", "weight=1", "prefix=2 3,tokenize=a,b", "name=x,unindexed", "=,="} {
		f.Add(tag)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		o, err := Parse(tag)
		if err != nil {
			return
		}
		o.Column.Name, o.Unindexed = "c", false
		if x, err := Join([]Options{o}); err == nil {
			for _, part := range x.Objects(Table{Name: "t", Key: []KeyColumn{{Name: "id"}}, IntegerKey: true}) {
				if got, _, ok := Read(part.SQL); ok {
					got.Columns[0].Weight = x.Columns[0].Weight
					if x.Name == "" {
						got.Name = ""
					}
					if x.Detail == "full" {
						got.Detail = "full"
					}
					require.Equal(t, x, got)
				}
			}
		}
	})
}
