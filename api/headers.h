/* SPDX-License-Identifier: MIT */
/* api/headers.h - the few response headers that are used */
#ifndef API_HEADERS_H
#define API_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct headers {
	int status;	     /* 0: none yet */
	size_t len;	     /* of all headers, with interim answers */
	int64_t date;	     /* unix; -1 here and below: missing */
	int64_t retry_after; /* seconds */
	int64_t retry_at;    /* unix, if Retry-After is a date */
	int64_t limit;	     /* X-RateLimit-Limit */
	int64_t remaining;   /* X-RateLimit-Remaining */
	int64_t reset;	     /* X-RateLimit-Reset, unix or in seconds */
	bool is_packed;	     /* Content-Encoding */
	bool is_whole;	     /* the empty line at their end was received */
};

void headers_init(struct headers *headers);

/* Adds one line. A status line begins a new answer. -EPROTO: too many. */
int headers_line(struct headers *headers, const char *line, size_t len);

/* How many seconds the answer asks to wait before the next attempt, by the
 * server's clock if there was a Date, else by unix_s; -1: it does not ask. */
int64_t headers_wait_s(const struct headers *headers, int64_t unix_s);

/* Seconds until X-RateLimit-Reset; -1: missing, or more than a day. */
int64_t headers_reset_s(const struct headers *headers, int64_t unix_s);

#endif
