//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/* Encryption, by SQLite3MultipleCiphers: https://utelle.github.io/SQLite3MultipleCiphers/docs/configuration/config_capi/. */
#ifndef LQ_KEY_H
#define LQ_KEY_H

#include "local.h"

int lq_rekey(lq_conn *, const void *key, int nkey);
int lq_authorize_pragma(lq_conn *, const char *name, const char *value);

#endif
