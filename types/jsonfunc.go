package types

import (
	"fmt"
	"strings"
)

// JSONArray is json_array: the array of the values, which are Go values or
// expressions.
func JSONArray(values ...any) JSONExpr {
	args := make([]part, len(values))
	for i, v := range values {
		args[i] = document("an array", v)
	}
	return call("json_array", args)
}

// JSONObject is json_object: labels, which are strings, and values come in turn.
func JSONObject(labelsAndValues ...any) JSONExpr {
	if len(labelsAndValues)%2 != 0 {
		return expr("?", failed{fmt.Errorf("libsql: JSON: labels and values of JSONObject come in pairs, and there are %d arguments", len(labelsAndValues))})
	}
	args := make([]part, len(labelsAndValues))
	for i, v := range labelsAndValues {
		if i%2 == 1 {
			args[i] = document(fmt.Sprintf("the value of %q in an object", labelsAndValues[i-1]), v)
			continue
		}
		label, ok := v.(string)
		if !ok {
			return expr("?", failed{fmt.Errorf("libsql: JSON: a label of JSONObject is a string, and argument %d is a %T", i+1, v)})
		}
		args[i] = bound{label}
	}
	return call("json_object", args)
}

// JSONQuote is json_quote: what a column, given by its name, or an expression
// holds, as JSON.
func JSONQuote(v any) JSONExpr { return call("json_quote", []part{operand(v)}) }

// JSONGroupArray is the aggregate json_group_array: the array of what a column,
// given by its name, or an expression holds in the rows. A [JSONCol] is put in as
// a document, not as a text.
func JSONGroupArray(v any) JSONExpr { return call("json_group_array", []part{operand(v)}) }

// JSONGroupObject is the aggregate json_group_object: labels and values from two
// columns or expressions. See [JSONGroupArray].
func JSONGroupObject(label, value any) JSONExpr {
	return call("json_group_object", []part{operand(label), operand(value)})
}

// operand is a column by its name, or an expression.
func operand(v any) part {
	if name, ok := v.(string); ok {
		return column(name)
	}
	if p, ok := fromSQL(v); ok {
		return p
	}
	return failed{fmt.Errorf("libsql: JSON: a %T is neither the name of a column nor an expression", v)}
}

func call(name string, args []part) JSONExpr {
	return expr(name+"("+strings.TrimPrefix(strings.Repeat(", ?", len(args)), ", ")+")", args...)
}
