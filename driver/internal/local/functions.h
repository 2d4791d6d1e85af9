//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#ifndef LQ_FUNCTIONS_H
#define LQ_FUNCTIONS_H

#include "local.h"

/* Gives a connection the functions of functions.c. */
int lq_functions_register(sqlite3 *);

/* Gives a connection the functions of regexp.c. */
int lq_regexp_register(lq_conn *);

#endif
