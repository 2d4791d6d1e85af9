//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** Table-valued functions in Go: a module of its own for each, whose rows come
** in blocks.
*/
#ifndef LQ_TABLEFUNC_H
#define LQ_TABLEFUNC_H

#include "func.h"

/* Arguments that are told apart by a bit each. */
#define LQ_TABLE_PARAMS 30

/* Rows on their way from Go. */
typedef struct lq_table_block {
  lq_buf cells, text; /* as those of a statement's rows */
  int nrow;
  int done; /* no others come */
} lq_table_block;

/* schema is a CREATE TABLE with the columns, and behind them the parameters; optional has a bit for each that may be left out. */
int lq_table_create(lq_conn *, const char *name, const char *schema, int ncol, int nparam, int optional, int flags, uintptr_t handle);
int lq_table_drop(lq_conn *, const char *name);

#endif
