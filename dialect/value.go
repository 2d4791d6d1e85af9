package dialect

import (
	"database/sql/driver"
	"time"
)

// plainValue is what a variable becomes on its way to the database: nil,
// int64, float64, bool, string, []byte or time.Time. Pointers are followed,
// and a Valuer is asked.
func plainValue(v any) (driver.Value, error) {
	switch v := v.(type) {
	case nil, int64, float64, bool, string, []byte, time.Time:
		return v, nil
	case int:
		return int64(v), nil
	}
	return driver.DefaultParameterConverter.ConvertValue(v)
}
