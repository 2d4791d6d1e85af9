//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// libSQL believes what a vector index says of itself: how large its blocks are,
// and how many neighbours each of them lists. One that lies makes it write
// outside of its memory. So the indexes of a file that is not trusted are looked
// through before anybody uses them.

const vectorMeta = "libsql_vector_meta_shadow"

// checkVectors returns an error if a vector index of the file is not what
// libSQL could have made.
func (c *conn) checkVectors(ctx context.Context) error {
	metas, err := c.table(ctx, "SELECT type = 'table' AND rootpage > 0 FROM main.sqlite_schema WHERE name = '"+vectorMeta+"' COLLATE NOCASE")
	if err != nil || len(metas) == 0 {
		return err
	}
	if len(metas) > 1 || metas[0][0] != int64(1) {
		return brokenVector(vectorMeta)
	}
	if err := c.untouched(ctx, vectorMeta); err != nil {
		return err
	}
	indexes, err := c.table(ctx, "SELECT name, metadata FROM main."+vectorMeta)
	if err != nil {
		return err
	}
	for _, index := range indexes {
		name, _ := index[0].(string)
		params, _ := index[1].([]byte)
		if err := c.checkVector(ctx, name, params); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) checkVector(ctx context.Context, name string, params []byte) error {
	layout, ok := parseVectorParams(params)
	if !ok {
		return brokenVector(name)
	}
	shadow := name + "_shadow"
	ours, err := c.table(ctx, "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name = "+sqltext.QuoteString(shadow)+" COLLATE NOCASE")
	if err != nil || len(ours) == 0 {
		return err // without the table libSQL does nothing
	}
	if err := c.untouched(ctx, shadow); err != nil {
		return err
	}
	bad, err := c.table(ctx, fmt.Sprintf("SELECT 1 FROM main.%s WHERE typeof(data) <> 'blob' OR length(data) <> %d"+
		" OR hex(substr(data, 10, 1)) || hex(substr(data, 9, 1)) > '%04X' LIMIT 1", sqltext.QuoteIdent(shadow), layout.block, layout.edges))
	if err == nil && len(bad) > 0 {
		err = brokenVector(name)
	}
	return err
}

// untouched checks that the schema has nothing that writes into a table of
// libSQL's own when something else is written.
func (c *conn) untouched(ctx context.Context, table string) error {
	quoted := sqltext.QuoteString(sqltext.Lower(table))
	hooks, err := c.table(ctx, "SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND instr(lower(sql), "+quoted+") > 0"+
		" OR type = 'table' AND lower(name) = "+quoted+" AND instr(lower(sql), 'references') > 0 LIMIT 1")
	if err == nil && len(hooks) > 0 {
		err = brokenVector(table)
	}
	return err
}

func brokenVector(name string) error {
	return &engine.Error{Code: engine.CodeCorrupt, Offset: -1, Message: "database disk image is malformed: vector index " + strconv.Quote(name),
		Hint: "libSQL would crash on it; drop the index and create it again, on a connection that trusts the file"}
}

// vectorLayout is what the parameters of an index say of its blocks.
type vectorLayout struct {
	block int64 // bytes
	edges int64 // neighbours that fit into a block
}

// The numbers of the parameters that libSQL keeps of an index, each followed by
// 64 bits, and of the types of vectors.
const (
	paramFormat, paramType, paramVector, paramDims, paramMetric, paramBlock = 1, 2, 3, 4, 5, 6
	paramAlpha, paramInsertL, paramSearchL, paramNeighbors, paramCompress   = 7, 8, 9, 10, 11

	float32Vector, float64Vector, float1Vector, float8Vector, float16Vector, bfloat16Vector = 1, 2, 3, 4, 5, 6
)

// paramRanges are the values that a parameter can have.
var paramRanges = [...][2]uint64{
	paramFormat: {1, 3}, paramType: {1, 1}, paramVector: {float32Vector, bfloat16Vector}, paramDims: {1, 65536}, paramMetric: {1, 2}, paramBlock: {1, 128 << 20},
	paramAlpha: {0, 1<<64 - 1}, paramInsertL: {1, 1 << 24}, paramSearchL: {1, 1 << 24}, paramNeighbors: {1, 1 << 24}, paramCompress: {float32Vector, bfloat16Vector},
}

func parseVectorParams(b []byte) (vectorLayout, bool) {
	var p [len(paramRanges)]uint64
	if len(b)%9 != 0 {
		return vectorLayout{}, false
	}
	for ; len(b) > 0; b = b[9:] {
		id, value := int(b[0]), binary.LittleEndian.Uint64(b[1:])
		if id == 0 || id >= len(p) || p[id] != 0 || value < paramRanges[id][0] || value > paramRanges[id][1] {
			return vectorLayout{}, false
		}
		p[id] = value
	}
	for _, id := range []int{paramFormat, paramType, paramVector, paramDims, paramMetric, paramBlock, paramInsertL, paramSearchL} {
		if p[id] == 0 {
			return vectorLayout{}, false
		}
	}
	edge := p[paramCompress]
	if edge == 0 {
		edge = p[paramVector]
	}
	header := int64(16)
	if p[paramFormat] < 3 {
		header = 10
	}
	l := vectorLayout{block: int64(p[paramBlock])}
	l.edges = (l.block - header - vectorSize(p[paramVector], p[paramDims])) / (16 + vectorSize(edge, p[paramDims]))
	return l, l.edges > 0
}

// vectorSize is how many bytes a vector takes in a block.
func vectorSize(kind, dims uint64) int64 {
	switch d := int64(dims); kind {
	case float32Vector:
		return 4 * d
	case float64Vector:
		return 8 * d
	case float1Vector:
		return (d + 7) / 8
	case float8Vector:
		return (d+3)/4*4 + 8
	default:
		return 2 * d
	}
}

// table runs a query of the connection's own.
func (c *conn) table(ctx context.Context, sql string) (all [][]driver.Value, err error) {
	r, err := c.Query(ctx, sql, nil)
	if err != nil {
		return nil, err
	}
	for {
		row := make([]driver.Value, len(r.Columns()))
		switch err := r.Next(row); {
		case err == io.EOF:
			return all, r.Close()
		case err != nil:
			r.Close()
			return nil, err
		}
		all = append(all, row)
	}
}
