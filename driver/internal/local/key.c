//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "key.h"
#include "vfs.h"

#include <strings.h>

/* Without bytes the database is decrypted. */
int lq_rekey(lq_conn *c, const void *key, int nkey) {
  lq_vfs_forget();
  c->noticed = 0;
  c->busy_waited = 0;
  int rc = sqlite3_rekey_v2(c->db, "main", nkey ? key : 0, nkey);
  c->autocommit = sqlite3_get_autocommit(c->db);
  if (rc != SQLITE_OK)
    lq_fail_db(c, rc);
  else
    c->keyed = nkey > 0;
  return rc;
}

static int denied(lq_conn *c, lq_denial why) {
  c->denied = why;
  return SQLITE_DENY;
}

/*
** Keys in SQL would be in logs, and the driver would not know of them: copies of
** the database would be plaintext, and the pool's next connection had none.
**
** Temporary tables and sorters are not encrypted. The library keeps them in
** memory, unless a PRAGMA says otherwise; then the rows of an encrypted
** database would come to the disk in the clear.
*/
int lq_authorize_pragma(lq_conn *c, const char *name, const char *value) {
  static const char *const keys[] = {"key", "hexkey", "textkey", "rekey", "hexrekey", "textrekey"};
  if (!name) return SQLITE_OK;
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (!strcasecmp(name, keys[i])) return denied(c, LQ_DENIED_KEY);
  if (!c->keyed || !value || strcasecmp(name, "temp_store")) return SQLITE_OK;
  return value[0] == '1' || !strcasecmp(value, "file") ? denied(c, LQ_DENIED_FILE) : SQLITE_OK;
}
