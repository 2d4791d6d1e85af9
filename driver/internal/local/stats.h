//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/* What a connection and the process count. */
#ifndef LQ_STATS_H
#define LQ_STATS_H

#include "local.h"

#define LQ_DBSTATUS 13
#define LQ_STATUS 10

typedef struct lq_pair {
  int64_t now, high;
} lq_pair;

int lq_db_status(lq_conn *, lq_pair *out, int reset);
int64_t lq_changes(lq_conn *);
int64_t lq_total_changes(lq_conn *);
int lq_status(lq_pair *out, int reset);
int lq_cache_flush(lq_conn *);
void lq_release_memory(lq_conn *);

#endif
