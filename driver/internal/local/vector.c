//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** A guard against what vector_top_k does wrong, for every statement of a
** connection, be it in a trigger or a view of the file. What DELETE does to the
** indexes, see authorize.c.
*/
#include "local.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* More rows than any index gives; libSQL counts in 32 bits and runs out of memory not far from there. */
#define MAX_K (1 << 20)

static pthread_once_t top_k_once = PTHREAD_ONCE_INIT;
static sqlite3_module top_k;
static int (*top_k_filter)(sqlite3_vtab_cursor *, int, const char *, int, sqlite3_value **);

/*
** The arguments are the index, the vector and k. With a k of 0 libSQL writes
** behind its memory, and so it does when the memory for k rows cannot be had.
** It takes the lower 32 bits of k. What else is wrong with k it says itself.
*/
static int filter_top_k(sqlite3_vtab_cursor *cur, int num, const char *str, int argc, sqlite3_value **argv) {
  if (argc == 3) {
    int type = sqlite3_value_type(argv[2]);
    double k = sqlite3_value_double(argv[2]);
    if ((type == SQLITE_INTEGER || type == SQLITE_FLOAT) && !(k >= 1 && k <= MAX_K)) {
      sqlite3_free(cur->pVtab->zErrMsg);
      cur->pVtab->zErrMsg =
          sqlite3_mprintf("vector index(search): third parameter (k) must be from 1 to %d", MAX_K);
      return SQLITE_ERROR;
    }
  }
  return top_k_filter(cur, num, str, argc, argv);
}

/*
** The module of the library is static there. EXPLAIN shows the address of its
** table, "vtab:HEX", and a table says what module it is of. Where it does not,
** vector_top_k stays as it is. It is looked for on a connection of its own: to
** compile a statement on another one would read the schema of its file.
*/
static void find_top_k(void) {
  static const char sql[] = "EXPLAIN SELECT id FROM vector_top_k('', '', 1)";
  sqlite3 *db = 0;
  sqlite3_stmt *st = 0;
  if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, 0) == SQLITE_OK)
    sqlite3_prepare_v3(db, sql, -1, 0, &st, 0);
  while (!top_k_filter && st && sqlite3_step(st) == SQLITE_ROW) {
    const char *op = (const char *)sqlite3_column_text(st, 1), *p4 = (const char *)sqlite3_column_text(st, 5);
    if (!op || !p4 || strcmp(op, "VOpen") || strncmp(p4, "vtab:", 5)) continue;
    const sqlite3_vtab *table = (const sqlite3_vtab *)(uintptr_t)strtoull(p4 + 5, 0, 16);
    if (!table || !table->pModule) break;
    top_k = *table->pModule;
    top_k_filter = top_k.xFilter;
    top_k.xFilter = filter_top_k;
  }
  sqlite3_finalize(st);
  sqlite3_close_v2(db);
}

void lq_guard_vectors(lq_conn *c) {
  pthread_once(&top_k_once, find_top_k);
  if (top_k_filter) sqlite3_create_module_v2(c->db, "vector_top_k", &top_k, 0, 0);
}

int lq_has_vectors(lq_conn *c, const char *schema) {
  return sqlite3_table_column_metadata(c->db, schema, LQ_VECTOR_NOTES, 0, 0, 0, 0, 0, 0) == SQLITE_OK;
}
