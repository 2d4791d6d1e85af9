//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** The authorizer of a connection, which SQLite asks when it compiles a
** statement (https://www.sqlite.org/c3ref/set_authorizer.html). There is one,
** and it serves all who want to know: the guards of keys and of vector indexes,
** the change feed, and the user's own.
*/
#include "authorize.h"
#include "feed.h"
#include "hooks.h"
#include "key.h"

#include <string.h>
#include <strings.h>

static int is_drop(int code) {
  return code == SQLITE_DROP_TABLE || code == SQLITE_DROP_TEMP_TABLE || code == SQLITE_DROP_VTABLE ||
         code == SQLITE_DROP_VIEW || code == SQLITE_DROP_TEMP_VIEW;
}

/*
** A DELETE without WHERE empties the table and its indexes at once, and forgets
** the vector index. SQLITE_IGNORE makes SQLite delete the rows one by one: in
** the databases that have vector indexes, but not in the tables that libSQL
** keeps them in; and where somebody wants to know of the rows. A DROP is asked
** about as a DELETE, too, and must not be ignored.
*/
static int guard(lq_conn *c, int code, const char *table, const char *b, const char *schema) {
  if (code == SQLITE_PRAGMA) return lq_authorize_pragma(c, table, b);
  int before = c->authorized;
  c->authorized = code;
  if (code != SQLITE_DELETE || is_drop(before) || !table || !schema) return SQLITE_OK;
  size_t n = strlen(table);
  if (!strncasecmp(table, "sqlite_", 7) || n >= 7 && !strcasecmp(table + n - 7, "_shadow")) return SQLITE_OK;
  if (c->feed || lq_hooked(c, LQ_HOOK_UPDATE)) return SQLITE_IGNORE;
  return lq_has_vectors(c, schema) ? SQLITE_IGNORE : SQLITE_OK;
}

/* The strictest answer holds. */
static int on_authorize(void *p, int code, const char *a, const char *b, const char *schema, const char *trigger) {
  lq_conn *c = p;
  int answer = guard(c, code, a, b, schema);
  if (c->own) return answer;
  if (c->feed) lq_feed_authorize(c, code, a, b, schema);
  if (!lq_hooked(c, LQ_HOOK_AUTHORIZE)) return answer;
  int theirs = lq_hook_authorize(c, code, a, b, schema, trigger);
  return answer == SQLITE_OK || theirs == SQLITE_DENY ? theirs : answer;
}

void lq_authorize(lq_conn *c) { sqlite3_set_authorizer(c->db, on_authorize, c); }
