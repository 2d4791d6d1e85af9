//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "header.h"

/*
** Reads the first n bytes of the database file through SQLite's own handle of
** it: to open and close the file once more would drop the locks that this
** process has on it. Returns 0 when they are not to be had.
*/
int lq_header(lq_conn *c, unsigned char *out, int n) {
  sqlite3_file *file = 0;
  if (sqlite3_file_control(c->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK) return 0;
  if (!file || !file->pMethods) return 0;
  return file->pMethods->xRead(file, out, n, 0) == SQLITE_OK;
}
