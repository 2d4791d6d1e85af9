//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "local.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "decimal.h"
#include "func.h"
#include "functions.h"
#include "feed.h"
#include "hooks.h"
#include "memvfs.h"
#include "vfs.h"
#include "wal.h"

/* A block ends after the row that passes one of these. */
#define BLOCK_BYTES 16384
#define BLOCK_CELLS 4096
/* Cells longer than this are copied once, by Go, from SQLite's own memory. */
#define LONG_BYTES 8192
/* Room for arguments that a statement keeps between runs. */
#define KEEP_ARGS 65536

/* Gives memory that is free back to the system: glibc keeps much of it, in a
** heap for every thread. It takes as long as there is memory to look at. */
void lq_give_back(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int lq_room(lq_buf *b, size_t more) {
  if (b->n + more <= b->cap) return 1;
  size_t cap = b->cap ? b->cap : 256;
  while (cap < b->n + more) cap *= 2;
  unsigned char *p = realloc(b->p, cap);
  if (!p) return 0;
  b->p = p;
  b->cap = cap;
  return 1;
}

static int put(lq_buf *b, const void *p, size_t n) {
  if (!lq_room(b, n)) return 0;
  if (n) memcpy(b->p + b->n, p, n);
  b->n += n;
  return 1;
}

int lq_put(lq_buf *b, const void *p, size_t n) { return put(b, p, n); }

static void fail(lq_conn *c, int rc, const char *msg, int off) {
  c->vfs_failure = 0;
  c->rc = rc;
  c->erroff = off;
  c->errmsg.n = 0;
  put(&c->errmsg, msg, strlen(msg));
}

/* Takes the error that SQLite just reported, before anything else overwrites it. */
static void fail_db(lq_conn *c, int rc) {
  int x = sqlite3_extended_errcode(c->db);
  c->syserr = sqlite3_system_errno(c->db);
  /* the connection's error may be of an earlier call when SQLite refuses before it starts (SQLITE_MISUSE) */
  if ((x & 0xff) == (rc & 0xff))
    fail(c, x, sqlite3_errmsg(c->db), sqlite3_error_offset(c->db));
  else
    fail(c, rc, sqlite3_errstr(rc), -1);
  c->vfs_failure = lq_vfs_failure(c->rc);
}

void lq_fail_db(lq_conn *c, int rc) { fail_db(c, rc); }

void lq_fail(lq_conn *c, int rc, const char *message) { fail(c, rc, message, -1); }

/* ---- cancellation and waiting ---- */

int lq_cancelled(lq_conn *c) {
  int yes = __atomic_load_n(&c->cancel, __ATOMIC_RELAXED) ||
            (c->running && __atomic_load_n(&c->running->cancel, __ATOMIC_RELAXED));
  if (yes) c->noticed = 1;
  return yes;
}

static int on_progress(void *p) {
  lq_conn *c = p;
  if (c->running) {
    int64_t n = sqlite3_stmt_status(c->running->st, LIBSQL_STMTSTATUS_ROWS_WRITTEN, 0);
    __atomic_store_n(&c->written, n, __ATOMIC_RELAXED);
  }
  return lq_cancelled(c) || lq_hooked(c, LQ_HOOK_PROGRESS) && lq_hook_progress(c);
}

/*
** The busy handler (https://www.sqlite.org/c3ref/busy_handler.html) waits for
** other processes. Its naps are short enough to notice a cancelled call.
*/
static int on_busy(void *p, int n) {
  static const int64_t naps[] = {1, 2, 5, 10, 15, 20};
  lq_conn *c = p;
  int64_t now = now_ns();
  if (n == 0) c->busy_start = now;
  int64_t left = c->busy_ns - c->waited_ns - (now - c->busy_start);
  if (left <= 0 || lq_cancelled(c)) return 0;
  int64_t nap = naps[n < 6 ? n : 5] * 1000000;
  if (nap > left) nap = left;
  struct timespec t = {0, (long)nap};
  nanosleep(&t, 0);
  c->busy_waited += now_ns() - now;
  return !lq_cancelled(c);
}

int lq_busy(lq_conn *c, int n) { return on_busy(c, n); }

/*
** sqlite3_last_insert_rowid keeps what an earlier statement inserted when an
** upsert has updated or the table has no rowids. It is the statement's own when
** it has changed, or when a row was inserted that has the very rowid:
** https://www.sqlite.org/c3ref/update_hook.html.
*/
static void on_update(void *p, int op, const char *db, const char *table, sqlite3_int64 rowid) {
  lq_conn *c = p;
  if (op == SQLITE_INSERT && c->running && rowid == c->running->rowid_before) c->running->inserted = 1;
  if (c->feed) lq_feed_row(c, op, db, table, rowid);
  if (lq_hooked(c, LQ_HOOK_UPDATE)) lq_hook_update(c, op, db, table, rowid);
}

/* More often than every 1000 operations only for a hook of the user's. */
void lq_progress_every(lq_conn *c, int n) { sqlite3_progress_handler(c->db, n, on_progress, c); }

/* ---- the library ---- */

int lq_init(void) { return lq_memvfs_register(); }

/* The VFS of the single-process mode: locks in memory (unix-excl), under the codec of encrypted files. */
int lq_single_process_vfs(void) { return sqlite3mc_vfs_create("unix-excl", 0); }

/* ---- connections ---- */

lq_conn *lq_open(const char *uri, int flags, const char *vfs, const void *key, int nkey, int64_t busy_ns) {
  lq_conn *c = calloc(1, sizeof *c);
  if (!c) return 0;
  c->busy_ns = busy_ns;
  c->autocommit = 1;
  c->keyed = nkey > 0;
  lq_vfs_forget();
  int rc = sqlite3_open_v2(uri, &c->db, flags, vfs);
  if (rc == SQLITE_OK && nkey) rc = sqlite3_key_v2(c->db, "main", key, nkey);
  if (rc != SQLITE_OK) {
    if (c->db)
      fail_db(c, rc);
    else
      fail(c, SQLITE_NOMEM, "out of memory", -1);
    sqlite3_close_v2(c->db);
    c->db = 0;
    return c;
  }
  sqlite3_extended_result_codes(c->db, 1);
  sqlite3_busy_handler(c->db, on_busy, c);
  lq_progress_every(c, LQ_PROGRESS);
  sqlite3_update_hook(c->db, on_update, c);
  return c;
}

void lq_close(lq_conn *c) {
  lq_feed_close(c);
  /* what was being compiled would keep the database open */
  for (sqlite3_stmt *st; c->broken && (st = sqlite3_next_stmt(c->db, 0));) sqlite3_finalize(st);
  sqlite3_close_v2(c->db);
  free(c->fault.p);
  free(c->errmsg.p);
  free(c->meta.p);
  free(c->types.p);
  free(c->nums.p);
  free(c->lens.p);
  free(c->bytes.p);
  free(c->tbytes.p);
  if (c->broken)
    lq_keep(c);
  else
    free(c);
}

/* Settings that no PRAGMA reaches; the names are those of SQLite3MultipleCiphers' extra functions. */
int lq_config(lq_conn *c, int dqs, int file_functions, int extensions) {
  int rc = sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, dqs, (int *)0);
  if (rc == SQLITE_OK) rc = sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, dqs, (int *)0);
  if (rc == SQLITE_OK) rc = lq_decimal_register(c->db);
  if (rc == SQLITE_OK) rc = lq_functions_register(c->db);
  if (rc == SQLITE_OK) rc = lq_regexp_register(c);
  if (rc == SQLITE_OK && extensions) rc = sqlite3_enable_load_extension(c->db, 1);
  if (!file_functions) {
    if (rc == SQLITE_OK) rc = sqlite3_create_function_v2(c->db, "readfile", 1, SQLITE_UTF8, 0, 0, 0, 0, 0);
    if (rc == SQLITE_OK) rc = sqlite3_create_function_v2(c->db, "writefile", -1, SQLITE_UTF8, 0, 0, 0, 0, 0);
    if (rc == SQLITE_OK) rc = sqlite3_create_module_v2(c->db, "fsdir", 0, 0, 0);
  }
  if (rc != SQLITE_OK) fail_db(c, rc);
  return rc;
}

/*
** libSQL reads the first argument of libsql_vector_idx() wherever it meets the
** function, also in the schema of a file, and does not look whether there is
** one. A function without arguments that is not deterministic cannot be in an
** index, and SQLite says so before libSQL looks at it.
*/
static void no_arguments(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n, (void)args;
  sqlite3_result_error(ctx, "libsql_vector_idx needs a column", -1);
}

/* https://www.sqlite.org/security.html */
int lq_guard(lq_conn *c, int defensive, int trusted_schema) {
  int rc = sqlite3_create_function_v2(c->db, "libsql_vector_idx", 0, SQLITE_UTF8, 0, no_arguments, 0, 0, 0);
  if (rc == SQLITE_OK) rc = sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, defensive, (int *)0);
  if (rc == SQLITE_OK) rc = sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, trusted_schema, (int *)0);
  if (rc != SQLITE_OK) fail_db(c, rc);
  return rc;
}

int lq_readonly(lq_conn *c) { return sqlite3_db_readonly(c->db, "main"); }

int lq_txn_state(lq_conn *c) { return sqlite3_txn_state(c->db, 0); }

static int read_int(void *out, int n, char **values, char **names) {
  (void)names;
  if (n > 0 && values[0]) *(int64_t *)out = strtoll(values[0], 0, 10);
  return 0;
}

/*
** PRAGMA busy_timeout knows only SQLite's own handler. While a statement that
** mentions it is compiled (which is when the PRAGMA acts) and run (for the
** table-valued function) that handler stands in, so that reading tells our
** timeout and writing sets it.
*/
static void busy_pragma_begin(lq_conn *c) {
  int64_t ms = c->busy_ns / 1000000;
  sqlite3_busy_timeout(c->db, ms > INT_MAX ? INT_MAX : (int)ms);
}

static void busy_pragma_end(lq_conn *c) {
  int64_t ms = -1;
  sqlite3_exec(c->db, "PRAGMA busy_timeout", read_int, &ms, 0);
  if (ms >= 0 && ms != c->busy_ns / 1000000) c->busy_ns = ms * 1000000;
  sqlite3_busy_handler(c->db, on_busy, c);
}

/* ---- statements ---- */

static int mentions(const char *s, int n, const char *word) {
  int w = (int)strlen(word);
  for (int i = 0; i + w <= n; i++)
    if ((s[i] | 32) == word[0] && !strncasecmp(s + i, word, (size_t)w)) return 1;
  return 0;
}

/* Most texts are searched for an underscore only, which libc is fast at. */
static int mentions_busy_timeout(const char *s, int n) {
  const char *end = s + n, *p = s;
  while ((p = memchr(p, '_', (size_t)(end - p)))) {
    if (p - s >= 4 && end - p >= 8 && !strncasecmp(p - 4, "busy_timeout", 12)) return mentions(s, n, "pragma");
    p++;
  }
  return 0;
}

/*
** Compiles the first statement of sql. NULL with rc 0: nothing but blanks and
** comments; NULL with another rc: the error. tail: the bytes that it took.
*/
lq_stmt *lq_prepare(lq_conn *c, const char *sql, int n, int persistent, int *tail) {
  sqlite3_stmt *st = 0;
  const char *end = 0;
  c->noticed = 0;
  c->busy_waited = c->waited_ns = 0;
  lq_vfs_forget();
  int busy_timeout = mentions_busy_timeout(sql, n);
  int checkpoint = c->wal_handle && mentions(sql, n, "wal_autocheckpoint");
  if (busy_timeout) busy_pragma_begin(c);
  if (checkpoint) lq_wal_pragma_begin(c);
  if (c->feed) c->feed->nfresh = 0;
  int rc = sqlite3_prepare_v3(c->db, sql, n, persistent ? SQLITE_PREPARE_PERSISTENT : 0, &st, &end);
  c->autocommit = sqlite3_get_autocommit(c->db);
  if (rc != SQLITE_OK) fail_db(c, rc);
  if (busy_timeout) busy_pragma_end(c);
  if (checkpoint) lq_wal_pragma_end(c);
  if (rc != SQLITE_OK) return 0;
  c->rc = SQLITE_OK;
  *tail = end ? (int)(end - sql) : n;
  if (!st) return 0;
  lq_stmt *s = calloc(1, sizeof *s);
  if (!s) {
    sqlite3_finalize(st);
    fail(c, SQLITE_NOMEM, "out of memory", -1);
    return 0;
  }
  s->st = st;
  s->c = c;
  s->nparam = sqlite3_bind_parameter_count(st);
  s->ncol = sqlite3_column_count(st);
  s->readonly = sqlite3_stmt_readonly(st);
  s->names_busy_timeout = busy_timeout;
  if (c->feed) lq_feed_compiled(s);
  return s;
}

void lq_finalize(lq_stmt *s) {
  sqlite3_finalize(s->st);
  free(s->is_time);
  free(s->args);
  free(s->writes);
  free(s->cells.p);
  free(s->text.p);
  free(s);
}

/* 0, 1 for EXPLAIN, 2 for EXPLAIN QUERY PLAN. */
int lq_explains(lq_stmt *s) { return sqlite3_stmt_isexplain(s->st); }

/* Bytes that the compiled statement takes. */
int lq_memory(lq_stmt *s) { return sqlite3_stmt_status(s->st, SQLITE_STMTSTATUS_MEMUSED, 0); }

/* Makes room for n bytes of arguments, which stay valid and unmoved until the next call. */
unsigned char *lq_args_room(lq_stmt *s, size_t n) {
  if (n > s->args_cap) {
    size_t cap = s->args_cap ? s->args_cap : 256;
    while (cap < n) cap *= 2;
    unsigned char *p = realloc(s->args, cap);
    if (!p) return 0;
    s->args = p;
    s->args_cap = cap;
  }
  return s->args;
}

/* Gives back the room of large arguments. */
void lq_args_trim(lq_stmt *s) {
  if (s->args_cap <= KEEP_ARGS) return;
  free(s->args);
  s->args = 0;
  s->args_cap = 0;
}

const char *lq_param_name(lq_stmt *s, int i) { return sqlite3_bind_parameter_name(s->st, i); }

/* Packs, for each column, name NUL has-type(0/1) type NUL into c->meta. Returns the number of columns, -1 without memory. */
int lq_columns(lq_stmt *s) {
  lq_conn *c = s->c;
  int n = sqlite3_column_count(s->st);
  c->meta.n = 0;
  for (int i = 0; i < n; i++) {
    const char *name = sqlite3_column_name(s->st, i), *type = sqlite3_column_decltype(s->st, i);
    if (!name || !put(&c->meta, name, strlen(name) + 1) || !put(&c->meta, type ? "\1" : "\0", 1)) return -1;
    if (!type) type = "";
    if (!put(&c->meta, type, strlen(type) + 1)) return -1;
  }
  return n;
}

/* Says which columns hold times, so that their text goes to tbytes. flags NULL: none. */
int lq_set_times(lq_stmt *s, const unsigned char *flags, int n) {
  free(s->is_time);
  s->is_time = 0;
  if (!flags) return 1;
  if (!(s->is_time = malloc((size_t)n))) return 0;
  memcpy(s->is_time, flags, (size_t)n);
  return 1;
}

/*
** Packs database NUL table NUL origin NUL collation NUL of a column that comes
** from a table into c->meta. Returns 0 for an expression or without memory.
*/
int lq_column_meta(lq_stmt *s, int i, int *notnull, int *pk, int *autoinc) {
  lq_conn *c = s->c;
  const char *db = sqlite3_column_database_name(s->st, i), *table = sqlite3_column_table_name(s->st, i),
             *origin = sqlite3_column_origin_name(s->st, i), *type = 0, *coll = 0;
  if (!db || !table || !origin) return 0;
  if (sqlite3_table_column_metadata(c->db, db, table, origin, &type, &coll, notnull, pk, autoinc) != SQLITE_OK)
    return 0;
  c->meta.n = 0;
  if (!coll) coll = "BINARY";
  return put(&c->meta, db, strlen(db) + 1) && put(&c->meta, table, strlen(table) + 1) &&
         put(&c->meta, origin, strlen(origin) + 1) && put(&c->meta, coll, strlen(coll) + 1);
}

/*
** The arguments are in memory that the statement owns, so they are bound
** without a copy; every parameter is bound anew for each run.
*/
static int bind(lq_stmt *s) {
  const lq_arg *a = (const lq_arg *)s->args;
  const unsigned char *bytes = s->args + (size_t)s->nparam * sizeof *a;
  int rc = SQLITE_OK;
  for (int i = 0; i < s->nparam && rc == SQLITE_OK; i++) {
    double d;
    switch (a[i].type) {
      case SQLITE_INTEGER:
        rc = sqlite3_bind_int64(s->st, i + 1, a[i].v);
        break;
      case SQLITE_FLOAT:
        memcpy(&d, &a[i].v, sizeof d);
        rc = sqlite3_bind_double(s->st, i + 1, d);
        break;
      case SQLITE_TEXT:
        rc = sqlite3_bind_text64(s->st, i + 1, (const char *)bytes + a[i].v, a[i].n, SQLITE_STATIC, SQLITE_UTF8);
        break;
      case SQLITE_BLOB:
        rc = sqlite3_bind_blob64(s->st, i + 1, bytes + a[i].v, a[i].n, SQLITE_STATIC);
        break;
      default:
        rc = sqlite3_bind_null(s->st, i + 1);
    }
  }
  return rc;
}

/* Packs the row that the statement stands on. 1: go on, 0: the block must end here, -1: no memory. */
static int pack(lq_stmt *s) {
  lq_conn *c = s->c;
  int n = c->ncol, more = 1;
  if (!lq_room(&c->types, (size_t)n) || !lq_room(&c->nums, (size_t)n * 8) || !lq_room(&c->lens, (size_t)n * 4)) return -1;
  for (int i = 0; i < n; i++) {
    sqlite3_value *v = sqlite3_column_value(s->st, i);
    int type = sqlite3_value_type(v);
    int64_t num;
    double d;
    switch (type) {
      case SQLITE_INTEGER:
        num = sqlite3_value_int64(v);
        if (num >= 0 && num < 256) {
          int32_t small = (int32_t)num;
          memcpy(c->lens.p + c->lens.n, &small, 4), c->lens.n += 4;
          type |= LQ_SMALL;
        } else {
          memcpy(c->nums.p + c->nums.n, &num, 8), c->nums.n += 8;
        }
        break;
      case SQLITE_FLOAT:
        d = sqlite3_value_double(v);
        memcpy(c->nums.p + c->nums.n, &d, 8), c->nums.n += 8;
        break;
      case SQLITE_TEXT:
      case SQLITE_BLOB: {
        const void *p = type == SQLITE_TEXT ? (const void *)sqlite3_value_text(v) : sqlite3_value_blob(v);
        int32_t len = sqlite3_value_bytes(v);
        if (!p && len) return -1;
        memcpy(c->lens.p + c->lens.n, &len, 4), c->lens.n += 4;
        if (len > LONG_BYTES) {
          num = (int64_t)(intptr_t)p;
          memcpy(c->nums.p + c->nums.n, &num, 8), c->nums.n += 8;
          type |= LQ_LONG;
          c->nlong++;
          more = 0;
        } else if (type == SQLITE_TEXT && s->is_time && s->is_time[i]) {
          if (!put(&c->tbytes, p, (size_t)len)) return -1;
          type |= LQ_TIME;
          c->ntime++;
        } else {
          if (!put(&c->bytes, p, (size_t)len)) return -1;
          type == SQLITE_TEXT ? c->ntext++ : c->nblob++;
        }
        break;
      }
    }
    c->types.p[c->types.n++] = (unsigned char)type;
  }
  return more;
}

/* Ends the run and notes what it left. failed: the result code of the step that failed, or 0. */
static int settle(lq_stmt *s, int failed) {
  lq_conn *c = s->c;
  if (failed) fail_db(c, failed);
  int rc = sqlite3_reset(s->st);
  if (rc != SQLITE_OK && !failed) fail_db(c, failed = rc);
  if (c->fault.n) failed = lq_fault(c);
  if (!failed) {
    c->changes = sqlite3_changes64(c->db);
    c->rowid = sqlite3_last_insert_rowid(c->db);
    if (c->rowid == s->rowid_before && !s->inserted) c->rowid = 0;
    c->rc = SQLITE_OK;
  }
  c->running = 0;
  if (c->hook_failed) {
    c->hook_failed = 0;
    if (!failed) fail(c, failed = SQLITE_ERROR, "a hook panicked", -1);
  }
  if (s->names_busy_timeout) busy_pragma_end(c);
  c->autocommit = sqlite3_get_autocommit(c->db);
  if (c->feed && !c->broken) lq_feed_ran(s, failed);
  if (s->counting) {
    lq_counters(s, c->counted, 1);
    c->counted_of = s;
  }
  return failed ? LQ_FAIL : LQ_DONE;
}

static int no_memory(lq_stmt *s) {
  settle(s, 0);
  fail(s->c, SQLITE_NOMEM, "out of memory", -1);
  return LQ_FAIL;
}

void lq_empty_block(lq_conn *c) {
  c->ntext = c->nblob = c->nlong = c->ntime = 0;
  c->types.n = c->nums.n = c->lens.n = c->bytes.n = c->tbytes.n = 0;
}

/* Runs until a block of at most maxrow rows is full or the statement ends. */
int lq_run(lq_stmt *s, int flags, int maxrow) {
  lq_conn *c = s->c;
  int rc;
  c->nrow = c->remeta = 0;
  s->cells.n = s->text.n = 0;
  if (!(flags & LQ_APPEND)) lq_empty_block(c);
  c->noticed = 0;
  c->refused = 0;
  c->counted_of = 0;
  c->busy_waited = 0;
  c->running = s;
  lq_vfs_forget();
  if (flags & LQ_START) {
    __atomic_store_n(&c->written, 0, __ATOMIC_RELAXED);
    s->written_earlier += sqlite3_stmt_status(s->st, LIBSQL_STMTSTATUS_ROWS_WRITTEN, 1);
    s->inserted = 0;
    s->rowid_before = sqlite3_last_insert_rowid(c->db);
    if (c->feed && (rc = lq_feed_begin(s)) != SQLITE_OK) return settle(s, rc);
    if ((rc = bind(s)) != SQLITE_OK) return settle(s, rc);
    if (s->names_busy_timeout) busy_pragma_begin(c);
  }
  c->ncol = s->ncol;
  for (;;) {
    rc = sqlite3_step(s->st);
    if (c->fault.n) return settle(s, 0);
    if ((flags & LQ_START) && c->nrow == 0) {
      /* after a change of the schema the columns are known anew with the first step, and not before */
      int re = sqlite3_stmt_status(s->st, SQLITE_STMTSTATUS_REPREPARE, 0);
      if (re != s->reprepared) {
        s->reprepared = re;
        c->ncol = s->ncol = sqlite3_column_count(s->st);
        lq_set_times(s, 0, 0);
        c->remeta = 1;
      }
    }
    if (rc != SQLITE_ROW) return settle(s, rc == SQLITE_DONE ? 0 : rc);
    c->nrow++;
    if (flags & LQ_DISCARD) continue;
    int more = flags & LQ_CELLS ? lq_pack_cells(s) : pack(s);
    if (more < 0) return no_memory(s);
    if (!more || c->nrow >= maxrow || c->bytes.n >= BLOCK_BYTES || c->types.n >= BLOCK_CELLS) break;
  }
  c->running = 0;
  c->rc = SQLITE_OK;
  c->autocommit = sqlite3_get_autocommit(c->db);
  return LQ_MORE;
}

/* Ends a run before its last row. What it wrote is committed here, so this can fail. */
int lq_end(lq_stmt *s) {
  s->c->noticed = 0;
  s->c->busy_waited = 0;
  return settle(s, 0);
}

/* https://www.sqlite.org/c3ref/c_stmtstatus_counter.html and libSQL's rows read and written. */
void lq_counters(lq_stmt *s, int64_t *out, int reset) {
  static const int ops[] = {1, 2, 3, 4, 5, 6, 7, 8, 99, 1025, 1026};
  for (int i = 0; i < 11; i++) {
    if (ops[i] == SQLITE_STMTSTATUS_MEMUSED) continue;
    /* the re-prepare counter is how lq_run notices a change of the schema: never reset */
    out[i] = sqlite3_stmt_status(s->st, ops[i], reset && ops[i] != SQLITE_STMTSTATUS_REPREPARE);
  }
  /* SQLite walks through the whole program to sum it up */
  if (!s->memory || s->memory_of != (int)out[4]) {
    s->memory = lq_memory(s);
    s->memory_of = (int)out[4];
  }
  out[8] = s->memory;
}
