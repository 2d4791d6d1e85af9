//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#ifndef LQ_EXTENSION_H
#define LQ_EXTENSION_H

#include "local.h"

/* entry: 0 for the one that SQLite makes of the path. */
int lq_load_extension(lq_conn *, const char *path, const char *entry);

#endif
