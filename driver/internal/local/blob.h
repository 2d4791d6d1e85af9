//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/* Incremental I/O on single values, see blob.c. */
#ifndef LQ_BLOB_H
#define LQ_BLOB_H

#include "local.h"
#include "vfs.h"

sqlite3_blob *lq_blob_open(lq_conn *, const char *schema, const char *table, const char *column, int64_t rowid, int write);
int lq_blob_reopen(lq_conn *, sqlite3_blob *, int64_t rowid);
int lq_blob_close(lq_conn *, sqlite3_blob *);
int lq_blob_io(lq_conn *, sqlite3_blob *, void *p, int n, int off, int write);

#endif
