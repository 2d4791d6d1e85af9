//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** The user's hooks of a connection. SQLite has one of each kind: ours stand in
** it, do what the driver needs, and call Go if the user has any.
*/
#ifndef LQ_HOOKS_H
#define LQ_HOOKS_H

#include "local.h"

#define LQ_HOOK_UPDATE 1
#define LQ_HOOK_COMMIT 2
#define LQ_HOOK_ROLLBACK 4
#define LQ_HOOK_AUTHORIZE 8
#define LQ_HOOK_PROGRESS 16

/* How many operations of its program a statement makes between two looks at the cancel flags. */
#define LQ_PROGRESS 1000

static inline int lq_hooked(lq_conn *c, int kind) { return __atomic_load_n(&c->hook_mask, __ATOMIC_RELAXED) & kind; }

void lq_hooks_install(lq_conn *); /* the commit and the rollback hook */
void lq_progress_every(lq_conn *, int n);

/* A call of Go is ending its goroutine: nothing of C that is on the stack goes on. */
void lq_abandon(lq_conn *);
void lq_keep(lq_conn *);

void lq_hook_update(lq_conn *, int op, const char *schema, const char *table, int64_t rowid);
int lq_hook_authorize(lq_conn *, int code, const char *a, const char *b, const char *schema, const char *trigger);
int lq_hook_progress(lq_conn *);

#endif
