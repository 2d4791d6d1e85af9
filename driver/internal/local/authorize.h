//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#ifndef LQ_AUTHORIZE_H
#define LQ_AUTHORIZE_H

#include "local.h"

/*
** Sets the connection's authorizer. Whenever one is set, SQLite compiles every
** statement anew before it runs next, and so asks it again.
*/
void lq_authorize(lq_conn *);

#endif
