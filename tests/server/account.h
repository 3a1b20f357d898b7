/* SPDX-License-Identifier: MIT */
/* tests/server/account.h - key pairs, signatures and rate limits */
#ifndef TESTS_SERVER_ACCOUNT_H
#define TESTS_SERVER_ACCOUNT_H

#include <pthread.h>
#include <stdbool.h>

#include "moment.h"
#include "options.h"
#include "request.h"

struct account {
	char *public_key;
	const char *secret;
	double tokens;
	long long filled_ms;
};

struct accounts {
	pthread_mutex_t lock;
	struct account list[OPTIONS_KEYS];
	int count;
	/* 0: no limit. */
	int per_minute;
	int burst;
	bool is_strict;
};

int accounts_init(struct accounts *accounts, const struct options *options);
void accounts_clear(struct accounts *accounts);

/* Takes effect at once, with full buckets; per_minute 0 lifts the limit. */
void accounts_set_rate(struct accounts *accounts, int per_minute, int burst);

/*
 * Checks key, time and signature, then takes a token.  0 with
 * request->account set, or -EACCES or -EAGAIN with the reply made.  The
 * X-RateLimit headers are added to the reply in any case.
 *
 * If strict, a signature covers the path without its query (with it for service
 * logs) and the exact bytes of the body.  Otherwise the query may be signed or
 * not, and the bodies {} and [] may have been signed as an empty body.
 */
int account_admit(struct accounts *accounts, const struct moment *moment,
	struct request *request, struct reply *reply);

#endif
