//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/* The write-ahead log. */
#ifndef LQ_WAL_H
#define LQ_WAL_H

#include "local.h"

#define LQ_WAL_HEADER 48 /* bytes, its number of frames at LQ_WAL_FRAMES: https://www.sqlite.org/walformat.html#the_wal_index_header */
#define LQ_WAL_FRAMES 16

int lq_wal_checkpoint(lq_conn *, const char *schema, int mode, int *frames, int *done);
int lq_wal_no_checkpoint(lq_conn *);
int lq_wal_header(lq_conn *, unsigned char *out);
int lq_wal_frame(lq_conn *, unsigned n, void *buf, unsigned size);
int lq_wal_insert(lq_conn *, unsigned first, unsigned count, unsigned char *frames, unsigned size, unsigned *had,
                  unsigned *conflict);
int lq_wal_watch(lq_conn *, uintptr_t handle);
void lq_wal_pragma_begin(lq_conn *);
void lq_wal_pragma_end(lq_conn *);

#endif
