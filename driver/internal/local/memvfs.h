//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/* Memory databases that several connections share, with WAL. See memvfs.c. */
#ifndef LQ_MEMVFS_H
#define LQ_MEMVFS_H

#define LQ_MEMVFS "libsql-mem"

/* What the names of memory databases begin with; files of any other name are the operating system's. */
#define LQ_MEM_PREFIX ":libsql-mem:"

/* Registers the VFS under LQ_MEMVFS; call once. Returns an SQLite result code. */
int lq_memvfs_register(void);
/* Creates the empty database of that name and keeps it although no connection is open. */
int lq_memvfs_pin(const char *name);
/* Drops the database of that name with its WAL and journal; connections still open keep theirs until they close. */
void lq_memvfs_drop(const char *name);

#endif
