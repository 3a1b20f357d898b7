/* SPDX-License-Identifier: MIT */
/* api/headers.h - the few headers of an answer that are read */
#ifndef API_HEADERS_H
#define API_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct headers {
	int status;	     /* 0: none came yet */
	size_t len;	     /* of all of them, interim answers too */
	int64_t date;	     /* unix; -1 here and below: not there */
	int64_t retry_after; /* seconds */
	int64_t retry_at;    /* unix, where Retry-After is a date */
	int64_t limit;	     /* X-RateLimit-Limit */
	int64_t remaining;   /* X-RateLimit-Remaining */
	int64_t reset;	     /* X-RateLimit-Reset, unix or in seconds */
	int64_t content_length;
	bool is_whole; /* the empty line that ends them came */
};

void headers_init(struct headers *headers);

/* Takes in one line. A status line begins a new answer. -EPROTO: too many. */
int headers_line(struct headers *headers, const char *line, size_t len);

/* How many seconds the answer asks to wait before the next try, by the server's
 * own clock if it told that, else by unix_s; -1: it does not ask. */
int64_t headers_wait_s(const struct headers *headers, int64_t unix_s);

/* Seconds until X-RateLimit-Reset, -1: not told or out of all proportion. */
int64_t headers_reset_s(const struct headers *headers, int64_t unix_s);

#endif
