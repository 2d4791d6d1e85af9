//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

/*
** Exact arithmetic on the decimal numbers of types.Decimal, whose text says what
** its form is.
**
**   as_decimal(X)      the text of a Decimal, of a number in any form
**   sum_decimal(X)     the sum, exact; also as a window function
**   avg_decimal(X, N)  the average with N digits after the point, halves rounded
**                      away from zero; also as a window function
**
** X is a decimal text, with or without what a Decimal has before the colon, an
** integer, or a float of at most 15 digits. NULLs are left out, and the sum of
** nothing is NULL, as with SUM and AVG. The functions can stand in no view,
** trigger, index or generated column: no file needs them.
**
** A sum is an array of limbs of nine digits each, which add up without carries:
** a limb has room for nine billion numbers.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"

#define LIMB 9
#define BASE 1000000000
#define MAX_DIGITS 9999 /* before the point, and after it */
#define MAX_LIMBS (MAX_DIGITS / LIMB + 1)
#define CARRY_EVERY ((sqlite3_int64)1 << 32)
#define SORTED 26 /* digits before the point from which on the key has their number in digits */

/* ---- numbers as text ---- */

/* A number: digits[0:whole] before the point, digits[whole:n] after it. */
typedef struct number {
  int negative;
  int whole;
  int n;
  char *digits;
} number;

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* The exponent of a number, held to what cannot matter; 0 if it is none. */
static int parse_exponent(const char *s, int n, int *exponent) {
  int i = 0, negative = 0;
  if (i < n && (s[i] == '-' || s[i] == '+')) negative = s[i++] == '-';
  if (i == n) return 0;
  *exponent = 0;
  for (; i < n; i++) {
    if (!is_digit(s[i])) return 0;
    if (*exponent < 100000000) *exponent = *exponent * 10 + (s[i] - '0');
  }
  if (negative) *exponent = -*exponent;
  return 1;
}

enum { PARSED, NO_NUMBER, TOO_LONG, NO_MEMORY };

/* Reads a number such as -19.99 or 1e-8. The digits of num are to be freed. */
static int parse(const char *s, int n, number *num) {
  memset(num, 0, sizeof *num);
  int i = 0, exponent = 0;
  if (i < n && (s[i] == '-' || s[i] == '+')) num->negative = s[i++] == '-';
  int end = i;
  while (end < n && s[end] != 'e' && s[end] != 'E') end++;
  if (end < n && !parse_exponent(s + end + 1, n - end - 1, &exponent)) return NO_NUMBER;
  char *d = malloc(end - i + 1);
  if (!d) return NO_MEMORY;
  int nd = 0, point = -1;
  for (; i < end; i++) {
    if (is_digit(s[i])) {
      d[nd++] = s[i];
    } else if (s[i] == '.' && point < 0) {
      point = nd;
    } else {
      free(d);
      return NO_NUMBER;
    }
  }
  if (nd == 0) {
    free(d);
    return NO_NUMBER;
  }
  if (point < 0) point = nd;
  int leading = 0;
  while (nd > 0 && d[nd - 1] == '0') nd--;
  while (leading < nd && d[leading] == '0') leading++;
  if (nd == leading) { /* zero, whatever the exponent */
    d[0] = '0';
    *num = (number){0, 1, 1, d};
    return PARSED;
  }
  nd -= leading;
  sqlite3_int64 at = (sqlite3_int64)point - leading + exponent; /* where the point is in the digits */
  if (at > MAX_DIGITS || nd - at > MAX_DIGITS) {
    free(d);
    return TOO_LONG;
  }
  int before = at <= 0 ? (int)(1 - at) : 0, after = at > nd ? (int)(at - nd) : 0; /* zeros to add */
  char *all = malloc(before + nd + after);
  if (!all) {
    free(d);
    return NO_MEMORY;
  }
  memset(all, '0', before);
  memcpy(all + before, d + leading, nd);
  memset(all + before + nd, '0', after);
  free(d);
  num->digits = all;
  num->n = before + nd + after;
  num->whole = at <= 0 ? 1 : (int)at;
  return PARSED;
}

static int is_zero(const number *num) { return num->n == 1 && num->digits[0] == '0'; }

/* The digits and the point of a number; returns what is behind them. */
static char *write_digits(char *p, const number *num, int mirrored) {
  for (int i = 0; i < num->n; i++) {
    if (i == num->whole) *p++ = '.';
    *p++ = mirrored ? (char)('0' + '9' - num->digits[i]) : num->digits[i];
  }
  return p;
}

/* The text of a Decimal, to be freed. */
static char *encode(const number *num, int *n) {
  char *out = malloc(2 * (size_t)num->n + 16), *p = out;
  if (!out) return 0;
  if (!num->negative || is_zero(num)) {
    if (num->whole < SORTED)
      *p++ = (char)('a' + num->whole - 1);
    else
      p += sprintf(p, "z%04d", num->whole);
    *p++ = ':';
  } else {
    *p++ = '-';
    if (num->whole < SORTED)
      *p++ = (char)('z' - num->whole + 1);
    else
      p += sprintf(p, "a%04d", MAX_DIGITS - num->whole);
    p = write_digits(p, num, 1);
    *p++ = ':';
    *p++ = '-';
  }
  p = write_digits(p, num, 0);
  *n = (int)(p - out);
  return out;
}

/* ---- values ---- */

static void fail(sqlite3_context *ctx, int why) {
  switch (why) {
    case NO_MEMORY:
      sqlite3_result_error_nomem(ctx);
      break;
    case TOO_LONG:
      sqlite3_result_error(ctx, "a decimal has at most 9999 digits before and after the point", -1);
      break;
    default:
      sqlite3_result_error(ctx, "no decimal number", -1);
  }
}

/* Reads an argument, which is not NULL. */
static int read_value(sqlite3_value *v, number *num) {
  int type = sqlite3_value_type(v);
  double real = type == SQLITE_FLOAT ? sqlite3_value_double(v) : 0;
  const char *s = (const char *)sqlite3_value_text(v);
  if (!s) return NO_MEMORY;
  int n = sqlite3_value_bytes(v), colon = n - 1;
  /* SQLite writes 15 digits: of a float that has more, some are lost. */
  if (type == SQLITE_FLOAT && strtod(s, 0) != real) return NO_NUMBER;
  while (colon >= 0 && s[colon] != ':') colon--;
  int rc = parse(s + colon + 1, n - colon - 1, num);
  if (rc != PARSED || colon < 0) return rc;
  int ntext = 0;
  char *text = encode(num, &ntext);
  if (!text) rc = NO_MEMORY;
  else if (ntext != n || memcmp(text, s, n) != 0) rc = NO_NUMBER;
  free(text);
  if (rc != PARSED) free(num->digits);
  return rc;
}

static void result_number(sqlite3_context *ctx, const number *num) {
  int n = 0;
  char *text = encode(num, &n);
  if (!text)
    sqlite3_result_error_nomem(ctx);
  else
    sqlite3_result_text64(ctx, text, n, free, SQLITE_UTF8);
}

static void as_decimal(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc;
  number num;
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL) return;
  int rc = read_value(argv[0], &num);
  if (rc != PARSED) {
    fail(ctx, rc);
    return;
  }
  result_number(ctx, &num);
  free(num.digits);
}

/* ---- sums ---- */

typedef struct sum {
  sqlite3_int64 *limbs; /* of 9 digits; limbs[below] is the one before the point */
  int below, above;     /* how many there are after and before the point */
  sqlite3_int64 rows;
  sqlite3_int64 added; /* since the last carry */
  int scale;           /* of an average */
} sum;

/* Has room for that many limbs after and before the point. */
static int reserve(sum *s, int below, int above) {
  if (below < s->below) below = s->below;
  if (above < s->above) above = s->above;
  if (s->limbs && below == s->below && above == s->above) return 1;
  sqlite3_int64 *limbs = calloc(below + above, sizeof *limbs);
  if (!limbs) return 0;
  if (s->limbs) memcpy(limbs + below - s->below, s->limbs, (s->below + s->above) * sizeof *limbs);
  free(s->limbs);
  s->limbs = limbs;
  s->below = below;
  s->above = above;
  return 1;
}

/* Brings each limb but the highest between 0 and BASE. */
static void carry(sqlite3_int64 *limbs, int n) {
  for (int i = 0; i + 1 < n; i++) {
    sqlite3_int64 c = limbs[i] / BASE;
    if (limbs[i] % BASE < 0) c--;
    limbs[i] -= c * BASE;
    limbs[i + 1] += c;
  }
}

/* Adds or, with a sign of -1, takes away a number. */
static int add(sum *s, const number *num, int sign) {
  int fraction = num->n - num->whole;
  if (!reserve(s, (fraction + LIMB - 1) / LIMB, (num->whole + LIMB - 1) / LIMB + 1)) return NO_MEMORY;
  if (num->negative) sign = -sign;
  for (int i = 0; i < num->whole; i += LIMB) { /* from the point to the left */
    sqlite3_int64 limb = 0;
    for (int j = num->whole - i - LIMB; j < num->whole - i; j++)
      if (j >= 0) limb = limb * 10 + (num->digits[j] - '0');
    s->limbs[s->below + i / LIMB] += sign * limb;
  }
  for (int i = 0; i < fraction; i += LIMB) { /* and to the right */
    sqlite3_int64 limb = 0;
    for (int j = i; j < i + LIMB; j++) limb = limb * 10 + (j < fraction ? num->digits[num->whole + j] - '0' : 0);
    s->limbs[s->below - 1 - i / LIMB] += sign * limb;
  }
  if (++s->added >= CARRY_EVERY) {
    carry(s->limbs, s->below + s->above);
    s->added = 0;
  }
  return PARSED;
}

/* Divides by the number of rows, rounded down. */
static void divide(sqlite3_int64 *limbs, int n, sqlite3_int64 by) {
  unsigned __int128 rest = 0;
  for (int i = n - 1; i >= 0; i--) {
    rest = rest * BASE + (unsigned)limbs[i];
    limbs[i] = (sqlite3_int64)(rest / (uint64_t)by);
    rest %= (uint64_t)by;
  }
}

/* Cuts a number to its digits after the point, halves rounded away from zero.
** It has a zero in front for the carry. */
static void round_to(number *num, int scale) {
  int at = num->whole + scale;
  if (at >= num->n) return;
  int up = num->digits[at] >= '5';
  num->n = at;
  for (int i = at - 1; up && i >= 0; i--) {
    up = num->digits[i] == '9';
    num->digits[i] = up ? '0' : (char)(num->digits[i] + 1);
  }
}

/* Takes the zeros at both ends away. */
static void trim(number *num) {
  int leading = 0;
  while (num->n > num->whole && num->digits[num->n - 1] == '0') num->n--;
  while (leading + 1 < num->whole && num->digits[leading] == '0') leading++;
  num->whole -= leading;
  num->n -= leading;
  memmove(num->digits, num->digits + leading, num->n);
}

/* The sum, or the average, as a number. The sum itself stays as it is. */
static int total(const sum *s, int average, number *num) {
  int below = s->below, above = s->above + 3; /* room for the carries */
  int more = average && s->scale / LIMB + 1 > below ? s->scale / LIMB + 1 - below : 0;
  int n = more + below + above;
  sqlite3_int64 *limbs = calloc(n, sizeof *limbs);
  char *digits = malloc((size_t)n * LIMB + 1);
  if (!limbs || !digits) {
    free(limbs);
    free(digits);
    return NO_MEMORY;
  }
  memcpy(limbs + more, s->limbs, (s->below + s->above) * sizeof *limbs);
  carry(limbs, n);
  int negative = limbs[n - 1] < 0;
  if (negative) {
    for (int i = 0; i < n; i++) limbs[i] = -limbs[i];
    carry(limbs, n);
  }
  if (average) divide(limbs, n, s->rows);
  for (int i = 0; i < n; i++) snprintf(digits + i * LIMB, LIMB + 1, "%09d", (int)limbs[n - 1 - i]);
  free(limbs);
  *num = (number){negative, above * LIMB, n * LIMB, digits};
  if (average) round_to(num, s->scale);
  trim(num);
  if (num->whole <= MAX_DIGITS) return PARSED;
  free(digits);
  return TOO_LONG;
}

/* ---- the aggregates ---- */

static void step(sqlite3_context *ctx, sqlite3_value **argv, int sign) {
  sum *s = sqlite3_aggregate_context(ctx, sizeof *s);
  if (!s) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL) return;
  number num;
  int rc = read_value(argv[0], &num);
  if (rc == PARSED) {
    rc = add(s, &num, sign);
    free(num.digits);
    s->rows += sign;
  }
  if (rc != PARSED) fail(ctx, rc);
}

static void result(sqlite3_context *ctx, const sum *s, int average) {
  if (!s || s->rows == 0 || !s->limbs) return;
  number num;
  int rc = total(s, average, &num);
  if (rc != PARSED) {
    fail(ctx, rc);
    return;
  }
  result_number(ctx, &num);
  free(num.digits);
}

static void finish(sqlite3_context *ctx, int average) {
  sum *s = sqlite3_aggregate_context(ctx, 0);
  result(ctx, s, average);
  if (s) {
    free(s->limbs);
    s->limbs = 0;
  }
}

static void sum_step(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc;
  step(ctx, argv, 1);
}

static void sum_inverse(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc;
  step(ctx, argv, -1);
}

static void sum_value(sqlite3_context *ctx) { result(ctx, sqlite3_aggregate_context(ctx, 0), 0); }

static void sum_final(sqlite3_context *ctx) { finish(ctx, 0); }

static void avg_step(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc;
  sum *s = sqlite3_aggregate_context(ctx, sizeof *s);
  sqlite3_int64 scale = sqlite3_value_int64(argv[1]);
  if (sqlite3_value_type(argv[1]) != SQLITE_INTEGER || scale < 0 || scale > MAX_DIGITS) {
    sqlite3_result_error(ctx, "the digits of an average are an integer from 0 to 9999", -1);
    return;
  }
  if (s) s->scale = (int)scale;
  step(ctx, argv, 1);
}

static void avg_value(sqlite3_context *ctx) { result(ctx, sqlite3_aggregate_context(ctx, 0), 1); }

static void avg_final(sqlite3_context *ctx) { finish(ctx, 1); }

int lq_decimal_register(sqlite3 *db) {
  const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
  int rc = sqlite3_create_function_v2(db, "as_decimal", 1, flags, 0, as_decimal, 0, 0, 0);
  if (rc == SQLITE_OK)
    rc = sqlite3_create_window_function(db, "sum_decimal", 1, flags, 0, sum_step, sum_final, sum_value, sum_inverse, 0);
  if (rc == SQLITE_OK)
    rc = sqlite3_create_window_function(db, "avg_decimal", 2, flags, 0, avg_step, avg_final, avg_value, sum_inverse, 0);
  return rc;
}
