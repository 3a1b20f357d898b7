/* SPDX-License-Identifier: MIT */
/* tests/server/account.c - key pairs, signatures and rate limits */
#include "account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signature.h"

enum {
	/* Seconds that a client's clock may differ. */
	CLOCK_LEEWAY = 300,
	/* The value of the headers without a limit. */
	LIMIT_NONE = 100000,
};

int accounts_init(struct accounts *accounts, const struct options *options)
{
	int i;

	memset(accounts, 0, sizeof(*accounts));
	pthread_mutex_init(&accounts->lock, NULL);
	accounts->is_strict = options->strict;
	accounts->count = options->key_count;
	for (i = 0; i < options->key_count; i++) {
		struct account *account = &accounts->list[i];
		const char *key = options->keys[i];

		account->secret = strchr(key, ':') + 1;
		account->public_key = strndup(key, strcspn(key, ":"));
		if (!account->public_key)
			return -ENOMEM;
	}
	accounts_set_rate(
		accounts, options->rate_per_minute, options->rate_burst);
	return 0;
}

void accounts_clear(struct accounts *accounts)
{
	int i;

	for (i = 0; i < accounts->count; i++)
		free(accounts->list[i].public_key);
	pthread_mutex_destroy(&accounts->lock);
}

void accounts_set_rate(struct accounts *accounts, int per_minute, int burst)
{
	int i;

	pthread_mutex_lock(&accounts->lock);
	accounts->per_minute = per_minute;
	accounts->burst = burst;
	for (i = 0; i < accounts->count; i++) {
		accounts->list[i].tokens = burst;
		accounts->list[i].filled_ms = moment_steady_ms();
	}
	pthread_mutex_unlock(&accounts->lock);
}

static struct account *account_find(
	struct accounts *accounts, const char *public_key)
{
	int i;

	for (i = 0; public_key && i < accounts->count; i++)
		if (!strcmp(accounts->list[i].public_key, public_key))
			return &accounts->list[i];
	return NULL;
}

static void bucket_fill(struct accounts *accounts, struct account *account)
{
	long long now = moment_steady_ms();

	account->tokens +=
		(now - account->filled_ms) * accounts->per_minute / 60000.0;
	if (account->tokens > accounts->burst)
		account->tokens = accounts->burst;
	account->filled_ms = now;
}

static bool bucket_take(struct accounts *accounts, struct account *account)
{
	bool taken = true;

	pthread_mutex_lock(&accounts->lock);
	if (accounts->per_minute) {
		bucket_fill(accounts, account);
		taken = account->tokens >= 1;
		if (taken)
			account->tokens -= 1;
	}
	pthread_mutex_unlock(&accounts->lock);
	return taken;
}

static void account_headers(struct accounts *accounts,
	const struct moment *moment, const char *public_key,
	struct reply *reply)
{
	struct account *account = account_find(accounts, public_key);
	long long reset = moment_now_ms(moment) / 1000 + 60;
	int limit = LIMIT_NONE, remaining = LIMIT_NONE;
	char number[32];

	if (!account) /* no limit */
		return;
	pthread_mutex_lock(&accounts->lock);
	if (accounts->per_minute) {
		limit = accounts->per_minute;
		remaining = account->tokens;
		if (account->tokens < 1)
			reset = moment_now_ms(moment) / 1000 + 1 +
				(1 - account->tokens) * 60 /
					accounts->per_minute;
	}
	pthread_mutex_unlock(&accounts->lock);
	snprintf(number, sizeof(number), "%d", limit);
	reply_header(reply, "X-RateLimit-Limit", number);
	snprintf(number, sizeof(number), "%d", remaining);
	reply_header(reply, "X-RateLimit-Remaining", number);
	snprintf(number, sizeof(number), "%lld", reset);
	reply_header(reply, "X-RateLimit-Reset", number);
}

static int refuse(struct reply *reply, const char *code, const char *message)
{
	reply_error_open(reply, 401, code, message);
	emit_bool(&reply->body, "valid", false);
	emit_string(&reply->body, "reason", "invalid_key");
	emit_close(&reply->body, '}');
	return -EACCES;
}

static bool is_logs(const struct request *request)
{
	return request->part_count == 3 &&
		!strcmp(request->parts[0], "services") &&
		!strcmp(request->parts[2], "logs");
}

static bool is_empty_json(const struct request *request)
{
	return request->body_len == 2 &&
		(!memcmp(request->body, "{}", 2) ||
			!memcmp(request->body, "[]", 2));
}

static bool is_signed(const struct accounts *accounts,
	const struct account *account, const struct request *request)
{
	const char *given = request_header(request, "X-Signature");
	struct signed_text text = {
		.secret = account->secret,
		.stamp = request_header(request, "X-Timestamp"),
		.method = request->method,
		.path = request->path,
		.body = request->body,
		.body_len = request->body_len,
	};
	bool good;

	if (accounts->is_strict) {
		if (is_logs(request))
			text.path = request->target;
		return signature_matches(&text, given);
	}
	good = signature_matches(&text, given);
	text.path = request->target;
	good |= signature_matches(&text, given);
	if (!is_empty_json(request))
		return good;
	text.body_len = 0;
	good |= signature_matches(&text, given);
	text.path = request->path;
	good |= signature_matches(&text, given);
	return good;
}

static int check_stamp(
	const struct moment *moment, const char *stamp, struct reply *reply)
{
	long long now = moment_now_ms(moment) / 1000, then;
	char *end;

	errno = 0;
	then = strtoll(stamp, &end, 10);
	if (errno || end == stamp || *end)
		return refuse(reply, "INVALID_TIMESTAMP",
			"X-Timestamp is not a timestamp in seconds");
	if (then < now - CLOCK_LEEWAY || then > now + CLOCK_LEEWAY)
		return refuse(reply, "INVALID_TIMESTAMP",
			"Request timestamp is more than 5 minutes away from "
			"the server's clock");
	return 0;
}

static int check_key(struct accounts *accounts, const struct moment *moment,
	const struct request *request, struct reply *reply)
{
	const char *bearer = request_header(request, "Authorization");
	const char *stamp = request_header(request, "X-Timestamp");
	struct account *account;
	int err;

	if (!bearer || strncmp(bearer, "Bearer ", 7))
		return refuse(reply, "MISSING_KEY", "No API key was sent");
	account = account_find(accounts, bearer + 7);
	if (!account)
		return refuse(reply, "INVALID_KEY", "Unknown API key");
	if (!stamp || !request_header(request, "X-Signature"))
		return refuse(reply, "MISSING_SIGNATURE",
			"The request is not signed");
	err = check_stamp(moment, stamp, reply);
	if (err)
		return err;
	if (!is_signed(accounts, account, request))
		return refuse(reply, "INVALID_SIGNATURE",
			"The signature does not match the request");
	return 0;
}

int account_admit(struct accounts *accounts, const struct moment *moment,
	struct request *request, struct reply *reply)
{
	const char *bearer = request_header(request, "Authorization");
	int err = check_key(accounts, moment, request, reply);
	struct account *account = NULL;

	if (!err) {
		account = account_find(accounts, bearer + 7);
		request->account = account->public_key;
		if (!bucket_take(accounts, account)) {
			reply_error(reply, 429, "RATE_LIMIT_EXCEEDED",
				"Too many requests for this key");
			err = -EAGAIN;
		}
	}
	account_headers(accounts, moment, request->account, reply);
	return err;
}
