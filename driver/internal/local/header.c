//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "header.h"

#include <stdlib.h>

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

static uint32_t be32(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The first record of a journal is whole: https://www.sqlite.org/fileformat.html#the_rollback_journal. */
static int whole_record(sqlite3_file *f) {
  unsigned char h[28], sum[4];
  if (f->pMethods->xRead(f, h, sizeof h, 0) != SQLITE_OK) return 0;
  uint32_t nonce = be32(h + 12), sector = be32(h + 20), size = be32(h + 24);
  if (size < 512 || size > 65536) return 0;
  unsigned char *page = malloc(size);
  if (!page) return 0;
  int ok = f->pMethods->xRead(f, page, (int)size, (sqlite3_int64)sector + 4) == SQLITE_OK &&
           f->pMethods->xRead(f, sum, sizeof sum, (sqlite3_int64)sector + 4 + size) == SQLITE_OK;
  for (int i = (int)size - 200; ok && i > 0; i -= 200) nonce += page[i];
  free(page);
  return ok && nonce == be32(sum);
}

/* The key of the connection, or none, reads the journal beside the database file. */
int lq_reads_journal(lq_conn *c) {
  sqlite3_vfs *vfs = 0;
  const char *name = sqlite3_db_filename(c->db, "main");
  if (!name || sqlite3_file_control(c->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) != SQLITE_OK || !vfs) return 0;
  sqlite3_file *f = calloc(1, (size_t)vfs->szOsFile);
  int got = 0, yes = 0;
  if (!f) return 0;
  if (vfs->xOpen(vfs, sqlite3_filename_journal(name), f, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_JOURNAL, &got) == SQLITE_OK) {
    yes = whole_record(f);
    f->pMethods->xClose(f);
  }
  free(f);
  return yes;
}
