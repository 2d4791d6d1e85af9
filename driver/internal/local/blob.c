//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/* https://www.sqlite.org/c3ref/blob.html */
#include "blob.h"
#include "feed.h"

static void begin(lq_conn *c) {
  lq_vfs_forget();
  c->noticed = 0;
  c->busy_waited = 0;
}

static int end(lq_conn *c, int rc) {
  c->autocommit = sqlite3_get_autocommit(c->db);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}

/* NULL: the error is the connection's. */
sqlite3_blob *lq_blob_open(lq_conn *c, const char *schema, const char *table, const char *column, int64_t rowid, int write) {
  sqlite3_blob *b = 0;
  begin(c);
  int rc = c->feed && write ? lq_feed_join(c) : SQLITE_OK;
  end(c, rc != SQLITE_OK ? rc : sqlite3_blob_open(c->db, schema, table, column, rowid, write, &b));
  return b;
}

int lq_blob_reopen(lq_conn *c, sqlite3_blob *b, int64_t rowid) {
  begin(c);
  return end(c, sqlite3_blob_reopen(b, rowid));
}

/* Without a transaction this is where what was written is committed. */
int lq_blob_close(lq_conn *c, sqlite3_blob *b) {
  begin(c);
  int rc = end(c, sqlite3_blob_close(b));
  if (c->feed) lq_feed_settle(c);
  return rc;
}

int lq_blob_io(lq_conn *c, sqlite3_blob *b, void *p, int n, int off, int write) {
  begin(c);
  return end(c, write ? sqlite3_blob_write(b, p, n, off) : sqlite3_blob_read(b, p, n, off));
}
