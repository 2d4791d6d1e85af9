package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/vecindex"
	"github.com/gorm-libsql/libsql/pragma"
)

// schema is what the page of tables has of the database.
type schema struct {
	bytes  int64 // of the whole database
	free   int64 // of them, not in use
	tables []table
}

type table struct {
	name, kind string
	indexes    []tableIndex
}

type tableIndex struct {
	name, columns   string
	unique, partial bool
	key             bool // it belongs to a constraint, and cannot be dropped
	vector          bool // vector_top_k searches it, which no plan tells
}

// mostTables bounds what is shown.
const mostTables = 300

func (s *source) schema(ctx context.Context) (*schema, error) {
	return s.schemas.get(ctx, schemaAge, func() (out *schema, err error) {
		err = s.conn(ctx, func(ctx context.Context, c *driver.Conn) error {
			out, err = readSchema(ctx, pragma.On(c))
			return err
		})
		return out, err
	})
}

func readSchema(ctx context.Context, q pragma.Querier) (*schema, error) {
	pages, err := pragma.PageCount(ctx, q, "main")
	if err != nil {
		return nil, err
	}
	free, err := pragma.FreelistCount(ctx, q, "main")
	if err != nil {
		return nil, err
	}
	pageSize, err := pragma.PageSize.Get(ctx, q)
	if err != nil {
		return nil, err
	}
	s := &schema{bytes: int64(pages) * int64(pageSize), free: int64(free) * int64(pageSize)}
	all, err := pragma.TableList(ctx, q, "")
	if err != nil {
		return nil, err
	}
	vectors, err := vectorIndexes(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		if t.Schema != "main" || t.Type == "view" || strings.HasPrefix(t.Name, "sqlite_") || len(s.tables) == mostTables {
			continue
		}
		x := table{name: t.Name, kind: t.Type}
		if t.Type != "virtual" {
			if x.indexes, err = readIndexes(ctx, q, t.Name, vectors); err != nil {
				return nil, err
			}
		}
		s.tables = append(s.tables, x)
	}
	return s, nil
}

func readIndexes(ctx context.Context, q pragma.Querier, of string, vectors map[string]bool) (out []tableIndex, err error) {
	list, err := pragma.IndexList(ctx, q, "main", of)
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		columns, err := pragma.IndexInfo(ctx, q, "main", i.Name)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, c := range columns {
			switch {
			case !c.Key:
			case c.Name.Valid:
				name := c.Name.String
				if c.Desc {
					name += " DESC"
				}
				names = append(names, name)
			case c.Column == -2:
				names = append(names, "expression")
			default:
				names = append(names, "rowid")
			}
		}
		out = append(out, tableIndex{name: i.Name, columns: strings.Join(names, ", "), unique: i.Unique, partial: i.Partial, key: i.Origin != "c", vector: vectors[i.Name]})
	}
	return out, nil
}

// vectorIndexes are the names of those with libsql_vector_idx.
func vectorIndexes(ctx context.Context, q pragma.Querier) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, "SELECT name, sql FROM main.sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var name, sql string
		if err := rows.Scan(&name, &sql); err != nil {
			return nil, err
		}
		if _, is := vecindex.Scan(sql); is {
			out[name] = true
		}
	}
	return out, rows.Err()
}

// usage is which indexes the plans of queries have, by the folded name, and how
// often these ran.
type usage struct {
	indexes map[string]used
	shapes  int // that were planned
	all     bool
}

type used struct {
	Shapes, Runs int64
}

// mostPlans bounds how many queries are planned for a page.
const mostPlans = 200

func (s *source) usage(ctx context.Context) (usage, error) {
	return s.uses.get(ctx, usesAge, func() (usage, error) {
		r := s.report()
		u := usage{indexes: map[string]used{}, all: r.Rest.Shapes.Count == 0}
		for i := range r.Shapes {
			shape := &r.Shapes[i]
			if !planned(shape) {
				continue
			}
			if u.shapes == mostPlans {
				u.all = false
				break
			}
			plan, err := s.plan(ctx, shape)
			if ctx.Err() != nil {
				return usage{}, ctx.Err()
			}
			if err != nil {
				continue // it fails, or its table is gone
			}
			u.shapes++
			u.add(&plan, shape.Count)
		}
		return u, nil
	})
}

func (u *usage) add(plan *callbacks.QueryPlan, runs int64) {
	seen := map[string]bool{}
	for i := range plan.Statements {
		plan.Statements[i].Walk(func(n *callbacks.PlanNode) bool {
			name := foldName(n.Index)
			if n.Index != "" && !n.Automatic && !seen[name] {
				seen[name] = true
				x := u.indexes[name]
				x.Shapes++
				x.Runs += runs
				u.indexes[name] = x
			}
			return true
		})
	}
}

type tablesData struct {
	Tables  []tableRow
	Bytes   int64 // of the database
	Free    int64
	Sized   bool
	SizedAt time.Time
	Problem string
	Usage   usage
	Planned int
	All     bool
	Cut     bool
}

type tableRow struct {
	Name, Kind string
	Bytes      int64
	Bar        string
	Cells      int64
	Unused     scaled // of its pages
	*callbacks.Measures
	Share   scaled
	Indexes []indexRow
}

type indexRow struct {
	Name, Columns string
	Unique, Key   bool
	Partial       bool
	Vector        bool
	Bytes         int64
	Use           used
}

func tables(h *handler, r *http.Request, p *page) error {
	ctx := r.Context()
	schema, err := h.source.schema(ctx)
	if err != nil {
		return err
	}
	data := tablesData{Bytes: schema.bytes, Free: schema.free, Cut: len(schema.tables) == mostTables}
	sizes, at := h.source.sizes.last()
	if asked := r.URL.Query().Get("sizes") == "read"; asked || h.cfg.MaxScan > 0 && schema.bytes <= h.cfg.MaxScan {
		if fresh, err := h.source.readSizes(ctx); err != nil {
			data.Problem = err.Error()
		} else {
			sizes, at = fresh, time.Now()
		}
	}
	data.Sized, data.SizedAt = !at.IsZero(), at
	if data.Usage, err = h.source.usage(ctx); err != nil {
		return err
	}
	data.Planned, data.All = data.Usage.shapes, data.Usage.all
	objects := map[string]*driver.ObjectSize{}
	for i := range sizes.Objects {
		objects[foldName(sizes.Objects[i].Name)] = &sizes.Objects[i]
	}
	measures := map[string]*callbacks.Measures{}
	for i := range p.Report.Tables {
		measures[foldName(p.Report.Tables[i].Name)] = &p.Report.Tables[i].Measures
	}
	largest := int64(1)
	for _, t := range schema.tables {
		x := tableRow{Name: t.name, Kind: t.kind, Measures: measures[foldName(t.name)]}
		if x.Measures == nil {
			x.Measures = &callbacks.Measures{}
		}
		x.Share = percent(float64(x.Times.Self()), float64(p.Report.Total.Times.Self()))
		if o := objects[foldName(t.name)]; o != nil {
			x.Bytes, x.Cells, x.Unused = o.Bytes, o.Cells, percent(float64(o.Unused), float64(o.Bytes))
		}
		for _, i := range t.indexes {
			y := indexRow{Name: i.name, Columns: i.columns, Unique: i.unique, Key: i.key, Partial: i.partial, Vector: i.vector, Use: data.Usage.indexes[foldName(i.name)]}
			if o := objects[foldName(i.name)]; o != nil {
				y.Bytes = o.Bytes
			}
			x.Indexes = append(x.Indexes, y)
		}
		largest = max(largest, x.Bytes)
		data.Tables = append(data.Tables, x)
	}
	for i := range data.Tables {
		data.Tables[i].Bar = px(100 * float64(data.Tables[i].Bytes) / float64(largest))
	}
	slices.SortStableFunc(data.Tables, func(a, b tableRow) int {
		if d := b.Times.Self() - a.Times.Self(); d != 0 {
			return int(min(max(d, -1), 1))
		}
		return int(min(max(b.Bytes-a.Bytes, -1), 1))
	})
	p.Data = data
	return nil
}

func (s *source) readSizes(ctx context.Context) (driver.Sizes, error) {
	return s.sizes.get(ctx, sizesAge, func() (sizes driver.Sizes, err error) {
		err = s.conn(ctx, func(ctx context.Context, c *driver.Conn) error {
			sizes, err = c.Sizes(ctx, "main")
			return err
		})
		return sizes, err
	})
}
