//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#include "hooks.h"

#include "feed.h"

/* They return what is not 0 when a hook panicked. */
extern int lqGoUpdated(uintptr_t handle, int op, char *schema, char *table, int64_t rowid);
extern int lqGoCommitting(uintptr_t handle);
extern int lqGoRolledBack(uintptr_t handle);
extern int lqGoAuthorize(uintptr_t handle, int code, char *a, char *b, char *schema, char *trigger);
extern int lqGoProgress(uintptr_t handle);

/* clang has the other name */
#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifdef ASAN
extern void __asan_handle_no_return(void);
#endif

/* The commit hook refuses whatever the statements that were cut short are about to commit. */
void lq_abandon(lq_conn *c) {
  c->broken = 1;
  __atomic_store_n(&c->hook_mask, 0, __ATOMIC_RELAXED);
  lq_hooks_install(c);
#ifdef ASAN
  __asan_handle_no_return();
#endif
}

/* Keeps what is left of it: somebody may yet want to cancel the call that never returned. */
void lq_keep(lq_conn *c) {
  static lq_conn *all;
  c->also_broken = __atomic_load_n(&all, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&all, &c->also_broken, c, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

void lq_hook_update(lq_conn *c, int op, const char *schema, const char *table, int64_t rowid) {
  if (lqGoUpdated(c->hooks, op, (char *)schema, (char *)table, rowid)) c->hook_failed = 1;
}

int lq_hook_authorize(lq_conn *c, int code, const char *a, const char *b, const char *schema, const char *trigger) {
  return lqGoAuthorize(c->hooks, code, (char *)a, (char *)b, (char *)schema, (char *)trigger);
}

int lq_hook_progress(lq_conn *c) { return lqGoProgress(c->hooks); }

/* https://www.sqlite.org/c3ref/commit_hook.html. What is not 0 makes the commit a rollback. */
static int on_commit(void *p) {
  lq_conn *c = p;
  if (c->broken) return 1;
  if (lq_hooked(c, LQ_HOOK_COMMIT) && lqGoCommitting(c->hooks)) return 1;
  if (c->feed) lq_feed_committing(c);
  return 0;
}

static void on_rollback(void *p) {
  lq_conn *c = p;
  if (c->feed) lq_feed_undone(c);
  if (lq_hooked(c, LQ_HOOK_ROLLBACK) && lqGoRolledBack(c->hooks)) c->hook_failed = 1;
}

void lq_hooks_install(lq_conn *c) {
  sqlite3_commit_hook(c->db, on_commit, c);
  sqlite3_rollback_hook(c->db, on_rollback, c);
}
