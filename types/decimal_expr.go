package types

import "gorm.io/gorm/clause"

// DecimalSum is the exact sum of [Decimal] values, as a Decimal:
//
//	db.Model(&Order{}).Select("customer_id, ? AS total", types.DecimalSum("amount")).Group("customer_id").Find(&totals)
//
// It is NULL without rows, leaves NULLs out, and orders and compares as every
// Decimal does. x is the name of a column, or an expression; besides Decimals
// it takes what [Decimal.Scan] takes. It is the function sum_decimal of this
// module's driver, also as a window function, for local databases: others
// answer that there is no such function. No view, trigger, index or generated
// column can have it, so that no file depends on it.
func DecimalSum(x any) clause.Expr {
	return clause.Expr{SQL: "sum_decimal(?)", Vars: []any{argumentOf(x)}}
}

// DecimalAvg is the average of [Decimal] values, as a Decimal with at most scale
// digits after the point (0 to [MaxDecimalDigits]), halves rounded away from
// zero. It is the function avg_decimal; all else is as for [DecimalSum].
func DecimalAvg(x any, scale int) clause.Expr {
	return clause.Expr{SQL: "avg_decimal(?,?)", Vars: []any{argumentOf(x), scale}}
}

// AsDecimal is a number in the form of a [Decimal] column: for a column that
// another program filled, and for numbers that raw SQL has. It is the function
// as_decimal: NULL stays NULL, what is no number, or a float that may have been
// rounded, is an error. x and all else is as for [DecimalSum].
func AsDecimal(x any) clause.Expr {
	return clause.Expr{SQL: "as_decimal(?)", Vars: []any{argumentOf(x)}}
}

// argumentOf is an argument of a function: a string is the name of a column.
func argumentOf(x any) any {
	switch x := x.(type) {
	case string:
		return clause.Column{Name: x}
	case []byte: // which GORM takes for a list behind a parenthesis
		return clause.Expr{SQL: "?", Vars: []any{x}}
	}
	return x
}
