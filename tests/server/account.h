/* SPDX-License-Identifier: MIT */
/* tests/server/account.h - key pairs, signatures and rate limits */
#ifndef TESTS_SERVER_ACCOUNT_H
#define TESTS_SERVER_ACCOUNT_H

#include <pthread.h>
#include <stdbool.h>

#include "moment.h"
#include "options.h"
#include "request.h"

enum account_state {
	ACCOUNT_ACTIVE,
	/* The free plan: executions only. */
	ACCOUNT_FREE,
	ACCOUNT_EXPIRED,
	ACCOUNT_REVOKED,
	ACCOUNT_SUSPENDED,
	ACCOUNT_STATES,
};

/* accounts.lock guards all but the two keys. */
struct account {
	char *public_key;
	const char *secret;
	enum account_state state;
	bool needs_sudo;
	long long created_ms;
	/* Arrays of objects, as the API shows them. */
	json_t *contacts;
	json_t *minted;
	json_t *audit;
	double tokens;
	/* When the bucket was last filled; 0: not since it was full. */
	long long filled_ms;
};

struct accounts {
	pthread_mutex_t lock;
	struct account list[OPTIONS_KEYS];
	int count;
	/* 0: no limit. */
	double per_minute;
	int burst;
	bool is_strict;
};

/* NULL if there is none. */
struct account *account_find(struct accounts *accounts, const char *public_key);

const char *account_state_word(enum account_state state);

/* Makes the reply to a request of a key that is not active. */
void account_refuse_state(const struct account *account, struct reply *reply);

/* The reason and its members, into an open object. */
void account_emit_state(const struct account *account, struct text *body);

/* The contacts who get one-time codes, an array of addresses, owned. */
json_t *account_operators(struct accounts *accounts, const char *public_key);

int accounts_init(struct accounts *accounts, const struct options *options);
void accounts_clear(struct accounts *accounts);

/* Takes effect at once, with full buckets; per_minute 0 lifts the limit. */
void accounts_set_rate(struct accounts *accounts, double per_minute, int burst);

/* The requests a minute in X-RateLimit headers: a whole number. */
int accounts_limit(double per_minute);

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
