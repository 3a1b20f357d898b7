/* SPDX-License-Identifier: MIT */
/* tests/server/account.c - key pairs, signatures and rate limits */
#include "account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signature.h"
#include "switch.h"

enum {
	/* Seconds that a client's clock may differ. */
	CLOCK_LEEWAY = 300,
	/* The value of the headers without a limit. */
	LIMIT_NONE = 100000,
};

static void account_begin(struct account *account)
{
	const struct moment now = { 0 };
	char iso[32];

	account->created_ms = moment_wall_ms(&now);
	moment_iso(account->created_ms, iso, sizeof(iso));
	account->contacts =
		json_pack("[{s:s s:s s:b s:s}]", "email", "someone@example.com",
			"role", "owner", "verified", 1, "created_at", iso);
	account->minted = json_array();
	account->audit = json_array();
}

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
		account->needs_sudo = options->sudo;
		account_begin(account);
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

	for (i = 0; i < accounts->count; i++) {
		free(accounts->list[i].public_key);
		json_decref(accounts->list[i].contacts);
		json_decref(accounts->list[i].minted);
		json_decref(accounts->list[i].audit);
	}
	pthread_mutex_destroy(&accounts->lock);
}

void accounts_set_rate(struct accounts *accounts, double per_minute, int burst)
{
	int i;

	pthread_mutex_lock(&accounts->lock);
	accounts->per_minute = per_minute;
	accounts->burst = burst;
	for (i = 0; i < accounts->count; i++) {
		accounts->list[i].tokens = burst;
		accounts->list[i].filled_ms = 0;
	}
	pthread_mutex_unlock(&accounts->lock);
}

struct account *account_find(struct accounts *accounts, const char *public_key)
{
	int i;

	for (i = 0; public_key && i < accounts->count; i++)
		if (!strcmp(accounts->list[i].public_key, public_key))
			return &accounts->list[i];
	return NULL;
}

static void bucket_fill(
	struct accounts *accounts, struct account *account, long long now)
{
	if (account->filled_ms && now > account->filled_ms)
		account->tokens += (now - account->filled_ms) *
			accounts->per_minute / 60000.0;
	if (account->tokens > accounts->burst)
		account->tokens = accounts->burst;
	account->filled_ms = now;
}

static bool bucket_take(
	struct accounts *accounts, struct account *account, long long now)
{
	bool taken = true;

	pthread_mutex_lock(&accounts->lock);
	if (accounts->per_minute) {
		bucket_fill(accounts, account, now);
		taken = account->tokens >= 1;
		if (taken)
			account->tokens -= 1;
	}
	pthread_mutex_unlock(&accounts->lock);
	return taken;
}

int accounts_limit(double per_minute)
{
	int whole = per_minute;

	return whole + (whole < per_minute);
}

static void account_headers(struct accounts *accounts,
	const struct moment *moment, const char *public_key,
	struct reply *reply)
{
	struct account *account = account_find(accounts, public_key);
	long long now = moment_wall_ms(moment) / 1000, reset = now + 60;
	int limit = LIMIT_NONE, remaining = LIMIT_NONE;
	char number[32];

	if (!account) /* no limit */
		return;
	pthread_mutex_lock(&accounts->lock);
	if (accounts->per_minute) {
		limit = accounts_limit(accounts->per_minute);
		remaining = account->tokens;
		if (account->tokens < 1)
			reset = now + 1 +
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

/* unsandboxfs signs the query of these: logs, the port and the upgrade. */
static bool signs_query(const struct request *request)
{
	return request->part_count >= 3 &&
		!strcmp(request->parts[0], "services");
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

	if (accounts->is_strict || switch_is_on(SWITCH_SIGNED_QUERY)) {
		if (signs_query(request) || switch_is_on(SWITCH_SIGNED_QUERY))
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
	long long now = moment_wall_ms(moment) / 1000, then;
	char *end;

	errno = 0;
	then = strtoll(stamp, &end, 10);
	if (errno || end == stamp || *end)
		return refuse(reply, "invalid_timestamp",
			"X-Timestamp is not a timestamp in seconds");
	if (then < now - CLOCK_LEEWAY || then > now + CLOCK_LEEWAY)
		return refuse(reply, "invalid_timestamp",
			"Request timestamp is more than 5 minutes away from "
			"the server's clock");
	return 0;
}

static bool is_paid(const struct request *request)
{
	static const char *const paid[] = { "sessions", "services", "snapshots",
		"images" };
	size_t i;

	for (i = 0; i < sizeof(paid) / sizeof(*paid); i++)
		if (!strcmp(request->parts[0], paid[i]))
			return strcmp(request->method, "GET") != 0;
	return false;
}

/* A key can always be asked about. */
static int check_state(const struct account *account,
	const struct request *request, struct reply *reply)
{
	if (account->state == ACCOUNT_ACTIVE ||
		!strcmp(request->pattern, "/keys/validate"))
		return 0;
	if (account->state == ACCOUNT_FREE && !is_paid(request))
		return 0;
	account_refuse_state(account, reply);
	return -EACCES;
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
		return refuse(reply, "invalid_signature",
			"The signature does not match the request");
	return check_state(account, request, reply);
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
		if (!bucket_take(accounts, account, moment_now_ms(moment))) {
			reply_error(reply, 429, "RATE_LIMIT_EXCEEDED",
				"Too many requests for this key");
			err = -EAGAIN;
		}
	}
	account_headers(accounts, moment, request->account, reply);
	return err;
}
