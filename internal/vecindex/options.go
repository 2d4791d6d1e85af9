package vecindex

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/tagoption"
)

// Options are those of an index. The zero value of each is the engine's
// default.
type Options struct {
	Name         string  // "": made of the table's and the column's
	Metric       string  // "cosine" (default) or "l2"
	Compress     string  // the neighbours' storage: "float1bit", "float8", "float16", "floatb16", "float32"; default the column's
	MaxNeighbors int     // of a node; default 3·(⌊√dims⌋+1)
	Alpha        float64 // 1.2: how far neighbours spread, at least 1
	InsertL      int     // 70: candidates looked at for each vector that is stored
	SearchL      int     // 200: candidates looked at for each search, and most of what it can find
	Where        string  // of a partial index
}

// The engine's defaults.
const (
	DefaultAlpha   = 1.2
	DefaultInsertL = 70
	DefaultSearchL = 200
)

// MaxL is the most that insert_l and search_l can be here. Beyond 2^28 libSQL
// aborts the process, and it allocates memory for as many before each search.
const MaxL = 1 << 20

// maxBlock is how large the engine lets a node with its neighbours be.
const maxBlock = 128 << 20

var tag = tagoption.Tag{Name: "vectorIndex", Rest: "where"}

var metrics = []string{"cosine", "l2"}

// compressions are in the order in which the engine tries them.
var compressions = []string{"float1bit", "float8", "float16", "floatb16", "float32"}

// Parse reads the value of the tag vectorIndex: options as name=value with
// commas between them, of which where=… is the last, since it may hold commas.
// "" is an index with the defaults.
func Parse(text string) (o Options, err error) {
	err = tag.Each(text, o.set)
	return o, err
}

func (o *Options) set(key, value string) (err error) {
	switch key {
	case "name":
		if o.Name = value; !IsSafe(value) {
			err = fmt.Errorf("name=%s: libSQL takes letters, digits and _ only, and no digit first", value)
		}
	case "metric":
		o.Metric, err = oneOf(key, value, metrics)
	case "compress":
		o.Compress, err = oneOf(key, value, compressions)
	case "max_neighbors":
		o.MaxNeighbors, err = number(key, value, math.MaxInt32)
	case "insert_l":
		o.InsertL, err = number(key, value, MaxL)
	case "search_l":
		o.SearchL, err = number(key, value, MaxL)
	case "alpha":
		if o.Alpha, err = strconv.ParseFloat(value, 64); err != nil || !(o.Alpha >= 1 && o.Alpha <= 1000) {
			err = fmt.Errorf("alpha=%s is no number from 1 to 1000: with less, rows cannot be reached", value)
		}
	case "where":
		o.Where = value
	default:
		err = fmt.Errorf("there is no option %s: they are metric, compress, max_neighbors, alpha, insert_l, search_l, name and where", key)
	}
	return err
}

func oneOf(key, value string, all []string) (string, error) {
	value = strings.ToLower(value)
	if !slices.Contains(all, value) {
		return "", fmt.Errorf("%s=%s is none of %s", key, value, strings.Join(all, ", "))
	}
	return value, nil
}

func number(key, value string, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%s=%s is no number from 1 to %d", key, value, most)
	}
	return n, nil
}

// Check tells what the engine would refuse, or worse, of an index over a
// column.
func (o Options) Check(k Kind, dims int) error {
	switch {
	case dims == 0:
		return errors.New("vectorIndex: the column has no dimensions: add the tag dims:N")
	case dims > MaxDims:
		return fmt.Errorf("vectorIndex: %d dimensions are more than %d", dims, MaxDims)
	case o.Compress == "float1bit" && o.metric() == "l2":
		return errors.New("vectorIndex: compress=float1bit goes with metric=cosine only")
	case k == Float1 && o.metric() == "l2":
		return errors.New("vectorIndex: vectors of one bit have no l2 distance: use metric=cosine")
	}
	edge := k
	if i := slices.Index(compressions, o.Compress); i >= 0 {
		edge = []Kind{Float1, Float8, Float16, FloatB16, Float32}[i]
	}
	if size := edge.bytes(dims) + 16; o.MaxNeighbors > 0 && o.MaxNeighbors > (maxBlock-k.bytes(dims))/size {
		return fmt.Errorf("vectorIndex: max_neighbors=%d: a node would have more than 128 MiB; %d is the most for this column",
			o.MaxNeighbors, (maxBlock-k.bytes(dims))/size)
	}
	return nil
}

func (o Options) metric() string {
	if o.Metric == "" {
		return "cosine"
	}
	return o.Metric
}

// IsL2 tells the metric.
func (o Options) IsL2() bool { return o.metric() == "l2" }

// Candidates are how many rows a search can find at most.
func (o Options) Candidates() int {
	if o.SearchL == 0 {
		return DefaultSearchL
	}
	return o.SearchL
}

// Equal tells that two indexes over the same column are the same, whether a
// default is spelled out or not.
func (o Options) Equal(p Options) bool { return o.normal() == p.normal() }

func (o Options) normal() Options {
	o.Metric = o.metric()
	if o.Alpha == 0 {
		o.Alpha = DefaultAlpha
	}
	if o.InsertL == 0 {
		o.InsertL = DefaultInsertL
	}
	if o.SearchL == 0 {
		o.SearchL = DefaultSearchL
	}
	o.Name, o.Where = "", "" // CREATE INDEX has them elsewhere
	return o
}

// IsSafe tells that the name can be that of a vector index: libSQL writes it
// into its own statements without quotes.
func IsSafe(name string) bool {
	for i, c := range []byte(name) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// SafeName is the name itself when it is safe, else one like it that no other
// name becomes.
func SafeName(name string) string {
	if IsSafe(name) {
		return name
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	out := []byte(name)
	for i, c := range out {
		if !IsSafe("_" + string(rune(c))) {
			out[i] = '_'
		}
	}
	return fmt.Sprintf("v_%s_%08x", out, h.Sum32())
}

// IndexName is the name of the index: its own, or one like those of GORM's other
// indexes, made safe.
func (o Options) IndexName(namer interface {
	IndexName(table, column string) string
}, table, column string) string {
	if o.Name != "" {
		return o.Name
	}
	return SafeName(namer.IndexName(table, column))
}

// Call is the expression that makes an index one of vectors:
// libsql_vector_idx(`column`, 'metric=l2').
func (o Options) Call(column string) string {
	var b strings.Builder
	b.WriteString(marker + "(" + sqltext.Backquote(column))
	add := func(key, value string) { b.WriteString(", " + sqltext.QuoteString(key+"="+value)) }
	if o.Metric != "" {
		add("metric", o.Metric)
	}
	if o.Compress != "" {
		add("compress_neighbors", o.Compress)
	}
	if o.MaxNeighbors != 0 {
		add("max_neighbors", strconv.Itoa(o.MaxNeighbors))
	}
	if o.Alpha != 0 {
		add("alpha", strconv.FormatFloat(o.Alpha, 'f', -1, 64))
	}
	if o.InsertL != 0 {
		add("insert_l", strconv.Itoa(o.InsertL))
	}
	if o.SearchL != 0 {
		add("search_l", strconv.Itoa(o.SearchL))
	}
	b.WriteString(")")
	return b.String()
}

// CreateIndex is the statement, without a schema.
func (o Options) CreateIndex(name, table, column string) string {
	sql := "CREATE INDEX " + sqltext.Backquote(name) + " ON " + sqltext.Backquote(table) + " (" + o.Call(column) + ")"
	if o.Where != "" {
		sql += " WHERE " + o.Where
	}
	return sql
}
