//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "feed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "authorize.h"
#include "hooks.h"

/* The commit takes its place among those of the process, while it has the write lock. */
extern void lqGoFeedCommitting(uintptr_t handle);
/* It is committed, and wrote pages of main, or it is not. */
extern void lqGoFeedEnded(uintptr_t handle, int committed, int wrote);

/* What a statement does with a table, below the number of the table. */
#define KIND_BITS 2
#define CHANGES_SCHEMA 1
#define CHANGES_KEY 2 /* an UPDATE sets the rowid, and the hook tells the new one only */

/* ---- tables ---- */

static int ignored(const char *schema, const char *table) {
  return !schema || !table || !strcasecmp(schema, "temp") || !strcmp(schema, "vacuum_db") || !strncasecmp(table, "sqlite_", 7);
}

static int same(const lq_table *t, const char *schema, const char *name) {
  return !strcasecmp(t->name, name) && !strcasecmp(t->schema, schema);
}

/* -1 without memory. */
static int table_of(lq_feed *f, const char *schema, const char *name) {
  if (f->last < f->ntables && same(&f->tables[f->last], schema, name)) return f->last;
  for (int i = 0; i < f->ntables; i++)
    if (same(&f->tables[i], schema, name)) return f->last = i;
  if ((f->ntables & (f->ntables - 1)) == 0) {
    lq_table *t = realloc(f->tables, (f->ntables ? 2 * (size_t)f->ntables : 1) * sizeof *t);
    if (!t) return -1;
    f->tables = t;
  }
  lq_table *t = &f->tables[f->ntables];
  memset(t, 0, sizeof *t);
  t->schema = strdup(schema);
  t->name = strdup(name);
  if (!t->schema || !t->name) {
    free(t->schema);
    free(t->name);
    return -1;
  }
  return f->last = f->ntables++;
}

static void forget_tables(lq_feed *f) {
  static int numbers;
  for (int i = 0; i < f->ntables; i++) {
    free(f->tables[i].schema);
    free(f->tables[i].name);
  }
  free(f->tables);
  f->tables = 0;
  f->ntables = f->last = 0;
  f->number = __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED);
}

/* The word REPLACE that is not the function replace(). */
static int replaces(const char *sql) {
  for (const char *p = sql; p && *p; p++) {
    if ((*p | 32) != 'r' || strncasecmp(p, "replace", 7)) continue;
    if (p > sql && (isalnum((unsigned char)p[-1]) || p[-1] == '_')) continue;
    const char *q = p + 7;
    if (isalnum((unsigned char)*q) || *q == '_') continue;
    while (isspace((unsigned char)*q)) q++;
    if (*q != '(') return 1;
  }
  return 0;
}

/* Looks at what the schema says of a table. What cannot be found out is taken for the worst, this time. */
static int flags_of(lq_conn *c, int table) {
  lq_table *t = &c->feed->tables[table];
  if (t->flags & LQ_TABLE_KNOWN) return t->flags;
  int flags = LQ_TABLE_KNOWN;
  sqlite3_stmt *st = 0;
  c->own++;
  char *sql = sqlite3_mprintf(
      "SELECT type IN ('virtual', 'shadow') + wr, type = 'shadow',"
      " EXISTS (SELECT 1 FROM pragma_index_list(%Q, %Q) WHERE \"unique\"),"
      " lower(%Q) LIKE '%%\\_shadow' ESCAPE '\\' AND EXISTS (SELECT 1 FROM \"%w\".sqlite_schema"
      "   WHERE name = '" LQ_VECTOR_NOTES "' COLLATE NOCASE)"
      " FROM pragma_table_list(%Q) WHERE schema = %Q COLLATE NOCASE",
      t->name, t->schema, t->name, t->schema, t->name, t->schema);
  int rc = sql ? sqlite3_prepare_v3(c->db, sql, -1, 0, &st, 0) : SQLITE_NOMEM;
  if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
    if (sqlite3_column_int(st, 0)) flags |= LQ_TABLE_ROWLESS;
    if (sqlite3_column_int(st, 1) || sqlite3_column_int(st, 3)) flags |= LQ_TABLE_SKIPPED;
    if (sqlite3_column_int(st, 2)) flags |= LQ_TABLE_UNIQUE;
  }
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) flags = LQ_TABLE_ROWLESS;
  sqlite3_finalize(st);
  sqlite3_free(sql);
  st = 0;
  sql = sqlite3_mprintf("SELECT sql FROM \"%w\".sqlite_schema WHERE tbl_name = %Q COLLATE NOCASE"
                        " UNION ALL SELECT sql FROM sqlite_temp_schema WHERE tbl_name = %Q COLLATE NOCASE",
                        t->schema, t->name, t->name);
  if (sql && sqlite3_prepare_v3(c->db, sql, -1, 0, &st, 0) == SQLITE_OK)
    while (sqlite3_step(st) == SQLITE_ROW)
      if (replaces((const char *)sqlite3_column_text(st, 0))) flags |= LQ_TABLE_REPLACES;
  sqlite3_finalize(st);
  sqlite3_free(sql);
  c->own--;
  return t->flags = flags;
}

/* ---- savepoints ---- */

/*
** SQLite tells a virtual table that takes part in a transaction of every
** savepoint in it, of those around statements that may fail halfway, too:
** https://www.sqlite.org/vtab.html#the_xsavepoint_xrelease_and_xrollbackto_methods.
** Nothing else knows for certain what a failure or a ROLLBACK TO has undone.
** So an empty table takes part, from the first change on.
*/
typedef struct watcher {
  sqlite3_vtab base;
  lq_conn *c;
} watcher;

static int table_connect(sqlite3 *db, void *p, int argc, const char *const *argv, sqlite3_vtab **out, char **err) {
  (void)argc, (void)argv, (void)err;
  watcher *w = calloc(1, sizeof *w);
  if (!w) return SQLITE_NOMEM;
  w->c = p;
  *out = &w->base;
  return sqlite3_declare_vtab(db, "CREATE TABLE x(a)");
}

static int table_disconnect(sqlite3_vtab *t) {
  free(t);
  return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *t, sqlite3_index_info *i) { return (void)t, (void)i, SQLITE_OK; }

static int table_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out) {
  (void)t;
  return (*out = calloc(1, sizeof **out)) ? SQLITE_OK : SQLITE_NOMEM;
}

static int table_close(sqlite3_vtab_cursor *cur) {
  free(cur);
  return SQLITE_OK;
}

static int table_filter(sqlite3_vtab_cursor *cur, int num, const char *str, int argc, sqlite3_value **argv) {
  return (void)cur, (void)num, (void)str, (void)argc, (void)argv, SQLITE_OK;
}

static int table_next(sqlite3_vtab_cursor *cur) { return (void)cur, SQLITE_OK; }
static int table_eof(sqlite3_vtab_cursor *cur) { return (void)cur, 1; }
static int table_column(sqlite3_vtab_cursor *cur, sqlite3_context *x, int i) { return (void)cur, (void)x, (void)i, SQLITE_OK; }
static int table_rowid(sqlite3_vtab_cursor *cur, sqlite3_int64 *out) { return (void)cur, *out = 0, SQLITE_OK; }

static int table_update(sqlite3_vtab *t, int argc, sqlite3_value **argv, sqlite3_int64 *rowid) {
  return (void)t, (void)argc, (void)argv, (void)rowid, SQLITE_READONLY;
}

static lq_feed *feed_of(sqlite3_vtab *t) { return ((watcher *)t)->c->feed; }

static int table_begin(sqlite3_vtab *t) {
  lq_feed *f = feed_of(t);
  if (f) f->nmarks = 0;
  return SQLITE_OK;
}

static int table_end(sqlite3_vtab *t) {
  lq_feed *f = feed_of(t);
  if (f) f->joined = 0;
  return SQLITE_OK;
}

static int table_savepoint(sqlite3_vtab *t, int depth) {
  lq_feed *f = feed_of(t);
  if (!f || depth < 0) return SQLITE_OK;
  if (depth >= f->nmarks) {
    struct lq_mark *m = realloc(f->marks, ((size_t)depth + 1) * sizeof *m);
    if (!m) return SQLITE_NOMEM;
    memset(m + f->nmarks, 0, ((size_t)depth + 1 - (size_t)f->nmarks) * sizeof *m);
    f->marks = m;
    f->nmarks = depth + 1;
  }
  f->marks[depth].n = f->nrows;
  f->marks[depth].lost = f->lost;
  f->marks[depth].unknown = f->unknown;
  return SQLITE_OK;
}

static int table_release(sqlite3_vtab *t, int depth) { return (void)t, (void)depth, SQLITE_OK; }

static void forget_hits(lq_feed *f) {
  for (int i = 0; f->lost && i < f->ntables; i++) f->tables[i].hit = 0;
  f->lost = 0;
}

static int table_rollback_to(sqlite3_vtab *t, int depth) {
  lq_feed *f = feed_of(t);
  struct lq_mark m = {0, 0, 0};
  if (!f) return SQLITE_OK;
  if (depth >= 0 && depth < f->nmarks) m = f->marks[depth];
  if (!f->lost) {
    if (m.n < f->nrows) f->nrows = m.n;
  } else if (!m.lost && m.n == 0) {
    forget_hits(f); /* else what there was before is not known apart from what came after */
  }
  return SQLITE_OK;
}

static const sqlite3_module module = {
    .iVersion = 2, /* without xCreate the table is there without being created */
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xDestroy = table_disconnect,
    .xOpen = table_open,
    .xClose = table_close,
    .xFilter = table_filter,
    .xNext = table_next,
    .xEof = table_eof,
    .xColumn = table_column,
    .xRowid = table_rowid,
    .xUpdate = table_update,
    .xBegin = table_begin,
    .xCommit = table_end,
    .xRollback = table_end,
    .xSavepoint = table_savepoint,
    .xRelease = table_release,
    .xRollbackTo = table_rollback_to,
};

static int writing(lq_conn *c) { return sqlite3_txn_state(c->db, 0) == SQLITE_TXN_WRITE; }

/*
** Makes the table take part in the transaction that is open. A statement that
** is a transaction of its own needs none: it is committed or rolled back, and
** the hooks tell which.
*/
int lq_feed_join(lq_conn *c) {
  lq_feed *f = c->feed;
  if (f->joined || (sqlite3_get_autocommit(c->db) && !writing(c))) return SQLITE_OK;
  int rc = SQLITE_OK;
  c->own++;
  if (!f->join) rc = sqlite3_prepare_v3(c->db, "DELETE FROM main.libsql_changes", -1, SQLITE_PREPARE_PERSISTENT, &f->join, 0);
  if (rc == SQLITE_OK) {
    sqlite3_step(f->join);
    rc = sqlite3_reset(f->join);
  }
  c->own--;
  f->joined = rc == SQLITE_OK;
  return (rc & 0xff) == SQLITE_READONLY ? SQLITE_OK : rc; /* it may be an attached database that is written */
}

/* ---- what statements write ---- */

static void note_write(lq_feed *f, int entry) {
  for (int i = 0; i < f->nfresh; i++)
    if (f->fresh[i] == entry) return;
  if ((f->nfresh & (f->nfresh - 1)) == 0) {
    int *p = realloc(f->fresh, (f->nfresh ? 2 * (size_t)f->nfresh : 1) * sizeof *p);
    if (!p) {
      f->unknown = 1;
      return;
    }
    f->fresh = p;
  }
  f->fresh[f->nfresh++] = entry;
}

static void look_again(lq_feed *f) {
  for (int i = 0; i < f->ntables; i++) f->tables[i].flags = 0;
}

static int is_rowid(lq_conn *c, const char *schema, const char *table, const char *column) {
  const char *type = 0;
  int pk = 0;
  if (!strcasecmp(column, "ROWID")) return 1;
  return sqlite3_table_column_metadata(c->db, schema, table, column, &type, 0, 0, &pk, 0) == SQLITE_OK && pk && type &&
         !strcasecmp(type, "INTEGER");
}

/* Every action on a table goes through the authorizer when the statement is compiled, those of triggers and cascades, too. */
void lq_feed_authorize(lq_conn *c, int code, const char *a, const char *b, const char *schema) {
  lq_feed *f = c->feed;
  int kind = 0;
  const char *table = a;
  if (c->running) look_again(f); /* it is compiled anew, since the schema is another */
  switch (code) {
    case SQLITE_INSERT:
    case SQLITE_DELETE:
      break;
    case SQLITE_UPDATE:
      if (!ignored(schema, a) && b && is_rowid(c, schema, a, b)) kind = CHANGES_KEY;
      break;
    case SQLITE_ALTER_TABLE:
      schema = a;
      table = b;
      kind = CHANGES_SCHEMA;
      break;
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
      kind = CHANGES_SCHEMA;
      break;
    default:
      return;
  }
  if (ignored(schema, table)) {
    if (table && !strncasecmp(table, "sqlite_", 7)) look_again(f); /* a change of the schema */
    return;
  }
  int t = table_of(f, schema, table);
  if (t < 0)
    f->unknown = 1;
  else
    note_write(f, t << KIND_BITS | kind);
}

/* Adds the fresh tables to those of the statement. */
void lq_feed_compiled(lq_stmt *s) {
  lq_feed *f = s->c->feed;
  if (s->writes_of != f->number) s->nwrites = 0;
  s->writes_of = f->number;
  if (f->nfresh == 0) return;
  int *p = realloc(s->writes, ((size_t)s->nwrites + (size_t)f->nfresh) * sizeof *p);
  if (!p) {
    f->unknown = 1;
    return;
  }
  s->writes = p;
  int before = s->nwrites;
  for (int i = 0, j; i < f->nfresh; i++) {
    for (j = 0; j < before && p[j] != f->fresh[i]; j++) {}
    if (j == before) p[s->nwrites++] = f->fresh[i];
  }
  f->nfresh = 0;
}

int lq_feed_begin(lq_stmt *s) {
  lq_conn *c = s->c;
  lq_feed *f = c->feed;
  f->nfresh = 0;
  f->start = f->nrows;
  f->total = sqlite3_total_changes64(c->db);
  f->alone = sqlite3_get_autocommit(c->db) && !writing(c);
  if (f->alone || s->readonly || sqlite3_stmt_isexplain(s->st)) return SQLITE_OK;
  if (s->writes_of == f->number && s->nwrites == 0) return SQLITE_OK;
  return lq_feed_join(c);
}

/* ---- rows ---- */

static void add(lq_feed *f, int table, int op, int64_t rowid) {
  if (table < 0) {
    f->unknown = 1;
    return;
  }
  if (!f->lost && f->nrows == f->cap && f->cap < LQ_FEED_ROWS) {
    int cap = f->cap ? 2 * f->cap : 16;
    if (cap > LQ_FEED_ROWS) cap = LQ_FEED_ROWS;
    lq_change *p = realloc(f->rows, (size_t)cap * sizeof *p);
    if (p) {
      f->rows = p;
      f->cap = cap;
    }
  }
  if (!f->lost && f->nrows == f->cap) {
    f->lost = 1;
    for (int i = 0; i < f->nrows; i++) f->tables[f->rows[i].table].hit = 1;
    f->nrows = 0;
  }
  if (f->lost) {
    f->tables[table].hit = 1;
    return;
  }
  f->rows[f->nrows].rowid = rowid;
  f->rows[f->nrows].table = table;
  f->rows[f->nrows++].op = op;
}

/* https://www.sqlite.org/c3ref/update_hook.html */
void lq_feed_row(lq_conn *c, int op, const char *schema, const char *table, int64_t rowid) {
  if (!ignored(schema, table)) add(c->feed, table_of(c->feed, schema, table), op, rowid);
}

/* Notes the tables of which more may have changed than rows have been told. */
static void note_tables(lq_stmt *s, int failed) {
  lq_conn *c = s->c;
  lq_feed *f = c->feed;
  int wrote = failed ? sqlite3_changes64(c->db) > 0
                     : sqlite3_stmt_status(s->st, LIBSQL_STMTSTATUS_ROWS_WRITTEN, 0) > 0 || sqlite3_total_changes64(c->db) != f->total;
  int replacing = 0, unique = 0, changed_schema = 0;
  for (int i = 0; i < s->nwrites; i++) {
    if (s->writes[i] & CHANGES_SCHEMA) changed_schema = 1;
    int flags = wrote ? flags_of(c, s->writes[i] >> KIND_BITS) : 0;
    replacing |= flags & LQ_TABLE_REPLACES;
    unique |= flags & LQ_TABLE_UNIQUE;
  }
  if (unique && !replacing) replacing = replaces(sqlite3_sql(s->st));
  for (int i = 0; i < s->nwrites; i++) {
    int table = s->writes[i] >> KIND_BITS, flags = wrote ? f->tables[table].flags : 0;
    int unseen = wrote && (flags & LQ_TABLE_ROWLESS || s->writes[i] & CHANGES_KEY || (replacing && flags & LQ_TABLE_UNIQUE));
    if (unseen || (!failed && s->writes[i] & CHANGES_SCHEMA)) add(f, table, LQ_FEED_TABLE, 0);
  }
  if (changed_schema) look_again(f);
}

void lq_feed_ran(lq_stmt *s, int failed) {
  lq_conn *c = s->c;
  lq_feed *f = c->feed;
  if (f->nfresh || s->writes_of != f->number) lq_feed_compiled(s);
  if (failed && !f->alone && !f->joined) /* some of it may be undone */
    for (int i = f->start; i < f->nrows; i++) f->rows[i].op = LQ_FEED_TABLE;
  if (s->nwrites && !s->readonly && !sqlite3_stmt_isexplain(s->st)) note_tables(s, failed);
  lq_feed_settle(c);
}

static void clear(lq_feed *f) {
  f->nrows = f->unknown = 0;
  forget_hits(f);
}

/* ---- the end of transactions ---- */

void lq_feed_committing(lq_conn *c) {
  lq_feed *f = c->feed;
  int high;
  f->writes_main = sqlite3_txn_state(c->db, "main") == SQLITE_TXN_WRITE;
  sqlite3_db_status(c->db, SQLITE_DBSTATUS_CACHE_WRITE, &f->written, &high, 0);
  if (!f->committing) lqGoFeedCommitting(f->handle);
  f->committing = 1;
}

static void ended(lq_conn *c, int committed) {
  lq_feed *f = c->feed;
  int now = 0, high;
  f->committing = 0;
  sqlite3_db_status(c->db, SQLITE_DBSTATUS_CACHE_WRITE, &now, &high, 0);
  for (int i = 0; committed && i < f->ntables; i++) flags_of(c, i);
  lqGoFeedEnded(f->handle, committed, committed && f->writes_main && now != f->written);
}

void lq_feed_undone(lq_conn *c) {
  clear(c->feed);
  if (c->feed->committing) ended(c, 0);
}

/* A COMMIT that waits for readers may fail, and the transaction go on. */
void lq_feed_settle(lq_conn *c) {
  lq_feed *f = c->feed;
  if (f->committing) ended(c, c->autocommit);
  if (!c->autocommit || writing(c)) return;
  clear(f);
  if (f->ntables > 1000) { /* a program that makes tables without end */
    forget_tables(f);
    lq_authorize(c);
  }
}

int lq_feed_open(lq_conn *c, uintptr_t handle) {
  lq_feed *f = calloc(1, sizeof *f);
  if (!f) return SQLITE_NOMEM;
  int rc = c->feed_module ? SQLITE_OK : sqlite3_create_module_v2(c->db, "libsql_changes", &module, c, 0);
  if (rc != SQLITE_OK) {
    free(f);
    return rc;
  }
  c->feed_module = 1;
  f->handle = handle;
  f->unknown = writing(c); /* what the transaction has done so far */
  forget_tables(f);
  c->feed = f;
  lq_hooks_install(c);
  lq_authorize(c);
  return SQLITE_OK;
}

void lq_feed_close(lq_conn *c) {
  lq_feed *f = c->feed;
  if (!f) return;
  if (f->committing) ended(c, 0);
  c->feed = 0;
  sqlite3_finalize(f->join);
  forget_tables(f);
  free(f->rows);
  free(f->marks);
  free(f->fresh);
  free(f);
}
