//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** The regular expressions of Turso's servers,
** https://github.com/nalgeon/sqlean/blob/main/docs/regexp.md, by package pcre in
** Go, which refuses what would come out differently:
**
**   regexp_like(X, P)             1 or 0; 0 for NULL
**   regexp_substr(X, P)           the first match, or NULL
**   regexp_capture(X, P, N)       the N-th group of it, 0 or left out for all of it
**   regexp_replace(X, P, R)       X with every match replaced, $1 being a group
*/
#include <stdlib.h>
#include <string.h>

#include "functions.h"
#include "regexp.h"

enum { SOURCE, PATTERN, THIRD };

static const char *const names[] = {"regexp_like", "regexp_substr", "regexp_capture", "regexp_replace"};

static void fail(sqlite3_context *ctx, int op, const char *message, size_t n) {
  size_t name = strlen(names[op]);
  char *all = malloc(name + 2 + n);
  if (!all) return sqlite3_result_error_nomem(ctx);
  memcpy(all, names[op], name);
  memcpy(all + name, ": ", 2);
  memcpy(all + name + 2, message, n);
  sqlite3_result_error(ctx, all, (int)(name + 2 + n));
  free(all);
}

static void run(sqlite3_context *ctx, int op, int n, sqlite3_value **args) {
  if (sqlite3_value_type(args[SOURCE]) == SQLITE_NULL) {
    if (op == LQ_REGEXP_LIKE) sqlite3_result_int(ctx, 0);
    return;
  }
  if (sqlite3_value_type(args[PATTERN]) == SQLITE_NULL) return sqlite3_result_error(ctx, "missing regexp pattern", -1);
  lq_regexp r = {0};
  if (op == LQ_REGEXP_CAPTURE && n == 3) {
    if (sqlite3_value_type(args[THIRD]) != SQLITE_INTEGER)
      return sqlite3_result_error(ctx, "group number should be integer", -1);
    r.group = sqlite3_value_int64(args[THIRD]);
  }
  if (op == LQ_REGEXP_REPLACE) {
    if (sqlite3_value_type(args[THIRD]) == SQLITE_NULL) return sqlite3_result_value(ctx, args[SOURCE]);
    r.replacement = (const char *)sqlite3_value_text(args[THIRD]);
    r.nreplacement = (size_t)sqlite3_value_bytes(args[THIRD]);
    if (!r.replacement) return sqlite3_result_error_nomem(ctx);
  }
  r.pattern = (const char *)sqlite3_value_text(args[PATTERN]);
  r.npattern = (size_t)sqlite3_value_bytes(args[PATTERN]);
  r.source = (const char *)sqlite3_value_text(args[SOURCE]);
  r.nsource = (size_t)sqlite3_value_bytes(args[SOURCE]);
  if (!r.pattern || !r.source) return sqlite3_result_error_nomem(ctx);
  switch (lqRegexp(op, &r)) {
  case LQ_REGEXP_NULL:
    return;
  case LQ_REGEXP_BOOL:
    return sqlite3_result_int(ctx, (int)r.from);
  case LQ_REGEXP_PART:
    return sqlite3_result_text64(ctx, r.source + r.from, (sqlite3_uint64)(r.to - r.from), SQLITE_TRANSIENT, SQLITE_UTF8);
  case LQ_REGEXP_SOURCE:
    return sqlite3_result_value(ctx, args[SOURCE]);
  case LQ_REGEXP_TEXT:
    return sqlite3_result_text64(ctx, r.text, r.ntext, free, SQLITE_UTF8);
  case LQ_REGEXP_REFUSED:
    ((lq_conn *)sqlite3_user_data(ctx))->refused = 1; /* fallthrough */
  case LQ_REGEXP_ERROR:
    fail(ctx, op, r.text, r.ntext);
    free(r.text);
    return;
  default:
    sqlite3_result_error_nomem(ctx);
  }
}

static void regexp_like(sqlite3_context *ctx, int n, sqlite3_value **args) { run(ctx, LQ_REGEXP_LIKE, n, args); }
static void regexp_substr(sqlite3_context *ctx, int n, sqlite3_value **args) { run(ctx, LQ_REGEXP_SUBSTR, n, args); }
static void regexp_capture(sqlite3_context *ctx, int n, sqlite3_value **args) { run(ctx, LQ_REGEXP_CAPTURE, n, args); }
static void regexp_replace(sqlite3_context *ctx, int n, sqlite3_value **args) { run(ctx, LQ_REGEXP_REPLACE, n, args); }

/* The servers' are not innocuous. */
int lq_regexp_register(lq_conn *c) {
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  int rc = sqlite3_create_function_v2(c->db, "regexp_like", 2, flags, c, regexp_like, 0, 0, 0);
  if (rc == SQLITE_OK) rc = sqlite3_create_function_v2(c->db, "regexp_substr", 2, flags, c, regexp_substr, 0, 0, 0);
  if (rc == SQLITE_OK) rc = sqlite3_create_function_v2(c->db, "regexp_capture", 2, flags, c, regexp_capture, 0, 0, 0);
  if (rc == SQLITE_OK) rc = sqlite3_create_function_v2(c->db, "regexp_capture", 3, flags, c, regexp_capture, 0, 0, 0);
  if (rc == SQLITE_OK) rc = sqlite3_create_function_v2(c->db, "regexp_replace", 3, flags, c, regexp_replace, 0, 0, 0);
  return rc;
}
