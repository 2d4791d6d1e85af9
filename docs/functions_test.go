package docs_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/libsqltest"
)

type Chapter struct {
	ID    uint
	Title string
}

func Slug(title string) string {
	return strings.ReplaceAll(strings.ToLower(title), " ", "-")
}

var ErrLength = errors.New("blobs of one length")

func Distance(ctx context.Context, a, b []byte) (float64, error) {
	if len(a) != len(b) {
		return 0, fmt.Errorf("%w: %d and %d bytes", ErrLength, len(a), len(b))
	}
	n := 0
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return float64(n), ctx.Err()
}

// Median collects numbers.
type Median struct{ all []float64 }

func (m *Median) Step(x *float64) {
	if x != nil {
		m.all = append(m.all, *x)
	}
}

func (m *Median) Final() *float64 {
	if len(m.all) == 0 {
		return nil
	}
	slices.Sort(m.all)
	return &m.all[len(m.all)/2]
}

// Line is a row.
type Line struct {
	Number int
	Text   string
}

func Lines(ctx context.Context, path string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer f.Close()
		s := bufio.NewScanner(f)
		for n := 1; s.Scan(); n++ {
			if !yield(Line{n, s.Text()}, nil) {
				return
			}
		}
		if s.Err() != nil {
			yield(Line{}, s.Err())
		}
	}
}

func TestFunctions(t *testing.T) {
	db := libsqltest.New(t, &Chapter{})
	require.NoError(t, db.Create([]Chapter{{Title: "Other"}, {Title: "Hello World"}}).Error)
	err := libsql.EachConn(db, "slug", func(_ context.Context, c *driver.Conn) error {
		return c.Func("slug", Slug, driver.Deterministic)
	})
	require.NoError(t, err)
	var chapter Chapter
	err = db.Where("slug(title) = ?", "hello-world").First(&chapter).Error
	require.NoError(t, err)
	require.Equal(t, "Hello World", chapter.Title)
	var slugs []string
	require.NoError(t, db.Model(&Chapter{}).Order("id").Pluck("slug(title)", &slugs).Error)
	require.Equal(t, []string{"other", "hello-world"}, slugs)
}

func TestFunctionErrors(t *testing.T) {
	db := libsqltest.New(t)
	require.NoError(t, libsql.EachConn(db, "distance", func(_ context.Context, c *driver.Conn) error {
		return c.Func("distance", Distance)
	}))
	var n float64
	require.NoError(t, db.Raw("SELECT distance(x'0f', x'00')").Scan(&n).Error)
	require.Equal(t, 4.0, n)
	err := db.Raw("SELECT distance(x'00', x'0000')").Scan(&n).Error
	fmt.Println(err)                       // distance(): blobs of one length: 1 and 2 bytes
	fmt.Println(errors.Is(err, ErrLength)) // true
	require.EqualError(t, err, "distance(): blobs of one length: 1 and 2 bytes")
	require.ErrorIs(t, err, ErrLength)
}

func TestFunctionAggregate(t *testing.T) {
	db := libsqltest.New(t, &Wallet{})
	require.NoError(t, db.Create([]Wallet{{Amount: 1}, {Amount: 30}, {Amount: 4}}).Error)
	require.NoError(t, libsql.EachConn(db, "middle", func(_ context.Context, c *driver.Conn) error {
		return c.Aggregate("middle", func() *Median { return new(Median) })
	}))
	var middle float64
	require.NoError(t, db.Model(&Wallet{}).Select("middle(amount)").Scan(&middle).Error)
	require.Equal(t, 4.0, middle)
}

func TestFunctionTable(t *testing.T) {
	db := libsqltest.New(t)
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(path, []byte("one\ntwo ERROR\n"), 0o600))
	err := libsql.EachConn(db, "lines", func(_ context.Context, c *driver.Conn) error {
		return c.TableFunc("lines", Lines, driver.DirectOnly)
	})
	require.NoError(t, err)
	var lines []Line
	err = db.Table("lines(?)", path).Where("text LIKE ?", "%ERROR%").Find(&lines).Error
	require.NoError(t, err)
	require.Equal(t, []Line{{2, "two ERROR"}}, lines)
	require.ErrorIs(t, db.Table("lines(?)", path+"x").Find(&lines).Error, os.ErrNotExist)
}
