//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "key.h"
#include "vfs.h"

/* Without bytes the database is decrypted. */
int lq_rekey(lq_conn *c, const void *key, int nkey) {
  lq_vfs_forget();
  c->noticed = 0;
  c->busy_waited = 0;
  int rc = sqlite3_rekey_v2(c->db, "main", nkey ? key : 0, nkey);
  c->autocommit = sqlite3_get_autocommit(c->db);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}
