//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "authorize.h"
#include "tablefunc.h"

#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

typedef struct module {
  uintptr_t handle;
  int ncol, nparam, optional, flags;
  char *name, *schema;
} module;

typedef struct table {
  sqlite3_vtab base;
  module *m;
} table;

typedef struct cursor {
  sqlite3_vtab_cursor base;
  uintptr_t handle; /* of the rows in Go; 0: none */
  lq_table_block b;
  int row; /* of the block */
  sqlite3_int64 rowid;
  sqlite3_value *args[LQ_TABLE_PARAMS]; /* NULL for one that was left out */
} cursor;

static module *module_of(sqlite3_vtab *t) { return ((table *)t)->m; }

static int on_connect(sqlite3 *db, void *p, int argc, const char *const *argv, sqlite3_vtab **out, char **err) {
  module *m = p;
  (void)argc, (void)argv, (void)err;
  int rc = sqlite3_declare_vtab(db, m->schema);
  if (rc != SQLITE_OK) return rc;
  if (m->flags & SQLITE_DIRECTONLY) sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  if (m->flags & SQLITE_INNOCUOUS) sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  table *t = calloc(1, sizeof *t);
  if (!t) return SQLITE_NOMEM;
  t->m = m;
  *out = &t->base;
  return SQLITE_OK;
}

static int on_disconnect(sqlite3_vtab *t) {
  free(t);
  return SQLITE_OK;
}

static int failed(sqlite3_vtab *t, int rc, const char *text, int n) {
  sqlite3_free(t->zErrMsg);
  t->zErrMsg = sqlite3_mprintf("%.*s", n, text);
  return rc;
}

/*
** Each parameter is a hidden column that must be equal to something. idxNum
** has a bit for each that is; SQLite is to try again when what it must be equal
** to is not known yet (https://www.sqlite.org/vtab.html#tabfunc2).
*/
static int on_best_index(sqlite3_vtab *t, sqlite3_index_info *info) {
  module *m = module_of(t);
  int known = 0, unknown = 0, nargs = 0, at[LQ_TABLE_PARAMS];
  for (int i = 0; i < info->nConstraint; i++) {
    int k = info->aConstraint[i].iColumn - m->ncol;
    if (k < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!info->aConstraint[i].usable)
      unknown |= 1 << k;
    else if (!(known & 1 << k)) {
      known |= 1 << k;
      at[k] = i;
    }
  }
  if (unknown & ~known) return SQLITE_CONSTRAINT;
  int missing = ~known & ~m->optional & ((1 << m->nparam) - 1);
  for (int k = 0; k < m->nparam; k++) {
    if (missing & 1 << k) {
      sqlite3_free(t->zErrMsg);
      t->zErrMsg = sqlite3_mprintf("%s(): argument %d is missing", m->name, k + 1);
      return SQLITE_ERROR;
    }
    if (!(known & 1 << k)) continue;
    info->aConstraintUsage[at[k]].argvIndex = ++nargs;
    info->aConstraintUsage[at[k]].omit = 1;
  }
  info->idxNum = known;
  info->estimatedCost = 1000 * (1 + m->nparam - nargs);
  info->estimatedRows = 1000;
  return SQLITE_OK;
}

static int on_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out) {
  cursor *c = calloc(1, sizeof *c);
  (void)t;
  if (!c) return SQLITE_NOMEM;
  *out = &c->base;
  return SQLITE_OK;
}

/* Ends what goes on in Go. */
static void end(cursor *c) {
  if (c->handle) lqGoTableClose(c->handle);
  c->handle = 0;
  for (int k = 0; k < LQ_TABLE_PARAMS; k++) {
    sqlite3_value_free(c->args[k]);
    c->args[k] = 0;
  }
  c->row = c->b.nrow = c->b.done = 0;
  c->b.cells.n = c->b.text.n = 0;
}

static int on_close(sqlite3_vtab_cursor *p) {
  cursor *c = (cursor *)p;
  end(c);
  free(c->b.cells.p);
  free(c->b.text.p);
  free(c);
  return SQLITE_OK;
}

/* Gives SQLite the failure, and frees what it holds. */
static int result(cursor *c, lq_result *r) {
  if (!r->code) return SQLITE_OK;
  int rc = failed(c->base.pVtab, r->code, r->far ? r->far : (char *)r->near, (int)r->n);
  free(r->far);
  return rc;
}

static int next_block(cursor *c) {
  lq_result r = {0};
  c->row = c->b.nrow = 0;
  c->b.cells.n = c->b.text.n = 0;
  lqGoTableNext(c->handle, &c->b, &r);
  return result(c, &r);
}

static int on_filter(sqlite3_vtab_cursor *p, int known, const char *str, int argc, sqlite3_value **argv) {
  cursor *c = (cursor *)p;
  module *m = module_of(p->pVtab);
  lq_arg a[LQ_TABLE_PARAMS] = {0};
  lq_result r = {0};
  (void)str;
  end(c);
  c->rowid = 1;
  for (int k = 0, i = 0; k < m->nparam && i < argc; k++) {
    if (!(known & 1 << k)) continue;
    c->args[k] = sqlite3_value_dup(argv[i++]);
    if (!c->args[k] || !lq_read_value(c->args[k], &a[k])) return SQLITE_NOMEM;
  }
  lqGoTableOpen(m->handle, a, m->nparam, &c->handle, &r);
  if (r.code) return result(c, &r);
  return next_block(c);
}

static int on_next(sqlite3_vtab_cursor *p) {
  cursor *c = (cursor *)p;
  c->rowid++;
  if (++c->row < c->b.nrow || c->b.done) return SQLITE_OK;
  return next_block(c);
}

static int on_eof(sqlite3_vtab_cursor *p) {
  cursor *c = (cursor *)p;
  return c->row >= c->b.nrow;
}

static int on_column(sqlite3_vtab_cursor *p, sqlite3_context *ctx, int i) {
  cursor *c = (cursor *)p;
  module *m = module_of(p->pVtab);
  if (i >= m->ncol) {
    if (c->args[i - m->ncol]) sqlite3_result_value(ctx, c->args[i - m->ncol]);
    return SQLITE_OK;
  }
  const lq_arg *a = (const lq_arg *)c->b.cells.p + (size_t)c->row * (size_t)m->ncol + i;
  double d;
  switch (a->type) {
    case SQLITE_INTEGER:
      sqlite3_result_int64(ctx, a->v);
      break;
    case SQLITE_FLOAT:
      memcpy(&d, &a->v, sizeof d);
      sqlite3_result_double(ctx, d);
      break;
    case SQLITE_TEXT: /* the buffer may have no memory when no text has a byte */
      sqlite3_result_text64(ctx, a->n ? (char *)c->b.text.p + a->v : "", a->n, SQLITE_TRANSIENT, SQLITE_UTF8);
      break;
    case SQLITE_BLOB:
      sqlite3_result_blob64(ctx, a->n ? (char *)c->b.text.p + a->v : "", a->n, SQLITE_TRANSIENT);
      break;
  }
  return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *p, sqlite3_int64 *out) {
  *out = ((cursor *)p)->rowid;
  return SQLITE_OK;
}

/* Without xCreate a module is a function and no more: https://www.sqlite.org/vtab.html#epovtab. */
static const sqlite3_module methods = {
    .xConnect = on_connect,
    .xBestIndex = on_best_index,
    .xDisconnect = on_disconnect,
    .xOpen = on_open,
    .xClose = on_close,
    .xFilter = on_filter,
    .xNext = on_next,
    .xEof = on_eof,
    .xColumn = on_column,
    .xRowid = on_rowid,
};

static void destroy(void *p) {
  module *m = p;
  lqGoRelease(m->handle);
  free(m->name);
  free(m->schema);
  free(m);
}

int lq_table_create(lq_conn *c, const char *name, const char *schema, int ncol, int nparam, int optional, int flags, uintptr_t handle) {
  module *m = calloc(1, sizeof *m);
  if (!m) {
    lqGoRelease(handle);
    return SQLITE_NOMEM;
  }
  m->handle = handle;
  m->ncol = ncol;
  m->nparam = nparam;
  m->optional = optional;
  m->flags = flags;
  m->name = strdup(name);
  m->schema = strdup(schema);
  if (!m->name || !m->schema) {
    destroy(m);
    return SQLITE_NOMEM;
  }
  int rc = sqlite3_create_module_v2(c->db, name, &methods, m, destroy); /* which it calls when it fails, too */
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  lq_authorize(c); /* expires statements that hold the module that was there */
  return rc;
}

int lq_table_drop(lq_conn *c, const char *name) {
  int rc = sqlite3_create_module_v2(c->db, name, 0, 0, 0);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  lq_authorize(c);
  return rc;
}
