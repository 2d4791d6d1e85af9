//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "wal.h"

#include <stdlib.h>
#include <string.h>

#include "vfs.h"

extern void lqGoCommitted(uintptr_t handle, char *schema, int frames, int *failed);

/*
** https://www.sqlite.org/c3ref/wal_checkpoint_v2.html. SQLite does not wait for
** another checkpoint that runs, only for readers and the writer.
*/
int lq_wal_checkpoint(lq_conn *c, const char *schema, int mode, int *frames, int *done) {
  int rc, n = 0;
  c->noticed = 0;
  c->busy_waited = 0;
  lq_vfs_forget();
  do {
    rc = sqlite3_wal_checkpoint_v2(c->db, schema, mode, frames, done);
  } while ((rc & 0xff) == SQLITE_BUSY && *frames < 0 && mode != SQLITE_CHECKPOINT_PASSIVE && lq_busy(c, n++));
  c->autocommit = sqlite3_get_autocommit(c->db);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}

/* libsql_wal_disable_checkpoint would silence the hook, and setting a hook would undo it. */
int lq_wal_no_checkpoint(lq_conn *c) {
  int rc = sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
  if (rc == SQLITE_OK) {
    if (c->wal_handle)
      c->auto_checkpoint = 0;
    else
      rc = sqlite3_wal_autocheckpoint(c->db, 0);
  }
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}

/*
** Reads the header of the index that the connections share, in both its copies
** as SQLite does, and takes no lock for it. libsql_wal_frame_count would take
** the write lock, and tell what the connection knew when it read last. The
** connection must have read the database. 1: there is no such header, 2: it was
** being written.
*/
int lq_wal_header(lq_conn *c, unsigned char *out) {
  sqlite3_file *f = 0;
  volatile void *shm = 0;
  unsigned char second[LQ_WAL_HEADER];
  if (sqlite3_file_control(c->db, "main", SQLITE_FCNTL_FILE_POINTER, &f) != SQLITE_OK || !f || !f->pMethods) return 1;
  if (f->pMethods->iVersion < 2 || !f->pMethods->xShmMap) return 1;
  if (f->pMethods->xShmMap(f, 0, 32768, 0, &shm) != SQLITE_OK || !shm) return 1;
  for (int i = 0; i < LQ_WAL_HEADER; i += 4)
    *(uint32_t *)(out + i) = __atomic_load_n((volatile uint32_t *)((volatile char *)shm + i), __ATOMIC_RELAXED);
  f->pMethods->xShmBarrier(f);
  for (int i = 0; i < LQ_WAL_HEADER; i += 4)
    *(uint32_t *)(second + i) =
        __atomic_load_n((volatile uint32_t *)((volatile char *)shm + LQ_WAL_HEADER + i), __ATOMIC_RELAXED);
  return memcmp(out, second, LQ_WAL_HEADER) ? 2 : 0;
}

int lq_wal_frame(lq_conn *c, unsigned n, void *buf, unsigned size) {
  lq_vfs_forget();
  int rc = libsql_wal_get_frame(c->db, n, buf, size);
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  return rc;
}

/*
** Writes count frames. Those that are there must be equal: the first that is
** not ends it, and nothing was written before. Each frame with a size of the
** database commits; what follows the last of them is dropped.
*/
int lq_wal_insert(lq_conn *c, unsigned first, unsigned count, unsigned char *frames, unsigned size, unsigned *had,
                  unsigned *conflict) {
  int rc, n = 0, differs = 0;
  unsigned char header[LQ_WAL_HEADER];
  *conflict = *had = 0;
  c->noticed = 0;
  c->busy_waited = 0;
  lq_vfs_forget();
  do {
    rc = libsql_wal_insert_begin(c->db);
  } while ((rc & 0xff) == SQLITE_BUSY && lq_busy(c, n++));
  if (rc != SQLITE_OK) {
    lq_fail_db(c, rc);
    return rc;
  }
  if (!lq_wal_header(c, header)) memcpy(had, header + LQ_WAL_FRAMES, sizeof *had);
  if (first > *had + 1) count = 0; /* libSQL would append it */
  for (unsigned i = 0; i < count && rc == SQLITE_OK; i++) {
    rc = libsql_wal_insert_frame(c->db, first + i, frames + (size_t)i * size, size, &differs);
    if (differs) *conflict = first + i;
  }
  if (rc != SQLITE_OK) lq_fail_db(c, rc);
  int end = libsql_wal_insert_end(c->db);
  if (rc == SQLITE_OK && end != SQLITE_OK) lq_fail_db(c, rc = end);
  sqlite3_db_release_memory(c->db); /* pages that the frames have changed */
  c->autocommit = sqlite3_get_autocommit(c->db);
  return rc;
}

/*
** https://www.sqlite.org/c3ref/wal_hook.html. A connection has one hook, and the
** checkpoints at commits are one, too: ours makes them itself.
*/
static int on_wal(void *p, sqlite3 *db, const char *schema, int frames) {
  lq_conn *c = p;
  int failed = 0;
  if (c->wal_handle) lqGoCommitted(c->wal_handle, (char *)schema, frames, &failed);
  if (c->auto_checkpoint > 0 && frames >= c->auto_checkpoint)
    sqlite3_wal_checkpoint_v2(db, schema, SQLITE_CHECKPOINT_PASSIVE, 0, 0);
  return failed ? SQLITE_ERROR : SQLITE_OK;
}

static int read_number(void *out, int n, char **values, char **names) {
  (void)names;
  if (n > 0 && values[0]) *(int *)out = atoi(values[0]);
  return 0;
}

/* Begins to call Go with the handle at each commit, or ends it with 0. */
int lq_wal_watch(lq_conn *c, uintptr_t handle) {
  int rc = SQLITE_OK;
  if (handle && !c->wal_handle) {
    rc = sqlite3_exec(c->db, "PRAGMA wal_autocheckpoint", read_number, &c->auto_checkpoint, 0);
    if (rc != SQLITE_OK) {
      lq_fail_db(c, rc);
      return rc;
    }
    c->wal_handle = handle;
    sqlite3_wal_hook(c->db, on_wal, c);
  } else if (!handle && c->wal_handle) {
    c->wal_handle = 0;
    rc = sqlite3_wal_autocheckpoint(c->db, c->auto_checkpoint);
  }
  return rc;
}

/*
** PRAGMA wal_autocheckpoint knows only SQLite's own hook, which stands in while
** a statement that mentions it is compiled, which is when it acts.
*/
void lq_wal_pragma_begin(lq_conn *c) {
  if (c->wal_handle) sqlite3_wal_autocheckpoint(c->db, c->auto_checkpoint);
}

void lq_wal_pragma_end(lq_conn *c) {
  if (!c->wal_handle) return;
  sqlite3_exec(c->db, "PRAGMA wal_autocheckpoint", read_number, &c->auto_checkpoint, 0);
  sqlite3_wal_hook(c->db, on_wal, c);
}
