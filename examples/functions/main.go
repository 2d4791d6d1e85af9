package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"math"
	"os"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

// City is a row of the database. Slug is computed by a function in Go.
type City struct {
	ID       uint
	Name     string
	Lat, Lon float64
	People   int64
	Slug     string `gorm:"->;type:text GENERATED ALWAYS AS (slug(name)) VIRTUAL;index"`
}

var errLatitude = errors.New("a latitude is from -90 to 90")

// Distance is the way between two places in kilometres.
func Distance(args ...float64) (float64, error) {
	if len(args) != 4 {
		return 0, fmt.Errorf("%d arguments, not 4", len(args))
	}
	if math.Abs(args[0]) > 90 || math.Abs(args[2]) > 90 {
		return 0, errLatitude
	}
	lat1, lat2 := args[0]*math.Pi/180, args[2]*math.Pi/180
	dLat, dLon := lat2-lat1, (args[3]-args[1])*math.Pi/180
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(lat1)*math.Cos(lat2)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * 6371 * math.Asin(math.Sqrt(h)), nil
}

// Slug is a name as it stands in an address.
func Slug(name string) string {
	return strings.NewReplacer(" ", "-", "ü", "ue", "ö", "oe", "ä", "ae").Replace(strings.ToLower(name))
}

// Middle is an aggregate function, the median.
type Middle struct{ all []int64 }

// Step takes a row.
func (m *Middle) Step(n int64) { m.all = append(m.all, n) }

// Final returns the median, or NULL of nothing.
func (m *Middle) Final() *int64 {
	if len(m.all) == 0 {
		return nil
	}
	slices.Sort(m.all)
	return &m.all[len(m.all)/2]
}

// Mean is a window function.
type Mean struct{ sum, n int64 }

// Step takes a row into the window.
func (m *Mean) Step(v int64) { m.sum, m.n = m.sum+v, m.n+1 }

// Inverse takes the oldest row out of it.
func (m *Mean) Inverse(v int64) { m.sum, m.n = m.sum-v, m.n-1 }

// Value returns the mean of the window.
func (m *Mean) Value() int64 { return m.sum / m.n }

// Final returns the mean of the last one.
func (m *Mean) Final() *int64 {
	if m.n == 0 {
		return nil
	}
	mean := m.Value()
	return &mean
}

// Letter is a row of the table that Letters makes.
type Letter struct {
	Letter string
	Count  int
}

// Letters counts the letters of a text.
func Letters(text string) iter.Seq[Letter] {
	return func(yield func(Letter) bool) {
		counts := map[rune]int{}
		for _, r := range strings.ToLower(text) {
			counts[r]++
		}
		for r, n := range counts {
			if !yield(Letter{string(r), n}) {
				return
			}
		}
	}
}

// functions gives a connection all of them.
func functions(_ context.Context, c *driver.Conn) error {
	return errors.Join(
		c.Func("distance", Distance, driver.Deterministic),
		c.Func("slug", Slug, driver.Deterministic),
		c.Aggregate("middle", func() *Middle { return new(Middle) }),
		c.Window("mean", func() *Mean { return new(Mean) }),
		c.Collation("umlauts", func(a, b string) int { return strings.Compare(Slug(a), Slug(b)) }),
		c.TableFunc("letters", Letters),
	)
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := libsql.EachConn(db, "functions", functions); err != nil {
		return err
	}
	if err := db.AutoMigrate(&City{}); err != nil {
		return err
	}
	cities := []City{
		{Name: "Zürich", Lat: 47.37, Lon: 8.54, People: 443_037}, {Name: "Östersund", Lat: 63.18, Lon: 14.64, People: 50_960},
		{Name: "Oslo", Lat: 59.91, Lon: 10.75, People: 717_710}, {Name: "Bad Tölz", Lat: 47.76, Lon: 11.56, People: 19_243},
		{Name: "Pisa", Lat: 43.72, Lon: 10.40, People: 89_059},
	}
	if err := db.Create(&cities).Error; err != nil {
		return err
	}

	var near []City
	if err := db.Where("distance(lat, lon, ?, ?) < ?", 47.27, 11.39, 300).Order("name COLLATE umlauts").Find(&near).Error; err != nil {
		return err
	}
	for _, c := range near {
		fmt.Fprintf(out, "near Innsbruck: %s (%s)\n", c.Name, c.Slug)
	}
	var city City
	if err := db.Where("slug = ?", "oestersund").First(&city).Error; err != nil {
		return err
	}
	fmt.Fprintln(out, "found by its slug:", city.Name)

	middle, err := libsql.One[int64](db.Model(&City{}).Select("middle(people)"))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "the city in the middle has", middle, "people")
	var means []int64
	if err := db.Model(&City{}).Order("people").Pluck("mean(people) OVER (ORDER BY people ROWS 1 PRECEDING)", &means).Error; err != nil {
		return err
	}
	fmt.Fprintln(out, "means of neighbours:", means)

	var letters []Letter
	err = db.Raw("SELECT letter, sum(count) AS count FROM cities, letters(name) GROUP BY letter ORDER BY 2 DESC, 1 LIMIT 3").Scan(&letters).Error
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "letters:", letters)

	err = db.Where("distance(lat, lon, 91.0, 0.0) < 1").Find(&near).Error
	fmt.Fprintf(out, "error: %v, ours: %t\n", err, errors.Is(err, errLatitude))
	return nil
}
