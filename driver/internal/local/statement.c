//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "local.h"

#include <string.h>

/* A block ends after the row that passes one of these. */
#define BLOCK_TEXT 16384
#define BLOCK_CELLS 65536
/* Cells longer than this stay in SQLite's own memory. */
#define LONG_BYTES 8192

/*
** Packs the row that the statement stands on into cells of one size, which Go
** reads in any order, and which are the statement's own: rows of others may be
** packed meanwhile. 1: go on, 0: the block must end here, -1: no memory.
*/
int lq_pack_cells(lq_stmt *s) {
  int n = s->ncol, more = 1;
  if (!lq_room(&s->cells, (size_t)n * sizeof(lq_arg))) return -1;
  lq_arg *a = (lq_arg *)(s->cells.p + s->cells.n);
  for (int i = 0; i < n; i++, a++) {
    sqlite3_value *v = sqlite3_column_value(s->st, i);
    double d;
    a->type = (uint32_t)sqlite3_value_type(v);
    a->n = 0;
    switch (a->type) {
      case SQLITE_INTEGER:
        a->v = sqlite3_value_int64(v);
        break;
      case SQLITE_FLOAT:
        d = sqlite3_value_double(v);
        memcpy(&a->v, &d, sizeof d);
        break;
      case SQLITE_TEXT:
      case SQLITE_BLOB: {
        const void *p = a->type == SQLITE_TEXT ? (const void *)sqlite3_value_text(v) : sqlite3_value_blob(v);
        a->n = (uint32_t)sqlite3_value_bytes(v);
        if (!p && a->n) return -1;
        if (a->n > LONG_BYTES) {
          a->v = (int64_t)(intptr_t)p;
          a->type |= LQ_LONG;
          more = 0;
          break;
        }
        if (!lq_room(&s->text, a->n)) return -1;
        a->v = (int64_t)s->text.n;
        if (a->n) memcpy(s->text.p + s->text.n, p, a->n);
        s->text.n += a->n;
        break;
      }
    }
  }
  s->cells.n += (size_t)n * sizeof(lq_arg);
  return more && s->text.n < BLOCK_TEXT && s->cells.n < BLOCK_CELLS;
}
