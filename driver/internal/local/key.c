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

/*
** Temporary tables and sorters are not encrypted. The library keeps them in
** memory, unless this PRAGMA says otherwise; then the rows of an encrypted
** database would come to the disk in the clear.
*/
int lq_authorize_pragma(lq_conn *c, const char *name, const char *value) {
  if (!c->keyed || !name || !value || strcasecmp(name, "temp_store")) return SQLITE_OK;
  return value[0] == '1' || !strcasecmp(value, "file") ? SQLITE_DENY : SQLITE_OK;
}
