//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "func.h"

#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

/* ---- values ---- */

int lq_read_value(sqlite3_value *v, lq_arg *a) {
  double d;
  const void *p;
  a->type = (uint32_t)sqlite3_value_type(v);
  a->n = 0;
  a->v = 0;
  switch (a->type) {
    case SQLITE_INTEGER:
      a->v = sqlite3_value_int64(v);
      break;
    case SQLITE_FLOAT:
      d = sqlite3_value_double(v);
      memcpy(&a->v, &d, sizeof d);
      break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
      p = a->type == SQLITE_TEXT ? (const void *)sqlite3_value_text(v) : sqlite3_value_blob(v);
      a->n = (uint32_t)sqlite3_value_bytes(v);
      if (!p && (a->n || a->type == SQLITE_TEXT)) return 0;
      a->v = (int64_t)(intptr_t)p;
  }
  return 1;
}

static int read_args(sqlite3_context *ctx, int n, sqlite3_value **args, lq_arg *out) {
  for (int i = 0; i < n; i++)
    if (!lq_read_value(args[i], &out[i])) {
      sqlite3_result_error_nomem(ctx);
      return 0;
    }
  return 1;
}

void lq_give_result(sqlite3_context *ctx, lq_result *r) {
  double d;
  void *p = r->far ? r->far : r->near;
  /* SQLite copies what is near, and frees what is far */
  void (*done)(void *) = r->far ? free : SQLITE_TRANSIENT;
  if (r->code) {
    if (r->code == SQLITE_NOMEM)
      sqlite3_result_error_nomem(ctx);
    else {
      sqlite3_result_error(ctx, p, (int)r->n);
      sqlite3_result_error_code(ctx, r->code);
    }
    free(r->far);
    return;
  }
  switch (r->type) {
    case SQLITE_INTEGER:
      sqlite3_result_int64(ctx, r->v);
      break;
    case SQLITE_FLOAT:
      memcpy(&d, &r->v, sizeof d);
      sqlite3_result_double(ctx, d);
      break;
    case SQLITE_TEXT:
      sqlite3_result_text64(ctx, p, r->n, done, SQLITE_UTF8);
      break;
    case SQLITE_BLOB:
      sqlite3_result_blob64(ctx, p, r->n, done);
      break;
    default:
      sqlite3_result_null(ctx);
  }
}

/* All but the room for bytes, which is written before it is read. */
static void clear(lq_result *r) {
  r->v = 0;
  r->n = r->type = 0;
  r->code = 0;
  r->far = 0;
}

/* ---- functions ---- */

typedef struct gofunc {
  uintptr_t handle;
  lq_conn *c;
} gofunc;

static uintptr_t handle_of(sqlite3_context *ctx) { return ((gofunc *)sqlite3_user_data(ctx))->handle; }

static void call(sqlite3_context *ctx, int n, sqlite3_value **args) {
  lq_arg a[n > 0 ? n : 1];
  lq_result r;
  if (!read_args(ctx, n, args, a)) return;
  clear(&r);
  lqGoCall(handle_of(ctx), a, n, &r);
  lq_give_result(ctx, &r);
}

/* The aggregate's context is the number of its state in Go, 0 when there is none because it could not be made. */
static void step(sqlite3_context *ctx, int n, sqlite3_value **args, int inverse) {
  uint64_t *state = sqlite3_aggregate_context(ctx, sizeof *state);
  lq_arg a[n > 0 ? n : 1];
  lq_result r;
  if (!state) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  if (!read_args(ctx, n, args, a)) return;
  clear(&r);
  lqGoStep(handle_of(ctx), state, a, n, inverse, &r);
  if (r.code) lq_give_result(ctx, &r);
}

static void on_step(sqlite3_context *ctx, int n, sqlite3_value **args) { step(ctx, n, args, 0); }
static void on_inverse(sqlite3_context *ctx, int n, sqlite3_value **args) { step(ctx, n, args, 1); }

static void value(sqlite3_context *ctx, int final) {
  uint64_t *state = sqlite3_aggregate_context(ctx, 0); /* NULL: of no rows */
  lq_result r;
  clear(&r);
  lqGoValue(handle_of(ctx), state ? *state : 0, state && !*state, final, &r);
  lq_give_result(ctx, &r);
}

static void on_value(sqlite3_context *ctx) { value(ctx, 0); }
static void on_final(sqlite3_context *ctx) { value(ctx, 1); }

static void destroy(void *p) {
  lqGoRelease(((gofunc *)p)->handle);
  free(p);
}

/* SQLite calls destroy when it does not take the function, too. */
static gofunc *gofunc_new(lq_conn *c, uintptr_t handle) {
  gofunc *f = malloc(sizeof *f);
  if (!f) {
    lqGoRelease(handle);
    return 0;
  }
  f->handle = handle;
  f->c = c;
  return f;
}

int lq_func_create(lq_conn *c, const char *name, int nargs, int flags, uintptr_t handle) {
  gofunc *f = gofunc_new(c, handle);
  if (!f) return SQLITE_NOMEM;
  int rc = sqlite3_create_function_v2(c->db, name, nargs, SQLITE_UTF8 | flags, f, call, 0, 0, destroy);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}

int lq_func_create_aggregate(lq_conn *c, const char *name, int nargs, int flags, int window, uintptr_t handle) {
  gofunc *f = gofunc_new(c, handle);
  if (!f) return SQLITE_NOMEM;
  int rc = sqlite3_create_window_function(c->db, name, nargs, SQLITE_UTF8 | flags, f, on_step, on_final,
                                          window ? on_value : 0, window ? on_inverse : 0, destroy);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}

int lq_func_drop(lq_conn *c, const char *name, int nargs) {
  int rc = sqlite3_create_function_v2(c->db, name, nargs, SQLITE_UTF8, 0, 0, 0, 0, 0);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}

void lq_hold(lq_conn *c) {
  c->own++;
  if (sqlite3_get_autocommit(c->db)) sqlite3_exec(c->db, "BEGIN", 0, 0, 0);
  c->own--;
}

/* ---- collations ---- */

static int compare(void *p, int na, const void *a, int nb, const void *b) {
  gofunc *f = p;
  if (f->c->fault.n) { /* any order will do */
    int n = na < nb ? na : nb, r = n ? memcmp(a, b, (size_t)n) : 0;
    return r ? r : na - nb;
  }
  return lqGoCompare(f->handle, (void *)a, na, (void *)b, nb);
}

int lq_collation_create(lq_conn *c, const char *name, uintptr_t handle) {
  gofunc *f = gofunc_new(c, handle);
  if (!f) return SQLITE_NOMEM;
  int rc = sqlite3_create_collation_v2(c->db, name, SQLITE_UTF8, f, compare, destroy);
  if (rc != SQLITE_OK) {
    lq_fail_db(c, rc);
    destroy(f); /* unlike other functions that take one */
  }
  return rc;
}

int lq_collation_drop(lq_conn *c, const char *name) {
  int rc = sqlite3_create_collation_v2(c->db, name, SQLITE_UTF8, 0, 0, 0);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}

int lq_fault(lq_conn *c) {
  c->own++;
  if (!sqlite3_get_autocommit(c->db)) sqlite3_exec(c->db, "ROLLBACK", 0, 0, 0);
  c->own--;
  c->rc = SQLITE_ERROR;
  c->erroff = -1;
  c->vfs_failure = 0;
  c->errmsg.n = 0;
  lq_put(&c->errmsg, c->fault.p, c->fault.n);
  c->fault.n = 0;
  return SQLITE_ERROR;
}
