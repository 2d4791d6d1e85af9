package hranaserver

// Fields that must be there.

func missing(field string) error {
	return protocolError("Cannot deserialize client message from JSON: missing field `%s`", field)
}

func (r *streamRequest) check() error {
	switch r.Type {
	case "execute":
		if r.Stmt == nil {
			return missing("stmt")
		}
		return r.Stmt.check()
	case "batch":
		return r.Batch.check()
	case "store_sql":
		if r.SQL == nil {
			return missing("sql")
		}
		if r.SQLID == nil {
			return missing("sql_id")
		}
	case "close_sql":
		if r.SQLID == nil {
			return missing("sql_id")
		}
	case "close", "sequence", "describe", "get_autocommit":
	default:
		return protocolError("Cannot deserialize client message from JSON: unknown variant `%s` of a request", r.Type)
	}
	return nil
}

func (s *stmtRequest) check() error {
	for _, a := range s.NamedArgs {
		if a.Name == nil {
			return missing("name")
		}
		if a.Value == nil {
			return missing("value")
		}
	}
	return nil
}

func (b *batchRequest) check() error {
	switch {
	case b == nil:
		return missing("batch")
	case b.Steps == nil:
		return missing("steps")
	}
	for i := range b.Steps {
		if b.Steps[i].Stmt == nil {
			return missing("stmt")
		}
		if err := b.Steps[i].Stmt.check(); err != nil {
			return err
		}
		if c := b.Steps[i].Condition; c != nil {
			if err := c.complete(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *condition) complete() error {
	switch c.Type {
	case "ok", "error":
		if c.Step == nil {
			return missing("step")
		}
	case "not":
		if c.Cond == nil {
			return missing("cond")
		}
		return c.Cond.complete()
	case "and", "or":
		if c.Conds == nil {
			return missing("conds")
		}
		for i := range *c.Conds {
			if err := (*c.Conds)[i].complete(); err != nil {
				return err
			}
		}
	case "is_autocommit":
	default:
		return protocolError("Cannot deserialize client message from JSON: unknown variant `%s` of a condition", c.Type)
	}
	return nil
}
