package driver

import (
	"database/sql/driver"
	"fmt"
	"math"
	"time"
)

// CheckNamedValue makes an argument one of the types that SQLite stores:
// nil, int64, float64, bool, string, []byte, time.Time. A driver.Valuer is
// asked; pointers are followed, nil ones are NULL; every kind of integer fits
// or is an error. It implements driver.NamedValueChecker.
func (c *Conn) CheckNamedValue(nv *driver.NamedValue) error { return checkValue(nv) }

// CheckNamedValue does as [Conn.CheckNamedValue].
func (s *prepared) CheckNamedValue(nv *driver.NamedValue) error { return checkValue(nv) }

func checkValue(nv *driver.NamedValue) error {
	switch v := nv.Value.(type) {
	case nil, int64, float64, bool, string, []byte, time.Time:
		return nil
	case int:
		nv.Value = int64(v)
	case uint:
		return checkUint(nv, uint64(v))
	case uint64:
		return checkUint(nv, v)
	case int32:
		nv.Value = int64(v)
	case uint32:
		nv.Value = int64(v)
	case float32:
		nv.Value = float64(v)
	default:
		x, err := driver.DefaultParameterConverter.ConvertValue(nv.Value)
		if err != nil {
			return fmt.Errorf("libsql: argument %s: %w", argName(nv), err)
		}
		nv.Value = x
	}
	return nil
}

func checkUint(nv *driver.NamedValue, v uint64) error {
	if v > math.MaxInt64 {
		return fmt.Errorf("libsql: argument %s: %d does not fit into SQLite's 64-bit signed integer: pass it as text",
			argName(nv), v)
	}
	nv.Value = int64(v)
	return nil
}

func argName(nv *driver.NamedValue) string {
	if nv.Name != "" {
		return nv.Name
	}
	return fmt.Sprint(nv.Ordinal)
}
