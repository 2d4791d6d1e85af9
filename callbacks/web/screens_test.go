package web_test

import (
	"bytes"
	"context"
	"flag"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/callbacks/web"
)

// The pictures of the docs:
//
//	go test ./callbacks/web -run TestScreenshots -screenshots ../../docs/images -workload 2m
var (
	screenshots = flag.String("screenshots", "", "write the pictures of the docs to this `directory`")
	workload    = flag.Duration("workload", 2*time.Minute, "how long the database works before")
)

func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("only with -screenshots DIR")
	}
	dir, err := filepath.Abs(*screenshots)
	require.NoError(t, err)
	b := startBrowser(t)
	t.Chdir(t.TempDir())
	db, p := openDSN(t, "shop.db", callbacks.ProfilerConfig{Slow: 50 * time.Millisecond, Args: callbacks.ArgTypes}, 2000)
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(6)
	ctx, cancel := context.WithTimeout(t.Context(), *workload)
	defer cancel()
	var all sync.WaitGroup
	for i := range 4 {
		all.Add(1)
		go func() { defer all.Done(); shop(ctx, db, i) }()
	}
	all.Wait()
	server := httptest.NewServer(web.Handler(p, web.Config{}))
	defer server.Close()
	orders := "/shape?id=" + shapeID(t, p, "SELECT * FROM `orders` WHERE customer_id = ?")
	for _, s := range []struct {
		name, page, scheme string
		width, height      int
	}{
		{"overview", "/", "light", 1200, 1130},
		{"shape", orders, "light", 1200, 1180},
		{"transactions", "/transactions?last=10s", "light", 1200, 640},
		{"tables", "/tables", "light", 1200, 400},
		{"advice", "/advice", "dark", 1200, 1000},
		{"phone", "/", "dark", 390, 1180},
	} {
		b.size(s.width, s.height, 1)
		b.scheme(s.scheme)
		b.open(server.URL + s.page)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "profiler-"+s.name+".png"), small(t, b.shoot()), 0o644))
		require.Empty(t, b.complaints())
	}
}

// shop is what a person does in a shop, over and over.
func shop(ctx context.Context, db *gorm.DB, number int) {
	r := rand.New(rand.NewPCG(uint64(number), 1))
	for n := 0; ctx.Err() == nil; n++ {
		req, done := context.WithCancel(ctx)
		tx := db.WithContext(req)
		var customers []Customer
		var orders []Order
		switch k := r.IntN(100); {
		case k < 70:
			tx.Take(&Customer{}, 1+r.IntN(2000))
		case k < 78:
			tx.Where("status = ?", "open").Order("total DESC").Limit(20).Find(&orders)
		case k < 82:
			tx.Where("city = ?", "Rome").Limit(15).Find(&customers)
			for _, c := range customers {
				tx.Where("customer_id = ?", c.ID).Find(&c.Orders)
			}
		case k < 90:
			tx.Create(&Order{CustomerID: uint(1 + r.IntN(2000)), Status: "open", Total: r.Int64N(100)})
		case k < 94:
			_ = tx.Transaction(func(tx *gorm.DB) error {
				tx.Model(&Order{}).Where("id = ?", 1+r.IntN(20000)).Update("status", "paid")
				time.Sleep(time.Duration(r.IntN(30)) * time.Millisecond) // it thinks
				if r.IntN(10) == 0 {
					return context.Canceled
				}
				return tx.Model(&Customer{}).Where("id = ?", 1+r.IntN(2000)).Update("city", "Lima").Error
			})
		case k < 96:
			var sums []struct{ City string }
			tx.Model(&Customer{}).Select("city, sum(total)").Joins("JOIN orders ON orders.customer_id = customers.id").Group("city").Find(&sums)
		case k < 97:
			tx.Create(&Customer{Email: "1@example.org"}) // taken
		default:
			tx.Preload("Orders", "status = ?", "open").Order("id DESC").Limit(5).Find(&customers)
		}
		done()
		pause := 5 + 20*r.IntN(3)
		if time.Now().Unix()/25%2 == 0 {
			pause /= 5
		}
		time.Sleep(time.Duration(pause) * time.Millisecond)
	}
}

func distance(a, b color.Color) (sum int) {
	r1, g1, b1, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	for _, d := range [...]int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2)} {
		sum += max(d, -d) >> 8
	}
	return sum
}

// small is the picture with 256 colours that it has most.
func small(t testing.TB, text []byte) []byte {
	img, err := png.Decode(bytes.NewReader(text))
	require.NoError(t, err)
	counts := map[color.Color]int{}
	size := img.Bounds()
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			counts[img.At(x, y)]++
		}
	}
	var colors color.Palette
	for _, c := range slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] }) {
		if len(colors) < 256 && (len(colors) == 0 || distance(c, colors.Convert(c)) > 20) {
			colors = append(colors, c)
		}
	}
	out := image.NewPaletted(size, colors)
	nearest := map[color.Color]uint8{}
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			c := img.At(x, y)
			i, known := nearest[c]
			if !known {
				i = uint8(out.Palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	var b bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, out))
	return b.Bytes()
}
