//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#ifndef LQ_HEADER_H
#define LQ_HEADER_H

#include "local.h"

int lq_header(lq_conn *, unsigned char *out, int n);

enum {
  LQ_JOURNAL_NONE,    /* none that would be played back, or it cannot be told */
  LQ_JOURNAL_OURS,    /* the connection's key, or none, reads it */
  LQ_JOURNAL_FOREIGN, /* it was written with another key */
};
int lq_journal(lq_conn *);

#endif
