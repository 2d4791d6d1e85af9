//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

#ifndef LQ_REGEXP_H
#define LQ_REGEXP_H

#include <stddef.h>
#include <stdint.h>

enum { LQ_REGEXP_LIKE, LQ_REGEXP_SUBSTR, LQ_REGEXP_CAPTURE, LQ_REGEXP_REPLACE };

enum { LQ_REGEXP_NOMEM, LQ_REGEXP_NULL, LQ_REGEXP_BOOL, LQ_REGEXP_PART, LQ_REGEXP_SOURCE, LQ_REGEXP_TEXT, LQ_REGEXP_REFUSED, LQ_REGEXP_ERROR };

/* A call of Go, which keeps none of it. */
typedef struct lq_regexp {
  const char *source, *pattern, *replacement;
  size_t nsource, npattern, nreplacement;
  int64_t group;
  int64_t from, to; /* BOOL: from; PART: of the source */
  char *text;       /* TEXT, REFUSED and ERROR: of malloc */
  size_t ntext;
} lq_regexp;

int lqRegexp(int op, lq_regexp *);

#endif
