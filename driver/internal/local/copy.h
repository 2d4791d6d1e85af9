//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/* Copies of whole databases, see copy.c. */
#ifndef LQ_COPY_H
#define LQ_COPY_H

#include "local.h"
#include "vfs.h"

sqlite3_backup *lq_copy_begin(lq_conn *dst, lq_conn *src);
int lq_copy_step(sqlite3_backup *, lq_conn *dst, lq_conn *src, int pages);
int lq_copy_end(sqlite3_backup *, lq_conn *dst);

unsigned char *lq_bytes_grow(unsigned char *, size_t n);
int lq_bytes_open(lq_conn *, unsigned char *, int64_t n, int64_t cap);

#endif
