//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** A VFS whose files live in the memory of this process.
**
** SQLite's own ways to share a memory database between connections (the memdb
** VFS, cache=shared) make readers fail while somebody writes. This one has
** shared memory for WAL (https://www.sqlite.org/wal.html#walformat), so that
** readers see their snapshot while a writer writes, as with a file.
**
** A file is a list of chunks under a read-write lock; the locks of SQLite's
** locking protocol are counters under a mutex. Names are entries of one table
** for the process; the owner pins a database so that it outlives its
** connections.
*/
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memvfs.h"
#include "sqlite3_api.h"

#define CHUNK 65536
/* A file of so many chunks gets so many at once. */
#define RUN 16
#define BUCKETS 256

typedef struct node node;
struct node {
  node *next; /* in its bucket of the table of names */
  char *name; /* NULL: a temporary file without a name */
  int refs;   /* open handles */
  int pinned; /* its owner keeps it without a handle */
  int listed; /* reachable by its name */

  pthread_rwlock_t data; /* guards size, chunks */
  sqlite3_int64 size;
  unsigned char **chunks;
  sqlite3_int64 nchunks;

  pthread_mutex_t locks; /* guards everything below */
  int shared;            /* handles at SHARED or above */
  int reserved;          /* a handle is at RESERVED or above */
  int pending;           /* a handle is at PENDING or above */
  int nregions;
  int region_size;
  void **regions;
  int shm_shared[SQLITE_SHM_NLOCK];
  int shm_exclusive[SQLITE_SHM_NLOCK];
};

typedef struct handle {
  sqlite3_file base;
  node *n;
  int level;        /* SQLITE_LOCK_… that this handle holds */
  int delete_close; /* SQLITE_OPEN_DELETEONCLOSE */
  int main_db;
  unsigned shm_shared, shm_exclusive; /* slots that this handle holds */
} handle;

static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;
static node *table[BUCKETS];

static unsigned bucket(const char *name) {
  unsigned h = 2166136261u;
  for (; *name; name++) h = (h ^ (unsigned char)*name) * 16777619u;
  return h % BUCKETS;
}

static node *find(const char *name) {
  node *n = table[bucket(name)];
  while (n && strcmp(n->name, name)) n = n->next;
  return n;
}

static node *create(const char *name) {
  node *n = calloc(1, sizeof *n);
  if (!n) return 0;
  if (name && !(n->name = strdup(name))) {
    free(n);
    return 0;
  }
  pthread_rwlock_init(&n->data, 0);
  pthread_mutex_init(&n->locks, 0);
  if (name) {
    node **b = &table[bucket(name)];
    n->next = *b;
    *b = n;
    n->listed = 1;
  }
  return n;
}

/*
** Chunks come from the system and go straight back to it. In the heap what
** lives longer would lie between them, and much of a large database would stay
** with the process after it is closed. Pages take memory when they are first
** written to.
*/
static int add_chunks(node *n) {
  int k = n->nchunks < RUN ? 1 : RUN;
  unsigned char *p = mmap(0, (size_t)k * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (p == MAP_FAILED) return 0;
  for (; k > 0; k--, p += CHUNK) n->chunks[n->nchunks++] = p;
  return 1;
}

/* Gives back the chunks from the one numbered keep on, in pieces as large as they lie together. */
static void drop_chunks(node *n, sqlite3_int64 keep) {
  while (n->nchunks > keep) {
    sqlite3_int64 i = n->nchunks - 1;
    while (i > keep && n->chunks[i - 1] + CHUNK == n->chunks[i]) i--;
    munmap(n->chunks[i], (size_t)(n->nchunks - i) * CHUNK);
    n->nchunks = i;
  }
}

static void destroy(node *n) {
  drop_chunks(n, 0);
  for (int i = 0; i < n->nregions; i++) free(n->regions[i]);
  free(n->chunks);
  free(n->regions);
  pthread_rwlock_destroy(&n->data);
  pthread_mutex_destroy(&n->locks);
  free(n->name);
  free(n);
}

/* Takes the name out of the table; the file lives on for the handles that have it open. */
static void unlist(node *n) {
  node **p = &table[bucket(n->name)];
  while (*p && *p != n) p = &(*p)->next;
  if (*p) *p = n->next;
  n->listed = 0;
  n->pinned = 0;
  if (n->refs == 0) destroy(n);
}

int lq_memvfs_pin(const char *name) {
  pthread_mutex_lock(&table_mutex);
  node *n = find(name);
  if (!n) n = create(name);
  if (n) n->pinned = 1;
  pthread_mutex_unlock(&table_mutex);
  return n ? SQLITE_OK : SQLITE_NOMEM;
}

static void drop_one(const char *name, const char *suffix) {
  size_t a = strlen(name), b = strlen(suffix);
  char *full = malloc(a + b + 1);
  if (!full) return;
  memcpy(full, name, a);
  memcpy(full + a, suffix, b + 1);
  pthread_mutex_lock(&table_mutex);
  node *n = find(full);
  if (n) unlist(n);
  pthread_mutex_unlock(&table_mutex);
  free(full);
}

void lq_memvfs_drop(const char *name) {
  drop_one(name, "-wal");
  drop_one(name, "-journal");
  drop_one(name, "");
}

/* ---- data ---- */

static int mem_close(sqlite3_file *f) {
  handle *h = (handle *)f;
  node *n = h->n;
  pthread_mutex_lock(&table_mutex);
  n->refs--;
  if (n->listed && n->refs == 0 && !n->pinned && (h->delete_close || h->main_db))
    unlist(n);
  else if (!n->listed && n->refs == 0)
    destroy(n);
  pthread_mutex_unlock(&table_mutex);
  return SQLITE_OK;
}

static int mem_read(sqlite3_file *f, void *buf, int len, sqlite3_int64 off) {
  node *n = ((handle *)f)->n;
  unsigned char *out = buf;
  int rc = SQLITE_OK;
  pthread_rwlock_rdlock(&n->data);
  if (off + len > n->size) {
    sqlite3_int64 have = n->size > off ? n->size - off : 0;
    memset(out + have, 0, (size_t)(len - have));
    len = (int)have;
    rc = SQLITE_IOERR_SHORT_READ;
  }
  while (len > 0) {
    int at = (int)(off % CHUNK), part = CHUNK - at < len ? CHUNK - at : len;
    memcpy(out, n->chunks[off / CHUNK] + at, (size_t)part);
    out += part;
    off += part;
    len -= part;
  }
  pthread_rwlock_unlock(&n->data);
  return rc;
}

static int grow(node *n, sqlite3_int64 size) {
  sqlite3_int64 want = (size + CHUNK - 1) / CHUNK;
  if (want > n->nchunks) {
    unsigned char **c = realloc(n->chunks, (size_t)(want + RUN) * sizeof *c);
    if (!c) return SQLITE_IOERR_NOMEM;
    n->chunks = c;
    while (n->nchunks < want)
      if (!add_chunks(n)) return SQLITE_IOERR_NOMEM;
  }
  if (size > n->size) n->size = size;
  return SQLITE_OK;
}

static int mem_write(sqlite3_file *f, const void *buf, int len, sqlite3_int64 off) {
  node *n = ((handle *)f)->n;
  const unsigned char *in = buf;
  pthread_rwlock_wrlock(&n->data);
  int rc = grow(n, off + len);
  while (rc == SQLITE_OK && len > 0) {
    int at = (int)(off % CHUNK), part = CHUNK - at < len ? CHUNK - at : len;
    memcpy(n->chunks[off / CHUNK] + at, in, (size_t)part);
    in += part;
    off += part;
    len -= part;
  }
  pthread_rwlock_unlock(&n->data);
  return rc;
}

static int mem_truncate(sqlite3_file *f, sqlite3_int64 size) {
  node *n = ((handle *)f)->n;
  pthread_rwlock_wrlock(&n->data);
  if (size < n->size) {
    drop_chunks(n, (size + CHUNK - 1) / CHUNK);
    /* what a later write leaves as a hole must read as zeros */
    if (size % CHUNK) memset(n->chunks[size / CHUNK] + size % CHUNK, 0, (size_t)(CHUNK - size % CHUNK));
    n->size = size;
  }
  pthread_rwlock_unlock(&n->data);
  return SQLITE_OK;
}

static int mem_sync(sqlite3_file *f, int flags) {
  (void)f, (void)flags;
  return SQLITE_OK;
}

static int mem_size(sqlite3_file *f, sqlite3_int64 *size) {
  node *n = ((handle *)f)->n;
  pthread_rwlock_rdlock(&n->data);
  *size = n->size;
  pthread_rwlock_unlock(&n->data);
  return SQLITE_OK;
}

/* ---- locks (https://www.sqlite.org/lockingv3.html) ---- */

static int mem_lock(sqlite3_file *f, int level) {
  handle *h = (handle *)f;
  node *n = h->n;
  int rc = SQLITE_OK;
  if (h->level >= level) return rc;
  pthread_mutex_lock(&n->locks);
  if (h->level == SQLITE_LOCK_NONE) {
    if (n->pending)
      rc = SQLITE_BUSY;
    else
      n->shared++, h->level = SQLITE_LOCK_SHARED;
  }
  if (rc == SQLITE_OK && level >= SQLITE_LOCK_RESERVED && h->level < SQLITE_LOCK_RESERVED) {
    if (n->reserved)
      rc = SQLITE_BUSY;
    else
      n->reserved = 1, h->level = SQLITE_LOCK_RESERVED;
  }
  if (rc == SQLITE_OK && level == SQLITE_LOCK_EXCLUSIVE) {
    n->pending = 1, h->level = SQLITE_LOCK_PENDING; /* no new readers from here on */
    if (n->shared > 1)
      rc = SQLITE_BUSY;
    else
      h->level = SQLITE_LOCK_EXCLUSIVE;
  }
  pthread_mutex_unlock(&n->locks);
  return rc;
}

static int mem_unlock(sqlite3_file *f, int level) {
  handle *h = (handle *)f;
  node *n = h->n;
  if (h->level <= level) return SQLITE_OK;
  pthread_mutex_lock(&n->locks);
  if (h->level >= SQLITE_LOCK_PENDING) n->pending = 0;
  if (h->level >= SQLITE_LOCK_RESERVED) n->reserved = 0;
  if (level == SQLITE_LOCK_NONE) n->shared--;
  h->level = level;
  pthread_mutex_unlock(&n->locks);
  return SQLITE_OK;
}

static int mem_check_reserved(sqlite3_file *f, int *out) {
  node *n = ((handle *)f)->n;
  pthread_mutex_lock(&n->locks);
  *out = n->reserved;
  pthread_mutex_unlock(&n->locks);
  return SQLITE_OK;
}

/* ---- shared memory ---- */

static int mem_shm_map(sqlite3_file *f, int i, int size, int extend, void volatile **out) {
  node *n = ((handle *)f)->n;
  int rc = SQLITE_OK;
  *out = 0;
  pthread_mutex_lock(&n->locks);
  if (i >= n->nregions && extend) {
    void **r = realloc(n->regions, (size_t)(i + 1) * sizeof *r);
    if (r) n->regions = r;
    while (r && n->nregions <= i && (r[n->nregions] = calloc(1, (size_t)size))) n->nregions++;
    if (i >= n->nregions) rc = SQLITE_NOMEM;
  }
  if (i < n->nregions) *out = n->regions[i];
  pthread_mutex_unlock(&n->locks);
  return rc;
}

static int mem_shm_lock(sqlite3_file *f, int at, int count, int flags) {
  handle *h = (handle *)f;
  node *n = h->n;
  unsigned mask = ((1u << count) - 1) << at;
  int rc = SQLITE_OK;
  pthread_mutex_lock(&n->locks);
  if (flags & SQLITE_SHM_UNLOCK) {
    for (int i = at; i < at + count; i++) {
      if (h->shm_shared & (1u << i)) n->shm_shared[i]--;
      if (h->shm_exclusive & (1u << i)) n->shm_exclusive[i] = 0;
    }
    h->shm_shared &= ~mask;
    h->shm_exclusive &= ~mask;
  } else if (flags & SQLITE_SHM_SHARED) {
    if (n->shm_exclusive[at])
      rc = SQLITE_BUSY;
    else if (!(h->shm_shared & mask))
      n->shm_shared[at]++, h->shm_shared |= mask;
  } else {
    for (int i = at; i < at + count; i++)
      if (n->shm_exclusive[i] || n->shm_shared[i]) rc = SQLITE_BUSY;
    for (int i = at; rc == SQLITE_OK && i < at + count; i++) n->shm_exclusive[i] = 1;
    if (rc == SQLITE_OK) h->shm_exclusive |= mask;
  }
  pthread_mutex_unlock(&n->locks);
  return rc;
}

static void mem_shm_barrier(sqlite3_file *f) {
  (void)f;
  __sync_synchronize();
}

static int mem_shm_unmap(sqlite3_file *f, int delete_it) {
  node *n = ((handle *)f)->n;
  pthread_mutex_lock(&n->locks);
  if (delete_it) {
    for (int i = 0; i < n->nregions; i++) free(n->regions[i]);
    n->nregions = 0;
  }
  pthread_mutex_unlock(&n->locks);
  return SQLITE_OK;
}

/* ---- the rest ---- */

static int mem_control(sqlite3_file *f, int op, void *arg) {
  (void)f, (void)op, (void)arg;
  return SQLITE_NOTFOUND;
}

static int mem_sector(sqlite3_file *f) {
  (void)f;
  return 4096;
}

static int mem_traits(sqlite3_file *f) {
  (void)f;
  return SQLITE_IOCAP_ATOMIC | SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    2,           mem_close,          mem_read,    mem_write,  mem_truncate, mem_sync,    mem_size,     mem_lock,
    mem_unlock,  mem_check_reserved, mem_control, mem_sector, mem_traits,   mem_shm_map, mem_shm_lock, mem_shm_barrier,
    mem_shm_unmap};

static sqlite3_vfs *os(sqlite3_vfs *v) { return v->pAppData; }

/* Files without a name are temporary ones. */
static int ours(const char *name) { return !name || !strncmp(name, LQ_MEM_PREFIX, sizeof LQ_MEM_PREFIX - 1); }

static int vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out) {
  handle *h = (handle *)f;
  if (!ours(name)) return os(v)->xOpen(os(v), name, f, flags, out);
  memset(h, 0, sizeof *h);
  pthread_mutex_lock(&table_mutex);
  node *n = name ? find(name) : 0;
  if (!n && name && !(flags & SQLITE_OPEN_CREATE)) {
    pthread_mutex_unlock(&table_mutex);
    return SQLITE_CANTOPEN;
  }
  if (!n) n = create(name);
  if (n) n->refs++;
  pthread_mutex_unlock(&table_mutex);
  if (!n) return SQLITE_NOMEM;
  h->n = n;
  h->delete_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  h->main_db = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  h->base.pMethods = &methods;
  if (out) *out = flags;
  return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *v, const char *name, int sync) {
  if (!ours(name)) return os(v)->xDelete(os(v), name, sync);
  pthread_mutex_lock(&table_mutex);
  node *n = find(name);
  if (n) unlist(n);
  pthread_mutex_unlock(&table_mutex);
  return SQLITE_OK; /* also when there is none: WAL deletes what it never made */
}

static int vfs_access(sqlite3_vfs *v, const char *name, int flags, int *out) {
  if (!ours(name)) return os(v)->xAccess(os(v), name, flags, out);
  pthread_mutex_lock(&table_mutex);
  *out = find(name) != 0;
  pthread_mutex_unlock(&table_mutex);
  return SQLITE_OK;
}

static int vfs_full(sqlite3_vfs *v, const char *name, int len, char *out) {
  if (!ours(name)) return os(v)->xFullPathname(os(v), name, len, out);
  if ((int)strlen(name) >= len) return SQLITE_CANTOPEN;
  strcpy(out, name);
  return SQLITE_OK;
}

/* Libraries, randomness, sleep and time are the operating system's too. */
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
static int vfs_last_error(sqlite3_vfs *v, int n, char *out) { return os(v)->xGetLastError(os(v), n, out); }

static sqlite3_vfs vfs = {
    .iVersion = 2,
    .zName = LQ_MEMVFS,
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

int lq_memvfs_register(void) {
  sqlite3_vfs *base = sqlite3_vfs_find(0);
  vfs.pAppData = base;
  vfs.mxPathname = base->mxPathname;
  vfs.szOsFile = base->szOsFile > (int)sizeof(handle) ? base->szOsFile : (int)sizeof(handle);
  return sqlite3_vfs_register(&vfs, 0);
}
