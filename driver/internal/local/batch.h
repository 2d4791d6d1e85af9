//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** Many statements in one crossing: each is compiled, bound and run, one after
** the other, until one fails or the block of rows is full.
*/
#ifndef LQ_BATCH_H
#define LQ_BATCH_H

#include "local.h"

/* What lq_batch_run has to say besides LQ_DONE, LQ_MORE and LQ_FAIL. */
#define LQ_ARGS 3 /* the number of arguments is wrong: nparam tells how many it takes */
#define LQ_GO 4   /* the next item is for Go to run, which then moves next on */

/* How many statements of repeated texts stay compiled. */
#define LQ_KEPT 8

typedef struct lq_item {
  size_t text, args; /* offsets in the input */
  uint32_t len;      /* of the text, with the NUL behind it */
  uint16_t nargs;
  uint8_t repeats; /* another item has the same text, at the same offset */
  uint8_t go;      /* Go runs it: see LQ_GO */
} lq_item;

/* What became of an item. */
typedef struct lq_done {
  int64_t changes, rowid, rows;
  int32_t ncol;
  int32_t columns_of; /* the item whose columns it has: its own number when they are packed */
} lq_done;

typedef struct lq_batch {
  lq_conn *c;
  lq_item *items;
  lq_done *done;
  unsigned char *input; /* texts and arguments */
  int n, next;          /* next: the item that runs, or is about to */
  int running;
  int flags;            /* LQ_DISCARD */
  int nparam;
  int want_counters;
  int64_t counters[11];
  int64_t busy_waited;
  lq_buf columns; /* of the items that began in the last call, as lq_columns packs them */
  lq_buf last;    /* the last columns of them all, and the item that has them */
  int last_of;
  struct lq_kept {
    lq_stmt *s;
    size_t text;
    int columns_of;
  } kept[LQ_KEPT], once;
  int oldest;
  struct lq_kept *now;
} lq_batch;

lq_batch *lq_batch_new(lq_conn *, int n, size_t input);
int lq_batch_run(lq_batch *);
void lq_batch_free(lq_batch *);

#endif
