//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "stats.h"

/* Reads both values of the counts from 0 to LQ_DBSTATUS - 1: https://www.sqlite.org/c3ref/c_dbstatus_options.html */
int lq_db_status(lq_conn *c, lq_pair *out, int reset) {
  for (int op = 0; op < LQ_DBSTATUS; op++) {
    int now = 0, high = 0, rc = sqlite3_db_status(c->db, op, &now, &high, reset);
    if (rc != SQLITE_OK) return rc;
    out[op].now = now;
    out[op].high = high;
  }
  return SQLITE_OK;
}

int64_t lq_changes(lq_conn *c) { return sqlite3_changes64(c->db); }
int64_t lq_total_changes(lq_conn *c) { return sqlite3_total_changes64(c->db); }

/* The counts from 0 to LQ_STATUS - 1 of the process: https://www.sqlite.org/c3ref/c_status_malloc_count.html */
int lq_status(lq_pair *out, int reset) {
  for (int op = 0; op < LQ_STATUS; op++) {
    sqlite3_int64 now = 0, high = 0;
    int rc = sqlite3_status64(op, &now, &high, reset);
    if (rc != SQLITE_OK) return rc;
    out[op].now = now;
    out[op].high = high;
  }
  return SQLITE_OK;
}

int lq_cache_flush(lq_conn *c) {
  c->noticed = 0;
  c->busy_waited = c->waited_ns = 0;
  int rc = sqlite3_db_cacheflush(c->db);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}

void lq_release_memory(lq_conn *c) { sqlite3_db_release_memory(c->db); }
