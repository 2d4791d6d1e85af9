package driver

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Limit names a limit of what SQL may ask of a connection, by SQLite's number:
// https://www.sqlite.org/c3ref/c_limit_attached.html. The defaults are those that
// libSQL was compiled with, and at the same time the highest values; each is
// explained at https://www.sqlite.org/limits.html.
type Limit int

// The limits.
const (
	LimitLength        Limit = iota // bytes of a text, blob or row; default 1,000,000,000
	LimitSQLLength                  // bytes of a text of SQL; default 1,000,000,000
	LimitColumns                    // columns of a table, index, view or result, terms of SET, GROUP BY and ORDER BY; default 2,000
	LimitExprDepth                  // depth of an expression; default 1,000, 0 is no limit
	LimitCompound                   // terms of a compound SELECT; default 500
	LimitVDBEOps                    // operations of a compiled statement; default 250,000,000
	LimitFunctionArgs               // arguments of a function; default 127
	LimitAttached                   // attached databases, of which VACUUM needs one; default 10
	LimitLikePattern                // bytes of a pattern of LIKE and GLOB; default 50,000
	LimitVariables                  // the highest number of a parameter; default 32,766
	LimitTriggerDepth               // how deep triggers call triggers; default 1,000
	LimitWorkerThreads              // threads that help to sort; default 0, at most 8
)

var limitNames = [...]string{
	LimitLength: "length", LimitSQLLength: "sql_length", LimitColumns: "columns", LimitExprDepth: "expr_depth",
	LimitCompound: "compound", LimitVDBEOps: "vdbe_ops", LimitFunctionArgs: "function_args", LimitAttached: "attached",
	LimitLikePattern: "like_pattern", LimitVariables: "variables", LimitTriggerDepth: "trigger_depth", LimitWorkerThreads: "worker_threads",
}

// String returns the name of the limit, such as sql_length.
func (l Limit) String() string {
	if l >= 0 && int(l) < len(limitNames) {
		return limitNames[l]
	}
	return fmt.Sprintf("Limit(%d)", int(l))
}

// check returns an error unless l is a limit that value can be one of.
func (l Limit) check(value int) error {
	switch {
	case l < 0 || int(l) >= len(limitNames):
		return fmt.Errorf("libsql: %v is no limit", l)
	case value > math.MaxInt32:
		return fmt.Errorf("libsql: the limit %v cannot be %d: SQLite counts in 32 bits", l, value)
	}
	return nil
}

// Limit sets a limit of this connection, unless value is negative, and returns
// what it was before. What is over a limit is an error when it is compiled or
// run: [ErrTooBig] for [LimitLength], else [ErrError] as a rule. A value above
// the highest, or below the lowest, is an error that tells it, and changes
// nothing; so is a connection whose engine has no limits of its own, with
// [ErrUnsupported].
//
// The connection keeps the limit when it goes back to the pool. For every
// connection of a pool, set [Config.Limits], or call Limit in [EachConn].
func (c *Conn) Limit(limit Limit, value int) (old int, err error) {
	if err := limit.check(value); err != nil {
		return 0, err
	}
	eng, ok := c.eng.(engine.Limiter)
	if !ok {
		return 0, cannot("limits", "the server has its own")
	}
	old, err = eng.Limit(int(limit), value)
	if err != nil || value < 0 {
		return old, publish(err)
	}
	if set, err := eng.Limit(int(limit), -1); err != nil || set != value {
		_, _ = eng.Limit(int(limit), old)
		return old, limit.notTaken(value, set)
	}
	return old, nil
}

func (l Limit) notTaken(value, nearest int) error {
	return fmt.Errorf("libsql: the limit %v cannot be %d: the nearest that this library takes is %d", l, value, nearest)
}

// checkLimits tells whether a new connection has the limits of its Config.
func (c *Conn) checkLimits(limits map[Limit]int) error {
	for _, l := range sortedLimits(limits) {
		got, err := c.Limit(l, -1)
		if err == nil && got != limits[l] {
			err = l.notTaken(limits[l], got)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sortedLimits(limits map[Limit]int) []Limit {
	var all []Limit
	for l := range limits {
		all = append(all, l)
	}
	slices.SortFunc(all, cmp.Compare[Limit])
	return all
}

// limitsText is how Config.String shows them.
func limitsText(limits map[Limit]int) string {
	var all []string
	for _, l := range sortedLimits(limits) {
		all = append(all, l.String()+":"+strconv.Itoa(limits[l]))
	}
	return strings.Join(all, ",")
}
