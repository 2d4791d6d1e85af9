//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** What the Go side calls. A crossing into C costs more than most of what
** SQLite does for a small statement, so one call binds, steps and packs a
** block of rows; Go reads the outcome from the connection's struct.
*/
#ifndef LQ_LOCAL_H
#define LQ_LOCAL_H

#include <stddef.h>

#include "sqlite3_api.h"

/* What lq_run has to say about the statement. */
#define LQ_DONE 0 /* ended and reset */
#define LQ_MORE 1 /* rows packed, the statement stands on the last of them */
#define LQ_FAIL 2 /* failed and reset; rc, errmsg tell */

/* Flags of lq_run. */
#define LQ_START 1   /* bind s->args and begin */
#define LQ_DISCARD 2 /* count rows, pack none */
#define LQ_CELLS 4   /* pack rows into s->cells */
#define LQ_APPEND 8  /* pack behind what is in the block */

/* Type codes of packed cells: SQLite's, or'ed with where the bytes are. */
#define LQ_LONG 8  /* text or blob left in SQLite's memory: the next num is its address */
#define LQ_TIME 16 /* text of a time column: in tbytes, not in bytes */
#define LQ_SMALL 64 /* integer from 0 to 255: in lens, not in nums */

/* An argument: for text and blob v is the offset in the bytes behind the array of arguments. */
typedef struct lq_arg {
  int64_t v;
  uint32_t n;
  uint32_t type;
} lq_arg;

/* Bytes that grow. */
typedef struct lq_buf {
  unsigned char *p;
  size_t n, cap;
} lq_buf;

typedef enum lq_denial { LQ_DENIED_KEY = 1, LQ_DENIED_FILE } lq_denial;

typedef struct lq_conn {
  sqlite3 *db;
  struct lq_stmt *running; /* in lq_run */
  int32_t cancel;      /* set by any thread: the running statement ends with SQLITE_INTERRUPT */
  int64_t written;     /* rows that the running statement has written so far; read by any thread */
  int noticed;         /* the last call ended because of it, whatever its code */
  int64_t busy_ns;     /* the busy timeout */
  int64_t waited_ns;   /* what of it was spent before this call */
  int64_t busy_waited; /* what the busy handler slept in this call */
  int64_t busy_start;
  uintptr_t wal_handle; /* of who is told of commits, see wal.c; 0: nobody */
  int auto_checkpoint;  /* frames, while somebody is */
  int authorized; /* what the authorizer was asked last, see vector.c */
  int keyed;      /* a database of the connection is encrypted, see key.c */
  int denied;     /* an lq_denial: why the last PRAGMA was refused */

  int refused;    /* a function of the driver failed because it is not exact on its arguments */

  lq_buf fault;   /* what went wrong where the library takes no error, see func.c; empty: nothing */
  uintptr_t hooks;      /* of the user's hooks, see hooks.h; 0: there were none so far */
  int hook_mask;        /* those that there are; written by any thread */
  int hook_failed;      /* one panicked: the statement that runs is to fail */
  int broken;           /* a call of Go ended its goroutine, and left SQLite in the middle of its own */
  struct lq_conn *also_broken;
  int own;              /* what is compiled is the driver's own, and nobody is asked */
  struct lq_feed *feed; /* what the transaction has changed, see feed.h; NULL: nobody listens */
  int feed_module;      /* its module is registered */

  /* the outcome of the last call */
  int rc; /* extended result code */
  int erroff;
  int syserr;
  uint64_t vfs_failure; /* of a VFS in Go, see vfs.h */
  int autocommit;
  int64_t changes, rowid; /* rowid: of the row that the statement inserted last, 0 if none */
  int64_t counted[11]; /* see lq_counters: of the run of counted_of that has ended, if they are to be told */
  struct lq_stmt *counted_of;
  lq_buf errmsg;
  lq_buf meta; /* what lq_columns and lq_column_meta tell */

  /* the block */
  int nrow, ncol, remeta;
  int ntext, nblob, nlong, ntime;
  lq_buf types;          /* a byte a cell */
  lq_buf nums;           /* int64 or double for each number, in order */
  lq_buf lens;           /* int32 for each text or blob, in order */
  lq_buf bytes, tbytes;  /* their bytes, in order */
} lq_conn;

typedef struct lq_stmt {
  sqlite3_stmt *st;
  lq_conn *c;
  int nparam, ncol, readonly, reprepared;
  int counting;           /* the end of a run takes its counters, for a tracer */
  int memory, memory_of; /* the size that a tracer is told, and of which compilation it is */
  int inserted;           /* the run has added a row with the rowid rowid_before */
  int64_t rowid_before;   /* sqlite3_last_insert_rowid when it began */
  int names_busy_timeout; /* mentions the PRAGMA that our busy handler stands in for */
  unsigned char *is_time; /* a flag a column, or NULL */
  unsigned char *args;    /* nparam lq_args, then the bytes of text and blobs */
  size_t args_cap;
  int64_t written_earlier; /* LIBSQL_STMTSTATUS_ROWS_WRITTEN of the runs before this one */
  int32_t cancel;         /* as the connection's, for this statement alone */
  int *writes;            /* tables that it writes, see feed.c */
  int nwrites, writes_of; /* writes_of: the feed's number */
  lq_buf cells, text;     /* of the rows of LQ_CELLS: ncol lq_args a row; their bytes */
} lq_stmt;

int lq_init(void);
int lq_single_process_vfs(void);

lq_conn *lq_open(const char *uri, int flags, const char *vfs, const void *key, int nkey, int64_t busy_ns);
void lq_close(lq_conn *);
void lq_give_back(void);
int lq_config(lq_conn *, int dqs, int file_functions, int extensions);
int lq_guard(lq_conn *, int defensive, int trusted_schema);
int lq_readonly(lq_conn *);
int lq_txn_state(lq_conn *);

lq_stmt *lq_prepare(lq_conn *, const char *sql, int n, int persistent, int *tail);
void lq_finalize(lq_stmt *);
int lq_memory(lq_stmt *);
unsigned char *lq_args_room(lq_stmt *, size_t n);
void lq_args_trim(lq_stmt *);
const char *lq_param_name(lq_stmt *, int i);
int lq_columns(lq_stmt *);
int lq_set_times(lq_stmt *, const unsigned char *flags, int n);
int lq_column_meta(lq_stmt *, int i, int *notnull, int *pk, int *autoinc);
int lq_explains(lq_stmt *);
int lq_run(lq_stmt *, int flags, int maxrow);
int lq_pack_cells(lq_stmt *);
int lq_room(lq_buf *, size_t more);
int lq_end(lq_stmt *);
void lq_empty_block(lq_conn *);
int lq_put(lq_buf *, const void *p, size_t n);
void lq_fail_db(lq_conn *, int rc); /* takes over SQLite's error */
void lq_fail(lq_conn *, int rc, const char *message);
int lq_busy(lq_conn *, int n); /* waits for another connection for the n-th time; 0: no longer */
int lq_cancelled(lq_conn *); /* the call that runs is to end */
void lq_counters(lq_stmt *, int64_t *out, int reset);

/* vector.c */
#define LQ_VECTOR_NOTES "libsql_vector_meta_shadow"
void lq_guard_vectors(lq_conn *);
int lq_has_vectors(lq_conn *, const char *schema);

#endif
