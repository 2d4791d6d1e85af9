//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/* VFSes: those of the library called from Go (vfsbase.c), those in Go called by the library (vfsgo.c). */
#ifndef LQ_VFS_H
#define LQ_VFS_H

#include "sqlite3_api.h"

/* ---- the library's ---- */

/* An extended result code, and in the upper half the operating system's error number. */
typedef int64_t lq_code;

/* An open file of a VFS of the library, with the name that it keeps a pointer to. */
typedef struct lq_file {
  sqlite3_vfs *v;
  char *name;     /* of sqlite3_create_filename */
  char *own_name; /* or of malloc */
  sqlite3_file f; /* and what the VFS adds to it */
} lq_file;

lq_code lq_base_open(sqlite3_vfs *, const char *name, int flags, lq_file **out, int *got);
lq_code lq_base_close(lq_file *);
lq_code lq_base_read(lq_file *, void *p, int n, int64_t off);
lq_code lq_base_write(lq_file *, void *p, int n, int64_t off);
lq_code lq_base_truncate(lq_file *, int64_t size);
lq_code lq_base_sync(lq_file *, int flags);
lq_code lq_base_size(lq_file *, int64_t *size);
lq_code lq_base_lock(lq_file *, int level);
lq_code lq_base_unlock(lq_file *, int level);
lq_code lq_base_check_reserved(lq_file *, int *out);
int lq_base_sector(lq_file *);
int lq_base_traits(lq_file *);
lq_code lq_base_control(lq_file *, int op, void *arg);
int lq_base_has_shm(lq_file *);
lq_code lq_base_shm_map(lq_file *, int region, int size, int extend, void **out);
lq_code lq_base_shm_lock(lq_file *, int offset, int n, int flags);
lq_code lq_base_shm_unmap(lq_file *, int remove);
lq_code lq_base_delete(sqlite3_vfs *, const char *name, int sync_dir);
lq_code lq_base_access(sqlite3_vfs *, const char *name, int what, int *out);
lq_code lq_base_full(sqlite3_vfs *, const char *name, int n, char *out);

/* ---- those in Go ---- */

/* A registered VFS in Go. */
typedef struct lq_govfs {
  sqlite3_vfs v; /* first */
  uintptr_t handle;/* the handle of its engine.VFS; 0 when it is no longer registered */
  int files;     /* open on it */
} lq_govfs;

lq_govfs *lq_govfs_new(char *name);
int lq_govfs_register(lq_govfs *, uintptr_t handle);
int lq_govfs_unregister(lq_govfs *);
int lq_govfs_files(lq_govfs *);
void lq_pragma_args(void *arg, char **name, char **value);
int lq_pragma_result(void *arg, const char *text, int n);
void lq_set_memory(void *at, void **memory);

/*
** The failures of VFSes in Go that this thread has met since lq_vfs_forget: one
** often makes SQLite do what fails for other reasons. lq_vfs_failure returns
** the number of the first with the result code, or 0.
*/
void lq_vfs_note(uint64_t failure, int rc, int sys);
void lq_vfs_forget(void);
uint64_t lq_vfs_failure(int rc);

#endif
