//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "batch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* NULL without memory. Items and input are the caller's to fill. */
lq_batch *lq_batch_new(lq_conn *c, int n, size_t input) {
  lq_batch *b = calloc(1, sizeof *b);
  if (!b) return 0;
  b->c = c;
  b->n = n;
  b->items = calloc((size_t)n + 1, sizeof *b->items);
  b->done = calloc((size_t)n + 1, sizeof *b->done);
  b->input = malloc(input + 1);
  if (!b->items || !b->done || !b->input) {
    lq_batch_free(b);
    return 0;
  }
  return b;
}

static void finalize(struct lq_kept *k) {
  if (!k->s) return;
  k->s->args = 0; /* the batch's own */
  lq_finalize(k->s);
  k->s = 0;
}

void lq_batch_free(lq_batch *b) {
  if (b->running) lq_end(b->now->s);
  for (int i = 0; i < LQ_KEPT; i++) finalize(&b->kept[i]);
  finalize(&b->once);
  free(b->columns.p);
  free(b->last.p);
  free(b->items);
  free(b->done);
  free(b->input);
  free(b);
}

/* Where the statement of the item is, or shall be. */
static struct lq_kept *place(lq_batch *b, const lq_item *it) {
  if (!it->repeats) {
    finalize(&b->once);
    return &b->once;
  }
  for (int i = 0; i < LQ_KEPT; i++)
    if (b->kept[i].s && b->kept[i].text == it->text) return &b->kept[i];
  struct lq_kept *k = &b->kept[b->oldest++ % LQ_KEPT];
  finalize(k);
  k->text = it->text;
  return k;
}

/* Compiles the statement, unless it is there. rc of the connection: the error, or 0 when there is nothing to run. */
static int compile(lq_batch *b, const lq_item *it) {
  int tail;
  b->now = place(b, it);
  if (b->now->s) return 1;
  b->now->columns_of = -1;
  b->now->s = lq_prepare(b->c, (const char *)b->input + it->text, (int)it->len, 0, &tail);
  b->busy_waited += b->c->busy_waited;
  return b->now->s != 0;
}

/* Notes the columns of the result. */
static int columns(lq_batch *b, lq_done *d) {
  lq_conn *c = b->c;
  d->ncol = c->ncol;
  if (c->remeta || b->now->columns_of < 0) {
    if ((d->ncol = lq_columns(b->now->s)) < 0) return 0;
    /* the next statement of a script is often like the one before */
    if (!b->last.n || b->last.n != c->meta.n || memcmp(b->last.p, c->meta.p, c->meta.n)) {
      b->last.n = 0;
      if (!lq_put(&b->last, c->meta.p, c->meta.n) || !lq_put(&b->columns, c->meta.p, c->meta.n)) return 0;
      b->last_of = b->next;
    }
    b->now->columns_of = b->last_of;
  }
  d->columns_of = b->now->columns_of;
  return 1;
}

static int no_memory(lq_batch *b) {
  b->c->rc = SQLITE_NOMEM;
  b->c->errmsg.n = 0;
  b->c->erroff = -1;
  lq_put(&b->c->errmsg, "out of memory", 13);
  return LQ_FAIL;
}

static void count(lq_batch *b) {
  int64_t n[11];
  lq_counters(b->now->s, n, 1);
  for (int i = 0; i < 11; i++) {
    if (i == 8) /* memory: the largest */
      b->counters[i] = n[i] > b->counters[i] ? n[i] : b->counters[i];
    else
      b->counters[i] += n[i];
  }
}

/* Runs items until all have run (LQ_DONE), the block is full (LQ_MORE), or one fails, which next tells. */
int lq_batch_run(lq_batch *b) {
  lq_conn *c = b->c;
  lq_empty_block(c);
  b->columns.n = 0;
  b->busy_waited = 0;
  while (b->next < b->n) {
    lq_item *it = &b->items[b->next];
    lq_done *d = &b->done[b->next];
    int flags = b->flags | LQ_APPEND, first = !b->running;
    if (first) {
      if (lq_cancelled(c)) {
        c->rc = SQLITE_INTERRUPT;
        return LQ_FAIL;
      }
      if (it->go) return LQ_GO;
      if (!compile(b, it)) {
        if (c->rc != SQLITE_OK) return LQ_FAIL;
        b->next++;
        continue;
      }
      lq_stmt *s = b->now->s;
      if (s->nparam != it->nargs) {
        b->nparam = s->nparam;
        return LQ_ARGS;
      }
      s->args = b->input + it->args;
      flags |= LQ_START;
    }
    int state = lq_run(b->now->s, flags, INT_MAX);
    b->busy_waited += c->busy_waited;
    b->running = state == LQ_MORE;
    if (state == LQ_FAIL) return LQ_FAIL;
    d->rows += c->nrow;
    if (first && c->ncol > 0 && !columns(b, d)) return no_memory(b);
    if (state == LQ_MORE) return LQ_MORE;
    d->changes = c->changes;
    d->rowid = c->rowid;
    if (b->want_counters) count(b);
    b->next++;
  }
  return LQ_DONE;
}
