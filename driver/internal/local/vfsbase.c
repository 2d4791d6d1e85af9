//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/* The methods of the library's VFSes, for Go to call. */
#include <stdlib.h>
#include <string.h>

#include "vfs.h"

/* The code of a failure with the error number, which is of this thread. */
static lq_code coded(sqlite3_vfs *v, int rc) {
  if (rc == SQLITE_OK) return rc;
  int primary = rc & 0xff, sys = 0;
  if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL) && rc != SQLITE_IOERR_SHORT_READ && v->xGetLastError)
    sys = v->xGetLastError(v, 0, 0);
  return (lq_code)rc | (lq_code)sys << 32;
}

static int ends(const char *s, const char *suffix) {
  size_t n = strlen(s), k = strlen(suffix);
  return n > k && !strcmp(s + n - k, suffix);
}

/*
** A VFS may ask for the parameters of the name of a database, and for the
** database of a journal's name: they lie around names that SQLite has made
** (https://www.sqlite.org/c3ref/create_filename.html).
*/
static const char *named(lq_file *f, const char *name, int flags) {
  const char *suffix = "";
  if (flags & SQLITE_OPEN_MAIN_JOURNAL) suffix = "-journal";
  if (flags & SQLITE_OPEN_WAL) suffix = "-wal";
  if (!(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) || (*suffix && !ends(name, suffix)))
    return f->own_name = strdup(name);
  size_t n = strlen(name) - strlen(suffix);
  char *db = malloc(3 * (n + 16));
  if (!db) return 0;
  char *journal = db + n + 16, *wal = journal + n + 16;
  memcpy(db, name, n);
  memcpy(journal, name, n);
  memcpy(wal, name, n);
  db[n] = 0;
  strcpy(journal + n, "-journal");
  strcpy(wal + n, "-wal");
  f->name = sqlite3_create_filename(db, journal, wal, 0, 0);
  free(db);
  if (!f->name) return 0;
  if (flags & SQLITE_OPEN_MAIN_JOURNAL) return sqlite3_filename_journal(f->name);
  if (flags & SQLITE_OPEN_WAL) return sqlite3_filename_wal(f->name);
  return f->name;
}

static void release(lq_file *f) {
  if (f->name) sqlite3_free_filename(f->name);
  free(f->own_name);
  free(f);
}

lq_code lq_base_open(sqlite3_vfs *v, const char *name, int flags, lq_file **out, int *got) {
  lq_file *f = calloc(1, sizeof *f + (size_t)v->szOsFile);
  if (!f) return SQLITE_NOMEM;
  f->v = v;
  const char *z = 0;
  if (name && !(z = named(f, name, flags))) {
    release(f);
    return SQLITE_NOMEM;
  }
  int rc = v->xOpen(v, z, &f->f, flags, got);
  lq_code code = coded(v, rc);
  if (rc != SQLITE_OK) {
    if (f->f.pMethods) f->f.pMethods->xClose(&f->f);
    release(f);
    f = 0;
  }
  *out = f;
  return code;
}

lq_code lq_base_close(lq_file *f) {
  lq_code code = coded(f->v, f->f.pMethods->xClose(&f->f));
  release(f);
  return code;
}

#define METHOD(name, args, call) \
  lq_code lq_base_##name args { return coded(f->v, f->f.pMethods->call); }

METHOD(read, (lq_file * f, void *p, int n, int64_t off), xRead(&f->f, p, n, off))
METHOD(write, (lq_file * f, void *p, int n, int64_t off), xWrite(&f->f, p, n, off))
METHOD(truncate, (lq_file * f, int64_t size), xTruncate(&f->f, size))
METHOD(sync, (lq_file * f, int flags), xSync(&f->f, flags))
METHOD(lock, (lq_file * f, int level), xLock(&f->f, level))
METHOD(unlock, (lq_file * f, int level), xUnlock(&f->f, level))
METHOD(check_reserved, (lq_file * f, int *out), xCheckReservedLock(&f->f, out))
METHOD(control, (lq_file * f, int op, void *arg), xFileControl(&f->f, op, arg))
METHOD(shm_lock, (lq_file * f, int offset, int n, int flags), xShmLock(&f->f, offset, n, flags))
METHOD(shm_unmap, (lq_file * f, int remove), xShmUnmap(&f->f, remove))

lq_code lq_base_size(lq_file *f, int64_t *size) {
  sqlite3_int64 n = 0;
  int rc = f->f.pMethods->xFileSize(&f->f, &n);
  *size = n;
  return coded(f->v, rc);
}

lq_code lq_base_shm_map(lq_file *f, int region, int size, int extend, void **out) {
  void volatile *p = 0;
  int rc = f->f.pMethods->xShmMap(&f->f, region, size, extend, &p);
  *out = (void *)p;
  return coded(f->v, rc);
}

int lq_base_has_shm(lq_file *f) { return f->f.pMethods->iVersion >= 2 && f->f.pMethods->xShmMap; }

int lq_base_sector(lq_file *f) { return f->f.pMethods->xSectorSize ? f->f.pMethods->xSectorSize(&f->f) : 4096; }
int lq_base_traits(lq_file *f) {
  return f->f.pMethods->xDeviceCharacteristics ? f->f.pMethods->xDeviceCharacteristics(&f->f) : 0;
}

lq_code lq_base_delete(sqlite3_vfs *v, const char *name, int sync_dir) { return coded(v, v->xDelete(v, name, sync_dir)); }
lq_code lq_base_access(sqlite3_vfs *v, const char *name, int what, int *out) {
  return coded(v, v->xAccess(v, name, what, out));
}
lq_code lq_base_full(sqlite3_vfs *v, const char *name, int n, char *out) {
  int rc = v->xFullPathname(v, name, n, out);
  if (rc == SQLITE_OK_SYMLINK) rc = SQLITE_OK; /* which matters only under SQLITE_OPEN_NOFOLLOW */
  return coded(v, rc);
}
