package probe

import (
	"database/sql"
	"fmt"
	"math"
	"math/rand"
	"strconv"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
)

func TestProbe(t *testing.T) {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil { t.Fatal(err) }
	defer db.Close()
	for _, prec := range []int{-1, 16, 17, 18} {
	bad, badq := 0, 0
	for r := 0; r < 200; r++ {
		var sb strings.Builder
		sb.WriteByte('[')
		fs := make([]float64, 500)
		for i := range fs {
			for {
				if r%2 == 0 { fs[i] = math.Float64frombits(rand.Uint64()) } else { fs[i] = rand.NormFloat64()*1000 }
				if !math.IsNaN(fs[i]) && !math.IsInf(fs[i], 0) { break }
			}
			if i > 0 { sb.WriteByte(',') }
			if prec < 0 { sb.WriteString(strconv.FormatFloat(fs[i], 'g', -1, 64)) } else { sb.WriteString(strconv.FormatFloat(fs[i], 'e', prec, 64)) }
		}
		sb.WriteByte(']')
		rows, err := db.Query("select value from json_each(?)", sb.String())
		if err != nil { t.Fatal(err) }
		i := 0
		for rows.Next() { var f float64; rows.Scan(&f); if f != fs[i] { if r%2==0 {bad++} else {badq++} }; i++ }
		rows.Close()
	}
	fmt.Println(prec, "inexact any bits:", bad, "of", 50000, "ordinary:", badq)
	}
	var g float64
	fmt.Println(db.QueryRow("select ? * pow(2.0, ?)", 3, 4).Scan(&g), g)
	bad := 0
	for i := 0; i < 5000; i++ {
		f := math.Float64frombits(rand.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) { continue }
		fr, e := math.Frexp(f)
		m := int64(fr * (1 << 53)); e -= 53
		if err := db.QueryRow("select ? * pow(2.0, ?)", m, e).Scan(&g); g != f { bad++; if bad < 4 { fmt.Println(err, f, g, m, e) } } 
	}
	fmt.Println("inexact pow:", bad)
}
