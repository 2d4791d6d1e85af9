//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** Online backup (https://www.sqlite.org/c3ref/backup_finish.html), and
** databases out of memory (https://www.sqlite.org/c3ref/deserialize.html).
*/
#include "copy.h"

static void forget(lq_conn *c) {
  c->noticed = 0;
  c->busy_waited = c->waited_ns = 0;
}

/* NULL: the error is dst's. */
sqlite3_backup *lq_copy_begin(lq_conn *dst, lq_conn *src) {
  lq_vfs_forget();
  forget(dst);
  sqlite3_backup *b = sqlite3_backup_init(dst->db, "main", src->db, "main");
  if (!b) lq_fail_db(dst, SQLITE_ERROR);
  return b;
}

/* The busy handlers of both connections wait, each for its own file. */
int lq_copy_step(sqlite3_backup *b, lq_conn *dst, lq_conn *src, int pages) {
  lq_vfs_forget();
  forget(dst);
  forget(src);
  return sqlite3_backup_step(b, pages);
}

/* Ends the copy, undoing what is not complete. The error is the one of the step that failed. */
int lq_copy_end(sqlite3_backup *b, lq_conn *dst) {
  int rc = sqlite3_backup_finish(b);
  if (rc != SQLITE_OK) lq_fail_db(dst, rc);
  dst->autocommit = sqlite3_get_autocommit(dst->db);
  return rc;
}

/* Memory for lq_bytes_open; NULL: there is none, and the old is gone. */
unsigned char *lq_bytes_grow(unsigned char *p, size_t n) {
  unsigned char *q = sqlite3_realloc64(p, n);
  if (!q) sqlite3_free(p);
  return q;
}

/* Makes the bytes, which it takes over, the database of the connection. */
int lq_bytes_open(lq_conn *c, unsigned char *p, int64_t n, int64_t cap) {
  int rc = sqlite3_deserialize(c->db, "main", p, n, cap, SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}
