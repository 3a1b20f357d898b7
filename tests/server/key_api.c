/* SPDX-License-Identifier: MIT */
/* tests/server/key_api.c - the paths under /keys */
#include <string.h>

#include "fields.h"
#include "key.h"
#include "route.h"
#include "server.h"
#include "switch.h"

enum {
	TIER = 3,
	/* What the API gives for a key without a limit. */
	RATE = 100000,
	CONTAINERS = 1000,
};

static const char email_first[] = "someone@example.com";

static void emit_limits(struct server *server, struct text *body)
{
	int limit = atomic_load(&server->concurrency);
	int per_minute, burst;

	pthread_mutex_lock(&server->accounts.lock);
	per_minute = accounts_limit(server->accounts.per_minute);
	burst = server->accounts.burst;
	pthread_mutex_unlock(&server->accounts.lock);
	per_minute = per_minute ? per_minute : RATE;
	emit_int(body, "rate_per_minute", per_minute);
	emit_int(body, "rate_limit", per_minute);
	emit_int(body, "burst", burst ? burst : RATE);
	emit_int(body, "concurrency", limit ? limit : CONTAINERS);
	emit_int(body, "concurrency_limit", limit ? limit : CONTAINERS);
	emit_int(body, "max_sessions", limit ? limit : CONTAINERS);
}

static void emit_account(const char *public_key, struct text *body)
{
	emit_string(body, "account_id", "account-1");
	emit_string(body, "email", email_first);
	emit_open(body, "account", '{');
	emit_string(body, "id", "account-1");
	emit_string(body, "public_key", public_key);
	emit_close(body, '}');
}

static void key_validate(
	struct server *server, struct request *request, struct reply *reply)
{
	const struct account *account = key_of(server, request);
	struct text *body = &reply->body;

	emit_open(body, NULL, '{');
	if (account->state > ACCOUNT_FREE) {
		account_emit_state(account, body);
		emit_close(body, '}');
		return;
	}
	emit_bool(body, "valid", true);
	emit_string(body, "public_key", request->account);
	if (switch_is_on(SWITCH_TIER_TEXT))
		emit_string(body, "tier", "Tier 3");
	else
		emit_int(body, "tier", account->state ? 0 : TIER);
	emit_string(body, "plan", account->state ? "Free" : "Tier 3");
	emit_string(body, "status", "active");
	emit_limits(server, body);
	if (switch_is_on(SWITCH_NO_EXPIRY))
		emit_json(body, "expires_at", "null");
	else
		emit_string(body, "expires_at", "2099-12-31T23:59:59Z");
	emit_string(body, "valid_through_datetime", "2099-12-31T23:59:59Z");
	emit_string(body, "valid_for_human", "many years");
	emit_string(body, "time_remaining", "many years");
	emit_account(request->account, body);
	emit_close(body, '}');
}

/* The address of the owner, or nothing. */
static const char *email_of(const struct account *account)
{
	const char *email = json_string_value(
		json_object_get(json_array_get(account->contacts, 0), "email"));

	return email ? email : "";
}

static void key_self(
	struct server *server, struct request *request, struct reply *reply)
{
	struct account *account = key_of(server, request);
	char iso[32];
	json_t *json;

	moment_iso(account->created_ms, iso, sizeof(iso));
	pthread_mutex_lock(&server->accounts.lock);
	json = json_pack("{s:s s:s s:b s:i s:s s:i}", "key",
		account->public_key, "email", email_of(account),
		"sudo_required", account->needs_sudo, "tier",
		account->state ? 0 : TIER, "created_at", iso, "contacts_count",
		(int)json_array_size(account->contacts));
	pthread_mutex_unlock(&server->accounts.lock);
	key_reply(reply, json);
}

static void set_email(struct account *account, const json_t *email)
{
	json_t *owner = json_array_get(account->contacts, 0);

	if (!owner) {
		owner = json_pack("{s:s s:b}", "role", "owner", "verified", 0);
		json_array_append_new(account->contacts, owner);
	}
	json_object_set(owner, "email", (json_t *)email);
}

static void key_patch(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply), *answer;
	struct account *account = key_of(server, request);
	const json_t *email;

	if (!json)
		return;
	email = json_object_get(json, "email");
	pthread_mutex_lock(&server->accounts.lock);
	fields_bool(&account->needs_sudo, json, "sudo_required");
	if (json_is_string(email))
		set_email(account, email);
	answer = json_pack("{s:b s:{s:s s:s s:b}}", "success", 1, "key", "key",
		account->public_key, "email", email_of(account),
		"sudo_required", account->needs_sudo);
	pthread_mutex_unlock(&server->accounts.lock);
	key_reply(reply, answer);
	json_decref(json);
}

static void audit_log(
	struct server *server, struct request *request, struct reply *reply)
{
	struct account *account = key_of(server, request);
	json_t *entries;

	pthread_mutex_lock(&server->accounts.lock);
	entries = json_deep_copy(account->audit);
	pthread_mutex_unlock(&server->accounts.lock);
	key_reply(reply,
		json_pack("{s:o s:i}", "entries", entries, "count",
			(int)json_array_size(entries)));
}

/* At the real API this path is on another host, the portal. */
static void am_i_throttled(
	struct server *server, struct request *request, struct reply *reply)
{
	struct text *body = &reply->body;
	int active = jobs_active(&server->jobs, request->account);
	int limit = atomic_load(&server->concurrency);
	bool is_full = limit && active >= limit, is_late;
	struct account *account = key_of(server, request);
	int per_minute, used;

	pthread_mutex_lock(&server->accounts.lock);
	per_minute = accounts_limit(server->accounts.per_minute);
	used = per_minute ? server->accounts.burst - account->tokens : 0;
	is_late = per_minute && account->tokens < 1;
	pthread_mutex_unlock(&server->accounts.lock);
	emit_open(body, NULL, '{');
	emit_int(body, "active_executions", active);
	emit_limits(server, body);
	emit_int(body, "requests_used_in_last_60s", used);
	emit_bool(body, "should_throttle", is_full || is_late);
	emit_close(body, '}');
}

const struct route key_routes[] = {
	{ "POST", "/keys/validate", 0, key_validate },
	{ "GET", "/keys/self", 0, key_self },
	{ "PATCH", "/keys/self", 0, key_patch },
	{ "GET", "/keys/self/audit-log", 0, audit_log },
	{ "GET", "/keys/am-i-throttled", ROUTE_OLD, am_i_throttled },
	{ NULL, NULL, 0, NULL },
};
