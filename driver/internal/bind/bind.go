package bind

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/timetext"
)

// Source is a statement with parameters.
type Source interface {
	NParam() int
	// ParamNames are their names with the prefix, "" for those without.
	ParamNames() []string
}

// Names are the names of the parameters of a statement, as a Source.
type Names []string

// NParam is how many there are.
func (n Names) NParam() int { return len(n) }

// ParamNames returns them.
func (n Names) ParamNames() []string { return n }

// Bad is the error of an argument that cannot be one.
func Bad(a driver.NamedValue, err error) error {
	name := a.Name
	if name == "" {
		name = fmt.Sprint(a.Ordinal)
	}
	return fmt.Errorf("libsql: argument %s: %w", name, err)
}

// ErrNaN is why a NaN is refused.
var ErrNaN = errors.New("NaN cannot be stored (SQLite would store NULL): pass nil for NULL")

// CheckStorable finds the values of a storable type that have no place in
// SQLite.
func CheckStorable(v driver.Value) (err error) {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) {
			err = ErrNaN
		}
	case time.Time:
		_, err = timetext.Append(nil, v)
	}
	return err
}

// TooFew is the error of a wrong number of arguments.
func TooFew(have, want int) error {
	return fmt.Errorf("libsql: %d arguments for %d parameters", have, want)
}

// Arrange puts the arguments of a single statement in the order of its
// parameters, one for each.
func Arrange(s Source, args []driver.NamedValue) ([]driver.NamedValue, error) {
	named := false
	for i := range args {
		named = named || args[i].Name != ""
	}
	if !named {
		if len(args) != s.NParam() {
			return nil, TooFew(len(args), s.NParam())
		}
		return args, nil
	}
	t, err := split(args)
	if err != nil {
		return nil, err
	}
	out, err := t.Take(s)
	if err != nil {
		return nil, err
	}
	if len(t.positional) > 0 {
		return nil, fmt.Errorf("libsql: %d arguments without a parameter", len(t.positional))
	}
	return out, t.checkNames()
}

// Text deals the arguments of a text out to its statements.
type Text struct {
	positional []driver.NamedValue
	named      map[string]driver.NamedValue
	used       map[string]bool
}

// New checks the arguments, their number and names against the whole text,
// so that a wrong call fails before its first statement has run.
func New(sql string, args []driver.NamedValue) (*Text, error) {
	for _, a := range args {
		if err := CheckStorable(a.Value); err != nil {
			return nil, Bad(a, err)
		}
	}
	t, err := split(args)
	if err != nil {
		return nil, err
	}
	want, known := 0, true
	for _, st := range sqltext.Split(sql) {
		names, err := sqltext.Params(st.Text(sql))
		if err != nil {
			known = false // SQLite will say what is wrong with it
			continue
		}
		for _, n := range names {
			if len(t.named) > 0 && IsName(n) {
				if _, ok := t.named[n[1:]]; !ok {
					return nil, missing(n)
				}
				t.used[n[1:]] = true
			} else {
				want++
			}
		}
	}
	if !known {
		return t, nil
	}
	if want != len(t.positional) {
		return nil, TooFew(len(t.positional), want)
	}
	return t, t.checkNames()
}

func split(args []driver.NamedValue) (*Text, error) {
	t := &Text{used: map[string]bool{}}
	for _, a := range args {
		if a.Name == "" {
			t.positional = append(t.positional, a)
			continue
		}
		if t.named == nil {
			t.named = map[string]driver.NamedValue{}
		}
		if _, twice := t.named[a.Name]; twice {
			return nil, fmt.Errorf("libsql: two arguments are named %q", a.Name)
		}
		t.named[a.Name] = a
	}
	return t, nil
}

// Take returns the arguments of the next statement. Named arguments go to the
// parameters of that name; the others, left to right, to the parameters that
// are left.
func (t *Text) Take(s Source) ([]driver.NamedValue, error) {
	n := s.NParam()
	if len(t.named) == 0 {
		if len(t.positional) < n {
			return nil, TooFew(len(t.positional), n)
		}
		out := t.positional[:n]
		t.positional = t.positional[n:]
		return out, nil
	}
	out := make([]driver.NamedValue, n)
	for i, name := range s.ParamNames() {
		if IsName(name) {
			a, ok := t.named[name[1:]]
			if !ok {
				return nil, missing(name)
			}
			t.used[name[1:]] = true
			out[i] = a
			continue
		}
		if len(t.positional) == 0 {
			return nil, fmt.Errorf("libsql: no argument for parameter %d", i+1)
		}
		out[i] = t.positional[0]
		t.positional = t.positional[1:]
	}
	return out, nil
}

// checkNames reports a named argument that no statement takes.
func (t *Text) checkNames() error {
	for name := range t.named {
		if !t.used[name] {
			return fmt.Errorf("libsql: no parameter is named %q", name)
		}
	}
	return nil
}

func missing(param string) error {
	return fmt.Errorf("libsql: no argument is named %q, for parameter %s", param[1:], param)
}

// IsName tells a parameter with a name from "?" and "?NNN".
func IsName(param string) bool { return param != "" && param[0] != '?' }
