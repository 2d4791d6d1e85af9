package types_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/types"
)

// small is a random document of few values, so that some contain others.
func small(r *rand.Rand, depth int) any {
	n := 9
	if depth == 0 {
		n = 7
	}
	switch r.IntN(n) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2, 3:
		return json.Number([]string{"0", "1", "1.0", "1.5", "-0", "10e-1"}[r.IntN(6)])
	case 4, 5, 6:
		return []string{"", "1", "true", "null", "it's", "?@\"\\", "[1]"}[r.IntN(7)]
	case 7:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = small(r, depth-1)
		}
		return list
	}
	m := map[string]any{}
	for range r.IntN(4) {
		m[[]string{"", "a", "b", "0", "q?'\""}[r.IntN(5)]] = small(r, depth-1)
	}
	return m
}

func isContainer(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// equal compares scalars, and all else by its text.
func equal(a, b any) bool {
	x, aNumber := a.(json.Number)
	y, bNumber := b.(json.Number)
	if !aNumber || !bNumber {
		return text(a) == text(b)
	}
	f, _ := x.Float64()
	g, _ := y.Float64()
	return f == g
}

// contains is what the comment of JSONCol.Contains says.
func contains(doc, want any, top bool) bool {
	list, isList := doc.([]any)
	object, isObject := doc.(map[string]any)
	switch want := want.(type) {
	case map[string]any:
		for label, w := range want {
			if v, ok := object[label]; !ok || !contains(v, w, false) {
				return false
			}
		}
		return isObject
	case []any:
		for _, w := range want {
			found := false
			for _, v := range list {
				found = found || contains(v, w, false)
			}
			if !found {
				return false
			}
		}
		return isList
	}
	if top && isList {
		for _, v := range list {
			if !isContainer(v) && equal(v, want) {
				return true
			}
		}
		return false
	}
	return !isContainer(doc) && equal(doc, want)
}

// overlaps is what the comment of JSONCol.Overlaps says.
func overlaps(a, b any) bool {
	x, aObject := a.(map[string]any)
	y, bObject := b.(map[string]any)
	if aObject || bObject {
		for label, v := range x {
			if w, ok := y[label]; ok && equal(v, w) {
				return true
			}
		}
		return false
	}
	list := func(v any) []any {
		if l, ok := v.([]any); ok {
			return l
		}
		return []any{v}
	}
	for _, v := range list(a) {
		for _, w := range list(b) {
			if equal(v, w) {
				return true
			}
		}
	}
	return false
}

func TestRandomComparisons(t *testing.T) {
	type row struct {
		ID   uint
		Text types.JSON[any]
		Blob types.JSONB[any]
	}
	db := open(t, &row{})
	r := rand.New(rand.NewPCG(3, 4))
	rows := make([]row, 300)
	for i := range rows {
		v := small(r, 3)
		rows[i] = row{Text: types.NewJSON(v), Blob: types.NewJSONB(v)}
	}
	require.NoError(t, db.Create(&rows).Error)
	hits := 0
	for range 60 {
		want := small(r, 2)
		if r.IntN(2) == 0 {
			want = rows[r.IntN(len(rows))].Text.V
		}
		var inside, common []uint
		for _, x := range rows {
			if contains(x.Text.V, want, true) {
				inside = append(inside, x.ID)
			}
			if overlaps(x.Text.V, want) {
				common = append(common, x.ID)
			}
		}
		hits += len(inside)
		for _, c := range []types.JSONCol{"text", "blob"} {
			var got []uint
			require.NoError(t, db.Model(&row{}).Where(c.Contains(want)).Order("id").Pluck("id", &got).Error, text(want))
			require.ElementsMatch(t, inside, got, "contains %s", text(want))
			require.NoError(t, db.Model(&row{}).Where(c.Overlaps(want)).Order("id").Pluck("id", &got).Error, text(want))
			require.ElementsMatch(t, common, got, "overlaps %s", text(want))
		}
	}
	require.Greater(t, hits, 100)
}
