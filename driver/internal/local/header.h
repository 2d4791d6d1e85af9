//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#ifndef LQ_HEADER_H
#define LQ_HEADER_H

#include "local.h"

int lq_header(lq_conn *, unsigned char *out, int n);
int lq_reads_journal(lq_conn *);

#endif
