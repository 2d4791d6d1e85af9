//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** Functions that other databases of the family have and this library lacks, so
** that SQL runs on either.
**
** Those of Turso's servers, https://github.com/nalgeon/sqlean/blob/main/docs/uuid.md:
**
**   uuid4(), gen_random_uuid()   a random UUID, as text
**   uuid7()                      one that begins with the time, as text
**   uuid7_timestamp_ms(X)        that time, of a text or 16 bytes; NULL for others
**
** Those of SQLite's mathematics that the library does not have in its own,
** https://www.sqlite.org/lang_mathfunc.html:
**
**   log(B, X), log2(X), mod(X, Y), pow(X, Y), trunc(X)
**
** Those of newer SQLite, https://www.sqlite.org/lang_corefunc.html and json1.html:
**
**   if(C1, X1, ...), iif(C, X)   the X behind the first C that is true (3.48)
**   json_pretty(J, INDENT)       3.46
**   unistr(X), unistr_quote(X)   3.50
**
** The user's functions of these names take their place, being registered later.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "functions.h"

/* ---- UUIDs ---- */

static void result_uuid(sqlite3_context *ctx, const unsigned char b[16]) {
  static const char hex[] = "0123456789abcdef";
  char text[36], *p = text;
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
    *p++ = hex[b[i] >> 4];
    *p++ = hex[b[i] & 15];
  }
  sqlite3_result_text64(ctx, text, sizeof text, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void random_bytes(unsigned char b[16], int version) {
  sqlite3_randomness(16, b);
  b[6] = (unsigned char)((b[6] & 0x0f) | version << 4);
  b[8] = (b[8] & 0x3f) | 0x80;
}

static void uuid4(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n, (void)args;
  unsigned char b[16];
  random_bytes(b, 4);
  result_uuid(ctx, b);
}

static void uuid7(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n, (void)args;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
  unsigned char b[16];
  random_bytes(b, 7);
  for (int i = 0; i < 6; i++) b[i] = (unsigned char)(ms >> (40 - 8 * i));
  result_uuid(ctx, b);
}

static int nibble(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 32 digits, each two of which a dash may precede, in braces or not; 0 for others. */
static int parse_uuid(const unsigned char *s, unsigned char b[16]) {
  if (*s == '{') s++;
  for (int i = 0; i < 16; i++, s += 2) {
    if (*s == '-') s++;
    int high = nibble(s[0]), low = high < 0 ? -1 : nibble(s[1]);
    if (low < 0) return 0;
    b[i] = (unsigned char)(high << 4 | low);
  }
  if (*s == '}') s++;
  return *s == 0;
}

static void uuid7_timestamp_ms(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  unsigned char b[16];
  const unsigned char *p = 0;
  switch (sqlite3_value_type(args[0])) {
  case SQLITE_TEXT:
    p = sqlite3_value_text(args[0]);
    if (!p) return sqlite3_result_error_nomem(ctx);
    if (!parse_uuid(p, b)) return;
    break;
  case SQLITE_BLOB:
    p = sqlite3_value_blob(args[0]);
    if (sqlite3_value_bytes(args[0]) != 16 || !p) return;
    memcpy(b, p, 16);
    break;
  default:
    return;
  }
  if (b[6] >> 4 != 7) return;
  sqlite3_int64 ms = 0;
  for (int i = 0; i < 6; i++) ms = ms << 8 | b[i];
  sqlite3_result_int64(ctx, ms);
}

/* ---- mathematics ---- */

static int is_number(sqlite3_value *v) {
  int type = sqlite3_value_numeric_type(v);
  return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

static void two(sqlite3_context *ctx, sqlite3_value **args, double (*f)(double, double)) {
  if (is_number(args[0]) && is_number(args[1]))
    sqlite3_result_double(ctx, f(sqlite3_value_double(args[0]), sqlite3_value_double(args[1])));
}

static void sql_mod(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  two(ctx, args, fmod);
}

static void sql_pow(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  two(ctx, args, pow);
}

/* Only the base has to be a number: so it is in SQLite. */
static void sql_log(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  if (!is_number(args[0])) return;
  double base = sqlite3_value_double(args[0]), x = sqlite3_value_double(args[1]);
  if (base > 0 && log(base) > 0 && x > 0) sqlite3_result_double(ctx, log(x) / log(base));
}

static void sql_log2(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  double x = is_number(args[0]) ? sqlite3_value_double(args[0]) : 0;
  if (x > 0) sqlite3_result_double(ctx, log2(x));
}

static void sql_trunc(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  switch (sqlite3_value_numeric_type(args[0])) {
  case SQLITE_INTEGER:
    return sqlite3_result_int64(ctx, sqlite3_value_int64(args[0]));
  case SQLITE_FLOAT:
    return sqlite3_result_double(ctx, trunc(sqlite3_value_double(args[0])));
  }
}

/* ---- if ---- */

static int is_true(sqlite3_value *v) {
  switch (sqlite3_value_type(v)) {
  case SQLITE_NULL:
    return 0;
  case SQLITE_INTEGER:
    return sqlite3_value_int64(v) != 0;
  }
  return sqlite3_value_double(v) != 0;
}

static void if_then(sqlite3_context *ctx, int n, sqlite3_value **args) {
  if (n < 2) return sqlite3_result_error(ctx, "wrong number of arguments to function if()", -1);
  int i = 0;
  for (; i + 1 < n; i += 2)
    if (is_true(args[i])) return sqlite3_result_value(ctx, args[i + 1]);
  if (i < n) sqlite3_result_value(ctx, args[i]);
}

/* ---- texts that grow ---- */

typedef struct text {
  char *p;
  size_t n, room;
  int failed;
} text;

static void put(text *t, const char *p, size_t n) {
  if (t->failed) return;
  if (t->room - t->n < n) {
    size_t room = (t->n + n) * 2 + 64;
    char *more = realloc(t->p, room);
    if (!more) {
      t->failed = 1;
      return;
    }
    t->p = more;
    t->room = room;
  }
  memcpy(t->p + t->n, p, n);
  t->n += n;
}

static void result_text(sqlite3_context *ctx, text *t) {
  if (t->failed) {
    free(t->p);
    return sqlite3_result_error_nomem(ctx);
  }
  if (t->p)
    sqlite3_result_text64(ctx, t->p, t->n, free, SQLITE_UTF8);
  else
    sqlite3_result_text64(ctx, "", 0, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* ---- json_pretty ---- */

static void new_line(text *t, const char *indent, size_t n, int depth) {
  put(t, "\n", 1);
  while (depth-- > 0) put(t, indent, n);
}

/* j is JSON without blanks, as json() writes it; that of the program may write anything. */
static void prettify(text *t, const char *j, size_t n, const char *indent, size_t nindent) {
  int depth = 0;
  for (size_t i = 0; i < n;) {
    size_t from = i;
    switch (j[i++]) {
    case '"':
      while (i < n && j[i] != '"') i += j[i] == '\\' ? 2 : 1;
      if (++i > n) i = n;
      put(t, j + from, i - from);
      break;
    case '[':
    case '{':
      put(t, j + from, 1);
      if (i < n && (j[i] == ']' || j[i] == '}'))
        put(t, j + i++, 1);
      else
        new_line(t, indent, nindent, ++depth);
      break;
    case ']':
    case '}':
      new_line(t, indent, nindent, --depth);
      put(t, j + from, 1);
      break;
    case ',':
      put(t, ",", 1);
      new_line(t, indent, nindent, depth);
      break;
    case ':':
      put(t, ": ", 2);
      break;
    default:
      while (i < n && !strchr("\"[]{},:", j[i])) i++;
      put(t, j + from, i - from);
    }
  }
}

/* The library's own json() reads and checks what may be JSON5 or JSONB. */
static void json_pretty(sqlite3_context *ctx, int n, sqlite3_value **args) {
  const char *indent = "    ";
  if (n > 1 && sqlite3_value_type(args[1]) != SQLITE_NULL) {
    indent = (const char *)sqlite3_value_text(args[1]);
    if (!indent) return sqlite3_result_error_nomem(ctx);
  }
  sqlite3 *db = sqlite3_context_db_handle(ctx);
  sqlite3_stmt *json = 0;
  int rc = sqlite3_prepare_v3(db, "SELECT json(?)", -1, 0, &json, 0);
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(json, 1, args[0]);
  if (rc == SQLITE_OK) rc = sqlite3_step(json);
  if (rc != SQLITE_ROW) {
    sqlite3_result_error(ctx, sqlite3_errmsg(db), -1);
  } else if (sqlite3_column_type(json, 0) != SQLITE_NULL) {
    text t = {0};
    const char *j = (const char *)sqlite3_column_text(json, 0);
    if (j)
      prettify(&t, j, (size_t)sqlite3_column_bytes(json, 0), indent, strlen(indent));
    else
      t.failed = 1;
    result_text(ctx, &t);
  }
  sqlite3_finalize(json);
}

/* ---- unistr ---- */

/* The number of n digits; 0 if they are none. */
static int parse_hex(const char *s, int n, uint32_t *v) {
  *v = 0;
  for (int i = 0; i < n; i++) {
    int d = nibble((unsigned char)s[i]);
    if (d < 0) return 0;
    *v = *v << 4 | (uint32_t)d;
  }
  return 1;
}

static void put_rune(text *t, uint32_t v) {
  char b[4];
  if (v < 0x80) {
    b[0] = (char)v;
    return put(t, b, 1);
  }
  int n = v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
  for (int i = n - 1; i > 0; i--, v >>= 6) b[i] = (char)(0x80 | (v & 0x3f));
  b[0] = n == 2 ? (char)(0xc0 | (v & 0x1f)) : n == 3 ? (char)(0xe0 | (v & 0x0f)) : (char)(0xf0 | (v & 0x07));
  put(t, b, (size_t)n);
}

static void unistr(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  if (sqlite3_value_type(args[0]) == SQLITE_NULL) return;
  const char *s = (const char *)sqlite3_value_text(args[0]);
  if (!s) return sqlite3_result_error_nomem(ctx);
  const char *end = s + sqlite3_value_bytes(args[0]), *slash;
  text t = {0};
  while ((slash = strchr(s, '\\'))) { /* up to a NUL, as SQLite does */
    put(&t, s, (size_t)(slash - s));
    s = slash + 1;
    int digits = 4;
    switch (*s) {
    case '\\':
      put(&t, s++, 1);
      continue;
    case '+':
      digits = 6, s++;
      break;
    case 'u':
      s++;
      break;
    case 'U':
      digits = 8, s++;
      break;
    }
    uint32_t v;
    if (!parse_hex(s, digits, &v)) {
      free(t.p);
      return sqlite3_result_error(ctx, "invalid Unicode escape", -1);
    }
    s += digits;
    put_rune(&t, v);
  }
  put(&t, s, (size_t)(end - s));
  result_text(ctx, &t);
}

static int has_control(const char *s) {
  for (; *s; s++)
    if ((unsigned char)*s < 0x20) return 1;
  return 0;
}

static void unistr_quote(sqlite3_context *ctx, int n, sqlite3_value **args) {
  (void)n;
  text t = {0};
  if (sqlite3_value_type(args[0]) == SQLITE_TEXT) {
    const char *s = (const char *)sqlite3_value_text(args[0]);
    if (!s) return sqlite3_result_error_nomem(ctx);
    int control = has_control(s);
    if (control) put(&t, "unistr(", 7);
    put(&t, "'", 1);
    for (; *s; s++) {
      char escape[8];
      if (*s == '\'')
        put(&t, "''", 2);
      else if (control && *s == '\\')
        put(&t, "\\\\", 2);
      else if (control && (unsigned char)*s < 0x20)
        put(&t, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", *s));
      else
        put(&t, s, 1);
    }
    put(&t, "')", control ? 2 : 1);
    return result_text(ctx, &t);
  }
  sqlite3 *db = sqlite3_context_db_handle(ctx);
  sqlite3_stmt *quote = 0;
  int rc = sqlite3_prepare_v3(db, "SELECT quote(?)", -1, 0, &quote, 0);
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(quote, 1, args[0]);
  if (rc == SQLITE_OK) rc = sqlite3_step(quote);
  if (rc == SQLITE_ROW)
    sqlite3_result_value(ctx, sqlite3_column_value(quote, 0));
  else
    sqlite3_result_error(ctx, sqlite3_errmsg(db), -1);
  sqlite3_finalize(quote);
}

int lq_functions_register(sqlite3 *db) {
  enum { random = SQLITE_UTF8 | SQLITE_INNOCUOUS, pure = random | SQLITE_DETERMINISTIC };
  static const struct {
    const char *name;
    int args, flags;
    void (*f)(sqlite3_context *, int, sqlite3_value **);
  } all[] = {
      {"uuid4", 0, random, uuid4},
      {"gen_random_uuid", 0, random, uuid4},
      {"uuid7", 0, random, uuid7},
      {"uuid7_timestamp_ms", 1, pure, uuid7_timestamp_ms},
      {"log", 2, pure, sql_log},
      {"log2", 1, pure, sql_log2},
      {"mod", 2, pure, sql_mod},
      {"pow", 2, pure, sql_pow},
      {"trunc", 1, pure, sql_trunc},
      {"if", -1, pure, if_then},
      {"iif", 2, pure, if_then}, /* one of any number would hide SQLite's own of three, which computes only what counts */
      {"json_pretty", 1, pure, json_pretty},
      {"json_pretty", 2, pure, json_pretty},
      {"unistr", 1, pure, unistr},
      {"unistr_quote", 1, pure, unistr_quote},
  };
  int rc = SQLITE_OK;
  for (size_t i = 0; rc == SQLITE_OK && i < sizeof all / sizeof *all; i++)
    rc = sqlite3_create_function_v2(db, all[i].name, all[i].args, all[i].flags, 0, all[i].f, 0, 0, 0);
  return rc;
}
