//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "header.h"

#include <stdlib.h>
#include <string.h>

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

/*
** The checksum of a journal's record, which is of the page as it is without
** encryption: https://www.sqlite.org/fileformat.html#the_rollback_journal.
*/
static uint32_t page_sum(uint32_t nonce, const unsigned char *page, uint32_t size) {
  for (int64_t i = (int64_t)size - 200; i > 0; i -= 200) nonce += page[i];
  return nonce;
}

#define JOURNAL_HEADER 28
#define JOURNAL_SAMPLE 16

static const unsigned char journal_magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};

/*
** Looks at the first records of a journal. One checksum is not enough: it is
** a sum of few bytes, which another key hits by chance once in a thousand.
*/
static int judge_journal(sqlite3_file *f, unsigned char *h) {
  sqlite3_int64 length = 0;
  if (f->pMethods->xFileSize(f, &length) != SQLITE_OK || f->pMethods->xRead(f, h, JOURNAL_HEADER, 0) != SQLITE_OK)
    return LQ_JOURNAL_NONE;
  uint32_t records = be32(h + 8), nonce = be32(h + 12), sector = be32(h + 20), size = be32(h + 24);
  if (memcmp(h, journal_magic, sizeof journal_magic) || !records || size < 512 || size > 65536 || sector < 32 || sector > 65536)
    return LQ_JOURNAL_NONE;
  sqlite3_int64 whole = (length - sector) / (size + 8); /* whose number the header has only when it was synced */
  int n = whole < JOURNAL_SAMPLE ? (int)whole : JOURNAL_SAMPLE, read = 0;
  if (records < (uint32_t)n) n = (int)records;
  if (n <= 0) return LQ_JOURNAL_NONE;
  unsigned char *page = malloc(size), number[4], sum[4];
  if (!page) return LQ_JOURNAL_NONE;
  for (int i = 0; i < n; i++) {
    sqlite3_int64 at = sector + (sqlite3_int64)i * (size + 8);
    /* In this order: the codec decrypts a page by the number that was read before it. */
    if (f->pMethods->xRead(f, number, 4, at) == SQLITE_OK && f->pMethods->xRead(f, page, (int)size, at + 4) == SQLITE_OK &&
        f->pMethods->xRead(f, sum, 4, at + 4 + size) == SQLITE_OK && page_sum(nonce, page, size) == be32(sum))
      read++;
  }
  free(page);
  return read > n / 2 ? LQ_JOURNAL_OURS : LQ_JOURNAL_FOREIGN;
}

static int being_written(sqlite3_file *db) {
  int reserved = 0;
  return db->pMethods->xCheckReservedLock(db, &reserved) != SQLITE_OK || reserved;
}

/* Says whose the journal is that lies beside the database file: see header.h. */
int lq_journal(lq_conn *c) {
  sqlite3_vfs *vfs = 0;
  sqlite3_file *db = 0;
  const char *name = sqlite3_db_filename(c->db, "main");
  if (!name || sqlite3_file_control(c->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) != SQLITE_OK || !vfs ||
      sqlite3_file_control(c->db, "main", SQLITE_FCNTL_FILE_POINTER, &db) != SQLITE_OK || !db || !db->pMethods)
    return LQ_JOURNAL_NONE;
  sqlite3_file *f = calloc(1, (size_t)vfs->szOsFile);
  if (!f) return LQ_JOURNAL_NONE;
  int got = 0, whose = LQ_JOURNAL_NONE;
  unsigned char before[JOURNAL_HEADER], after[JOURNAL_HEADER];
  if (vfs->xOpen(vfs, sqlite3_filename_journal(name), f, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_JOURNAL, &got) == SQLITE_OK) {
    /* The journal of a transaction that goes on changes under our eyes: it is not judged. */
    if (!being_written(db)) whose = judge_journal(f, before);
    if (whose == LQ_JOURNAL_FOREIGN &&
        (f->pMethods->xRead(f, after, sizeof after, 0) != SQLITE_OK || memcmp(before, after, sizeof after) || being_written(db)))
      whose = LQ_JOURNAL_NONE;
    f->pMethods->xClose(f);
  }
  free(f);
  return whose;
}
