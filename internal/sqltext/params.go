package sqltext

import "fmt"

// MaxParam is the largest index a parameter can have, and so the largest number
// of parameters of a statement: SQLITE_LIMIT_VARIABLE_NUMBER
// (https://www.sqlite.org/limits.html#max_variable_number) as SQLite and libSQL
// are built.
const MaxParam = 32766

// Params names the parameters of the first statement of the text, as
// sqlite3_bind_parameter_count and sqlite3_bind_parameter_name report them
// (https://www.sqlite.org/lang_expr.html#parameters). The parameter with index
// i+1 is at i, with its prefix, as in ":id" or "?3". The name is "" for a plain
// "?", and for an index that nothing uses because a larger one is written out.
//
// A "?" gets the largest index so far plus one, and so does a name that is new;
// a name seen before has the index it had. "?NNN" has the index it says. It is
// an error to exceed MaxParam, or to write "?0".
func Params(sql string) ([]string, error) {
	var (
		list  paramList
		scope scope
	)
	tok, ok := firstToken(sql, 0)
	for ok && !scope.ends(sql, tok) {
		// What stands in the arguments of a virtual table is left to its module
		// and never bound.
		if tok.Kind == Param && scope.state != virtualTable {
			if err := list.add(tok.Text(sql)); err != nil {
				return nil, err
			}
		}
		tok, ok = nextSolid(sql, tok.End)
	}
	return list.names, nil
}

// paramList numbers parameters in the order they are written, which is the
// order SQLite's parser comes upon them.
type paramList struct {
	names   []string
	indexes map[string]int // of the named ones, made when there is one
}

func (l *paramList) add(param string) error {
	switch {
	case param == "?":
		return l.grow(len(l.names)+1, "")
	case param[0] == '?':
		return l.addNumbered(param)
	case param[0] == '#' && byteClass[param[1]]&digitByte != 0:
		// A register, which only SQLite's own SQL may use: it refuses the text.
		return nil
	}
	if l.indexes[param] != 0 {
		return nil
	}
	if l.indexes == nil {
		l.indexes = make(map[string]int)
	}
	l.indexes[param] = len(l.names) + 1
	return l.grow(len(l.names)+1, param)
}

func (l *paramList) addNumbered(param string) error {
	index := 0
	for _, digit := range []byte(param[1:]) {
		index = index*10 + int(digit-'0')
		if index > MaxParam {
			break // before it overflows
		}
	}
	if index < 1 || index > MaxParam {
		return fmt.Errorf("variable number %.20s must be between ?1 and ?%d", param, MaxParam)
	}
	if index > len(l.names) {
		return l.grow(index, param)
	}
	// The first name an index is given stays: in "? ?1" it is "?1", in ":a ?1"
	// it is ":a".
	if l.names[index-1] == "" {
		l.names[index-1] = param
	}
	return nil
}

// grow makes the list as long as the index and gives the index its name.
func (l *paramList) grow(index int, name string) error {
	if index > MaxParam {
		return fmt.Errorf("too many SQL variables, the most is %d", MaxParam)
	}
	for len(l.names) < index {
		l.names = append(l.names, "")
	}
	l.names[index-1] = name
	return nil
}
