//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "extension.h"

/*
** This switch is of the C function alone, so that SQL's load_extension() stays
** off: https://www.sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigenableloadextension.
*/
int lq_load_extension(lq_conn *c, const char *path, const char *entry) {
  int was = 0;
  char *message = 0;
  int rc = sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1, &was);
  if (rc == SQLITE_OK && !was) rc = sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, (int *)0);
  if (rc == SQLITE_OK) rc = sqlite3_load_extension(c->db, path, entry, &message);
  if (rc != SQLITE_OK) lq_fail(c, rc, message ? message : sqlite3_errstr(rc));
  sqlite3_free(message);
  if (!was) sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, (int *)0);
  c->autocommit = sqlite3_get_autocommit(c->db);
  return rc;
}
