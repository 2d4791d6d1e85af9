package hranaserver

// What a client may send, whatever it is encoded in.

type pipelineRequest struct {
	Baton    *string         `json:"baton"`
	Requests []streamRequest `json:"requests"`
}

type cursorRequest struct {
	Baton *string       `json:"baton"`
	Batch *batchRequest `json:"batch"`
}

// streamRequest is one request of a pipeline: the fields that its type has.
type streamRequest struct {
	Type  string        `json:"type"`
	Stmt  *stmtRequest  `json:"stmt"`
	Batch *batchRequest `json:"batch"`
	SQL   *string       `json:"sql"`
	SQLID *int32        `json:"sql_id"`
}

type stmtRequest struct {
	SQL       *string    `json:"sql"`
	SQLID     *int32     `json:"sql_id"`
	Args      []value    `json:"args"`
	NamedArgs []namedArg `json:"named_args"`
	WantRows  *bool      `json:"want_rows"`
}

type namedArg struct {
	Name  *string `json:"name"`
	Value *value  `json:"value"`
}

type batchRequest struct {
	Steps []stepRequest `json:"steps"`
}

type stepRequest struct {
	Condition *condition   `json:"condition"`
	Stmt      *stmtRequest `json:"stmt"`
}

// condition says whether a step of a batch runs.
type condition struct {
	Type  string       `json:"type"`
	Step  *uint32      `json:"step"`
	Cond  *condition   `json:"cond"`
	Conds *[]condition `json:"conds"`
}

// value is an argument: nil, int64, float64, string or []byte.
type value struct{ v any }
