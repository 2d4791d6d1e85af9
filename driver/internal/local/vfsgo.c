//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** VFSes in Go, for the library to call. Each method is one call of a function
** that vfsgo.go exports; what those of a VFS and of a file mean is decided in
** package driver/vfs.
*/
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"
#include "vfs.h"

typedef struct gofile {
  sqlite3_file base;
  uintptr_t handle;/* the handle of its engine.VFSFile */
  lq_govfs *vfs;
  int psow; /* what the name's parameter of that name says, -1 nothing */
} gofile;

/* ---- failures ---- */

#define KEPT 8
static __thread struct {
  uint64_t failure;
  int rc;
} kept[KEPT];
static __thread int nkept, last_errno;

void lq_vfs_note(uint64_t failure, int rc, int sys) {
  last_errno = sys;
  for (int i = 0; i < nkept; i++)
    if (kept[i].rc == rc) return;
  if (nkept == KEPT) return;
  kept[nkept].failure = failure;
  kept[nkept++].rc = rc;
}

void lq_vfs_forget(void) { nkept = 0; }

/* SQLite may make an extended code another one of the same kind. */
uint64_t lq_vfs_failure(int rc) {
  for (int i = 0; i < nkept; i++)
    if (kept[i].rc == rc) return kept[i].failure;
  for (int i = 0; i < nkept; i++)
    if ((kept[i].rc & 0xff) == (rc & 0xff)) return kept[i].failure;
  return 0;
}

/* ---- files ---- */

static int go_close(sqlite3_file *f) {
  gofile *g = (gofile *)f;
  int rc = lqGoClose(g->handle);
  g->base.pMethods = 0;
  __atomic_sub_fetch(&g->vfs->files, 1, __ATOMIC_RELEASE);
  return rc;
}
static int go_read(sqlite3_file *f, void *p, int n, sqlite3_int64 off) { return lqGoRead(((gofile *)f)->handle, p, n, off); }
static int go_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 off) {
  return lqGoWrite(((gofile *)f)->handle, (void *)p, n, off);
}
static int go_truncate(sqlite3_file *f, sqlite3_int64 size) { return lqGoTruncate(((gofile *)f)->handle, size); }
static int go_sync(sqlite3_file *f, int flags) { return lqGoSync(((gofile *)f)->handle, flags); }
static int go_size(sqlite3_file *f, sqlite3_int64 *size) { return lqGoSize(((gofile *)f)->handle, (int64_t *)size); }
static int go_lock(sqlite3_file *f, int level) { return lqGoLock(((gofile *)f)->handle, level); }
static int go_unlock(sqlite3_file *f, int level) { return lqGoUnlock(((gofile *)f)->handle, level); }
static int go_check_reserved(sqlite3_file *f, int *out) { return lqGoCheckReserved(((gofile *)f)->handle, out); }
static int go_sector(sqlite3_file *f) { return lqGoSectorSize(((gofile *)f)->handle); }

static int go_traits(sqlite3_file *f) {
  gofile *g = (gofile *)f;
  int traits = lqGoTraits(g->handle);
  if (g->psow == 0) traits &= ~SQLITE_IOCAP_POWERSAFE_OVERWRITE;
  if (g->psow == 1) traits |= SQLITE_IOCAP_POWERSAFE_OVERWRITE;
  return traits;
}

static int go_control(sqlite3_file *f, int op, void *arg) {
  gofile *g = (gofile *)f;
  int rc = lqGoControl(g->handle, op, arg);
  if (op == SQLITE_FCNTL_VFSNAME) {
    char **name = arg;
    *name = rc == SQLITE_OK && *name ? sqlite3_mprintf("%s/%z", g->vfs->v.zName, *name) : sqlite3_mprintf("%s", g->vfs->v.zName);
    rc = SQLITE_OK;
  }
  return rc;
}

static int go_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out) {
  *out = 0;
  return lqGoShmMap(((gofile *)f)->handle, region, size, extend, (void *)out);
}
static int go_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
  return lqGoShmLock(((gofile *)f)->handle, offset, n, flags);
}
/* Shared memory is memory: no VFS in Go has to hear of it. */
static void go_shm_barrier(sqlite3_file *f) {
  (void)f;
  __sync_synchronize();
}
static int go_shm_unmap(sqlite3_file *f, int remove) { return lqGoShmUnmap(((gofile *)f)->handle, remove); }

#define METHODS \
  go_close, go_read, go_write, go_truncate, go_sync, go_size, go_lock, go_unlock, go_check_reserved, go_control, go_sector, go_traits

static const sqlite3_io_methods plain = {1, METHODS, 0, 0, 0, 0};
static const sqlite3_io_methods with_shm = {2, METHODS, go_shm_map, go_shm_lock, go_shm_barrier, go_shm_unmap};

/* ---- the VFS ---- */

static int vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out) {
  lq_govfs *vfs = (lq_govfs *)v;
  gofile *g = (gofile *)f;
  int got = flags, shm = 0;
  memset(g, 0, sizeof *g);
  g->psow = -1;
  if (name && (flags & SQLITE_OPEN_MAIN_DB) && sqlite3_uri_parameter(name, "psow")) g->psow = sqlite3_uri_boolean(name, "psow", 1);
  g->vfs = vfs;
  int rc = lqGoOpen(vfs->handle, (char *)name, flags, &g->handle, &got, &shm);
  if (rc != SQLITE_OK) return rc;
  __atomic_add_fetch(&vfs->files, 1, __ATOMIC_ACQUIRE);
  g->base.pMethods = shm ? &with_shm : &plain;
  if (out) *out = got;
  return rc;
}

static int vfs_delete(sqlite3_vfs *v, const char *name, int sync) {
  return lqGoDelete(((lq_govfs *)v)->handle, (char *)name, sync);
}
static int vfs_access(sqlite3_vfs *v, const char *name, int flags, int *out) {
  return lqGoAccess(((lq_govfs *)v)->handle, (char *)name, flags, out);
}
static int vfs_full(sqlite3_vfs *v, const char *name, int n, char *out) {
  return lqGoFullPathname(((lq_govfs *)v)->handle, (char *)name, n, out);
}
static int vfs_last_error(sqlite3_vfs *v, int n, char *out) {
  (void)v;
  if (n > 0) *out = 0;
  return last_errno;
}

/* Libraries, randomness, sleep and time are the operating system's. */
static sqlite3_vfs *os(sqlite3_vfs *v) { return v->pAppData; }
static void *vfs_dlopen(sqlite3_vfs *v, const char *path) { return os(v)->xDlOpen(os(v), path); }
static void vfs_dlerror(sqlite3_vfs *v, int n, char *out) { os(v)->xDlError(os(v), n, out); }
static sqlite3_syscall_ptr vfs_dlsym(sqlite3_vfs *v, void *lib, const char *name) {
  return os(v)->xDlSym(os(v), lib, name);
}
static void vfs_dlclose(sqlite3_vfs *v, void *lib) { os(v)->xDlClose(os(v), lib); }
static int vfs_random(sqlite3_vfs *v, int n, char *out) { return os(v)->xRandomness(os(v), n, out); }
static int vfs_sleep(sqlite3_vfs *v, int us) { return os(v)->xSleep(os(v), us); }
static int vfs_time(sqlite3_vfs *v, double *t) { return os(v)->xCurrentTime(os(v), t); }
static int vfs_time64(sqlite3_vfs *v, sqlite3_int64 *t) { return os(v)->xCurrentTimeInt64(os(v), t); }

/*
** Takes the name, which is of malloc. It is for ever, and what SQLite reads of
** it never changes: an ATTACH may have found it before it was unregistered.
*/
lq_govfs *lq_govfs_new(char *name) {
  lq_govfs *g = calloc(1, sizeof *g);
  if (!g) return 0;
  sqlite3_vfs *base = sqlite3_vfs_find("unix");
  if (!base) base = sqlite3_vfs_find(0);
  g->v = (sqlite3_vfs){
      .iVersion = 2,
      .szOsFile = sizeof(gofile),
      .mxPathname = base->mxPathname,
      .zName = name,
      .pAppData = base,
      .xOpen = vfs_open,
      .xDelete = vfs_delete,
      .xAccess = vfs_access,
      .xFullPathname = vfs_full,
      .xDlOpen = vfs_dlopen,
      .xDlError = vfs_dlerror,
      .xDlSym = vfs_dlsym,
      .xDlClose = vfs_dlclose,
      .xRandomness = vfs_random,
      .xSleep = vfs_sleep,
      .xCurrentTime = vfs_time,
      .xGetLastError = vfs_last_error,
      .xCurrentTimeInt64 = vfs_time64,
  };
  return g;
}

int lq_govfs_register(lq_govfs *g, uintptr_t handle) {
  g->handle = handle;
  return sqlite3_vfs_register(&g->v, 0);
}

int lq_govfs_unregister(lq_govfs *g) { return sqlite3_vfs_unregister(&g->v); }
int lq_govfs_files(lq_govfs *g) { return __atomic_load_n(&g->files, __ATOMIC_ACQUIRE); }

/* ---- what Go does not reach ---- */

/* https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlpragma */
void lq_pragma_args(void *arg, char **name, char **value) {
  char **a = arg;
  *name = a[1];
  *value = a[2];
}

int lq_pragma_result(void *arg, const char *text, int n) {
  char **a = arg;
  a[0] = sqlite3_mprintf("%.*s", n, text);
  return a[0] ? SQLITE_OK : SQLITE_NOMEM;
}

/* Stores *memory at at. Go checks the argument: memory of its own heap may not come here. */
void lq_set_memory(void *at, void **memory) { *(void **)at = *memory; }
