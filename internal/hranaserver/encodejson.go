package hranaserver

import (
	"database/sql/driver"
	"encoding/base64"
	"math"
	"strconv"
)

// appendString appends a text as JSON. Everything but quotes, backslashes and
// control characters stands for itself.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

func appendOptional(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendString(b, s)
}

func appendIndex(b []byte, index *uint64) []byte {
	if index == nil {
		return append(b, "null"...)
	}
	return append(strconv.AppendUint(append(b, '"'), *index, 10), '"')
}

// appendFloat appends the shortest number that is read as the same float. JSON
// has no infinity: it is null, as with libsql-server.
func appendFloat(b []byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return append(b, "null"...)
	}
	n := len(b)
	b = strconv.AppendFloat(b, f, 'g', -1, 64)
	for _, c := range b[n:] {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, '.', '0')
}

func appendValue(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case int64:
		b = append(b, `{"type":"integer","value":"`...)
		return append(strconv.AppendInt(b, v, 10), `"}`...)
	case float64:
		return append(appendFloat(append(b, `{"type":"float","value":`...), v), '}')
	case string:
		return append(appendString(append(b, `{"type":"text","value":`...), v), '}')
	case []byte:
		b = append(b, `{"type":"blob","base64":"`...)
		return append(base64.RawStdEncoding.AppendEncode(b, v), `"}`...)
	}
	return append(b, `{"type":"null"}`...)
}

func appendRow(b []byte, values []driver.Value) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v)
	}
	return append(b, ']')
}

func appendColumns(b []byte, cols []column) []byte {
	b = append(b, '[')
	for i, c := range cols {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"name":`...), c.name)
		b = appendOptional(append(b, `,"decltype":`...), c.declType)
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendFailure(b []byte, f *failure) []byte {
	b = appendString(append(b, `{"message":`...), f.Message)
	b = appendString(append(b, `,"code":`...), f.Code)
	if f.Extended != "" {
		b = appendString(append(b, `,"extended_code":`...), f.Extended)
	}
	return append(b, '}')
}

func appendStmtResult(b []byte, r *stmtResult) []byte {
	b = appendColumns(append(b, `{"cols":`...), r.cols)
	b = append(b, `,"rows":[`...)
	n := len(r.cols)
	for i := range r.rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRow(b, r.values[i*n:(i+1)*n])
	}
	b = strconv.AppendInt(append(b, `],"affected_row_count":`...), r.outcome.affected, 10)
	b = append(b, `,"last_insert_rowid":`...)
	if r.outcome.lastID == nil {
		b = append(b, "null"...)
	} else {
		b = append(strconv.AppendInt(append(b, '"'), *r.outcome.lastID, 10), '"')
	}
	b = appendIndex(append(b, `,"replication_index":`...), r.index)
	b = strconv.AppendInt(append(b, `,"rows_read":`...), r.outcome.read, 10)
	b = strconv.AppendInt(append(b, `,"rows_written":`...), r.outcome.wrote, 10)
	b = appendFloat(append(b, `,"query_duration_ms":`...), r.outcome.milliseconds)
	return append(b, '}')
}

func appendBatchResult(b []byte, r *batchResult) []byte {
	b = append(b, `{"step_results":[`...)
	for i, s := range r.results {
		if i > 0 {
			b = append(b, ',')
		}
		if s == nil {
			b = append(b, "null"...)
		} else {
			b = appendStmtResult(b, s)
		}
	}
	b = append(b, `],"step_errors":[`...)
	for i, f := range r.errors {
		if i > 0 {
			b = append(b, ',')
		}
		if f == nil {
			b = append(b, "null"...)
		} else {
			b = appendFailure(b, f)
		}
	}
	b = appendIndex(append(b, `],"replication_index":`...), r.index)
	return append(b, '}')
}

func appendDescription(b []byte, d *description) []byte {
	b = append(b, `{"params":[`...)
	for i, name := range d.params {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendOptional(append(b, `{"name":`...), name), '}')
	}
	b = appendColumns(append(b, `],"cols":`...), d.cols)
	b = strconv.AppendBool(append(b, `,"is_explain":`...), d.explain)
	b = strconv.AppendBool(append(b, `,"is_readonly":`...), d.readOnly)
	return append(b, '}')
}

// jsonCodec encodes answers as JSON.
type jsonCodec struct{}

func (jsonCodec) pipelineType() string { return typeJSON }
func (jsonCodec) cursorType() string   { return typeText }

func (jsonCodec) readPipeline(body []byte, into *pipelineRequest) error {
	if err := decodeJSON(body, into); err != nil {
		return err
	}
	if into.Requests == nil {
		return missing("requests")
	}
	return nil
}

func (jsonCodec) readCursor(body []byte, into *cursorRequest) error { return decodeJSON(body, into) }

func (jsonCodec) pipeline(r *pipelineResponse) []byte {
	b := appendOptional(append(make([]byte, 0, 512), `{"baton":`...), r.baton)
	b = appendOptional(append(b, `,"base_url":`...), r.baseURL)
	b = append(b, `,"results":[`...)
	for i := range r.results {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendResult(b, &r.results[i])
	}
	return append(b, "]}"...)
}

func appendResult(b []byte, r *streamResult) []byte {
	if r.failed != nil {
		return append(appendFailure(append(b, `{"type":"error","error":`...), r.failed), '}')
	}
	b = appendString(append(b, `{"type":"ok","response":{"type":`...), r.typ)
	switch {
	case r.execute != nil:
		b = appendStmtResult(append(b, `,"result":`...), r.execute)
	case r.batch != nil:
		b = appendBatchResult(append(b, `,"result":`...), r.batch)
	case r.describe != nil:
		b = appendDescription(append(b, `,"result":`...), r.describe)
	case r.typ == "get_autocommit":
		b = strconv.AppendBool(append(b, `,"is_autocommit":`...), r.autocommit)
	}
	return append(b, "}}"...)
}

// The lines of a cursor.

func (jsonCodec) cursor(b []byte, baton, baseURL string) []byte {
	b = appendOptional(append(b, `{"baton":`...), baton)
	b = appendOptional(append(b, `,"base_url":`...), baseURL)
	return append(b, "}\n"...)
}

func (jsonCodec) stepBegin(b []byte, step int, cols []column) []byte {
	b = strconv.AppendInt(append(b, `{"type":"step_begin","step":`...), int64(step), 10)
	b = appendColumns(append(b, `,"cols":`...), cols)
	return append(b, "}\n"...)
}

func (jsonCodec) row(b []byte, values []driver.Value) []byte {
	b = appendRow(append(b, `{"type":"row","row":`...), values)
	return append(b, "}\n"...)
}

func (jsonCodec) stepEnd(b []byte, o outcome) []byte {
	b = strconv.AppendInt(append(b, `{"type":"step_end","affected_row_count":`...), o.affected, 10)
	b = append(b, `,"last_insert_rowid":`...)
	if o.lastID == nil {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendInt(b, *o.lastID, 10)
	}
	return append(b, "}\n"...)
}

func (jsonCodec) stepError(b []byte, step int, f *failure) []byte {
	b = strconv.AppendInt(append(b, `{"type":"step_error","step":`...), int64(step), 10)
	b = appendFailure(append(b, `,"error":`...), f)
	return append(b, "}\n"...)
}

func (jsonCodec) replicationIndex(b []byte, index uint64) []byte {
	b = strconv.AppendUint(append(b, `{"type":"replication_index","replication_index":`...), index, 10)
	return append(b, "}\n"...)
}
