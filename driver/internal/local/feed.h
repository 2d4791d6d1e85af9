//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** What a transaction changes, while somebody listens: rows as the update hook
** has them, and the tables of changes that it does not see. What is undone is
** dropped; what is committed goes to Go.
*/
#ifndef LQ_FEED_H
#define LQ_FEED_H

#include "local.h"

/* Rows of a transaction that are kept. When there are more, its tables are. */
#define LQ_FEED_ROWS 10000

/* The op of a change of a table whose rows are not known; the others are SQLite's. */
#define LQ_FEED_TABLE 1

/* Flags of a table. */
#define LQ_TABLE_KNOWN 1
#define LQ_TABLE_SKIPPED 2  /* it is part of a virtual table or of a vector index */
#define LQ_TABLE_ROWLESS 4  /* the update hook is not told of its rows: WITHOUT ROWID, a virtual table */
#define LQ_TABLE_UNIQUE 8   /* a row can take the place of one with another rowid */
#define LQ_TABLE_REPLACES 16 /* its definition or a trigger has REPLACE in it */

typedef struct lq_change {
  int64_t rowid;
  int32_t table, op;
} lq_change;

typedef struct lq_table {
  char *schema, *name;
  int flags; /* 0: not looked up yet */
  int hit;   /* changed, by one of too many rows */
} lq_table;

typedef struct lq_feed {
  uintptr_t handle; /* of Go's side */
  lq_change *rows;
  int nrows, cap;
  int lost;    /* too many rows: the tables that were hit are kept instead */
  int unknown; /* something changed that nobody has seen */
  lq_table *tables;
  int ntables, last; /* last: the table of the last row */
  int number;        /* of the list of tables */
  struct lq_mark {
    int n, lost, unknown;
  } *marks; /* what there was when the savepoint of that depth began */
  int nmarks;
  int joined;     /* SQLite tells of savepoints: see the module in feed.c */
  int committing; /* the commit hook has been called */
  int writes_main;
  int written;        /* pages, before the commit */
  int nfresh, *fresh; /* tables that the statement being compiled writes */
  int start;          /* rows before the statement */
  int alone;          /* it began outside of a transaction */
  int64_t total;      /* changes before it */
  sqlite3_stmt *join;
} lq_feed;

int lq_feed_open(lq_conn *, uintptr_t handle);
void lq_feed_close(lq_conn *);

void lq_feed_authorize(lq_conn *, int code, const char *a, const char *b, const char *schema);
void lq_feed_compiled(lq_stmt *);
int lq_feed_begin(lq_stmt *); /* before a statement runs */
int lq_feed_join(lq_conn *);
void lq_feed_row(lq_conn *, int op, const char *schema, const char *table, int64_t rowid);
void lq_feed_ran(lq_stmt *, int failed); /* and after it has */
void lq_feed_settle(lq_conn *);

void lq_feed_committing(lq_conn *);
void lq_feed_undone(lq_conn *);

#endif
