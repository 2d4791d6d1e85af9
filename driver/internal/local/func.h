//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** Functions in Go, for the library to call. C holds handles and no Go
** pointers; what it passes is memory that it lends for the call.
*/
#ifndef LQ_FUNC_H
#define LQ_FUNC_H

#include "local.h"

/* Results up to this size need no memory of their own. */
#define LQ_NEAR 256

/* What a function in Go returns: a value, or with another code than 0 an error, whose text is the bytes. */
typedef struct lq_result {
  int64_t v;
  uint32_t n;
  uint32_t type;
  int code;
  void *far; /* the bytes, if they are more than LQ_NEAR: malloc's */
  unsigned char near[LQ_NEAR];
} lq_result;

int lq_func_create(lq_conn *, const char *name, int nargs, int flags, uintptr_t handle);
int lq_func_create_aggregate(lq_conn *, const char *name, int nargs, int flags, int window, uintptr_t handle);
int lq_func_drop(lq_conn *, const char *name, int nargs);

/*
** Keeps what the statement that runs has written from being committed with its
** end: it opens a transaction around it, if there is none.
*/
void lq_hold(lq_conn *);

/*
** A comparison that failed has no way to say so: it leaves what went wrong, and
** the statement fails when it comes back. What it may have done in a wrong
** order is rolled back.
*/
int lq_fault(lq_conn *);
int lq_collation_create(lq_conn *, const char *name, uintptr_t handle);
int lq_collation_drop(lq_conn *, const char *name);

/* Reads a value for Go: 0 without memory. */
int lq_read_value(sqlite3_value *, lq_arg *);
/* Gives SQLite the result, and frees what it holds. */
void lq_give_result(sqlite3_context *, lq_result *);

#endif
