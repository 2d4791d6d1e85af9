//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#ifndef LQ_DECIMAL_H
#define LQ_DECIMAL_H

#include "sqlite3_api.h"

/* Gives a connection the functions of decimal.c. */
int lq_decimal_register(sqlite3 *);

#endif
