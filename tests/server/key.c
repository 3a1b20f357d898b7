/* SPDX-License-Identifier: MIT */
/* tests/server/key.c - the state of keys, and the record of their use */
#include "key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

enum {
	ENTRIES = 1000,
};

struct account *key_of(struct server *server, const struct request *request)
{
	return account_find(&server->accounts, request->account);
}

void key_reply(struct reply *reply, json_t *json)
{
	char *dump = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (dump)
		text_puts(&reply->body, dump);
	else
		reply_error(reply, 500, "INTERNAL_ERROR", "out of memory");
	free(dump);
	json_decref(json);
}

/* The services of an expired key are frozen until the key is extended. */
static void freeze_services(
	struct server *server, const char *owner, bool is_frozen)
{
	struct shelf *shelf = &server->resources.shelves[KIND_SERVICE];
	size_t i;

	pthread_mutex_lock(&server->resources.lock);
	for (i = 0; i < shelf->count; i++) {
		struct resource *service = shelf->list[i];

		if (strcmp(service->owner, owner))
			continue;
		child_freeze(&service->child, is_frozen);
		resource_set(&service->state, is_frozen ? "frozen" : "running");
	}
	pthread_mutex_unlock(&server->resources.lock);
}

static int state_of(const char *word)
{
	int state;

	for (state = 0; word && state < ACCOUNT_STATES; state++)
		if (!strcmp(account_state_word(state), word))
			return state;
	return -1;
}

static bool change(
	struct server *server, struct account *account, const json_t *json)
{
	const json_t *word = json_object_get(json, "state");
	const json_t *sudo = json_object_get(json, "sudo");
	int state =
		word ? state_of(json_string_value(word)) : (int)account->state;
	bool was_expired = account->state == ACCOUNT_EXPIRED;

	if (state < 0)
		return false;
	pthread_mutex_lock(&server->accounts.lock);
	account->state = state;
	if (sudo)
		account->needs_sudo = json_is_true(sudo);
	pthread_mutex_unlock(&server->accounts.lock);
	if (was_expired != (state == ACCOUNT_EXPIRED))
		freeze_services(server, account->public_key, !was_expired);
	return true;
}

void key_put(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const char *key = json_string_value(json_object_get(json, "key"));
	struct account *account = key ? account_find(&server->accounts, key)
				      : &server->accounts.list[0];

	if (!json)
		return;
	if (account && change(server, account, json))
		text_puts(&reply->body, "{\"ok\":true}");
	else
		reply_error(reply, 400, "BAD_VALUE",
			"key is a public key; state is active, free, expired, "
			"revoked or suspended");
	json_decref(json);
}

/* service.freeze, session.create ... */
static void name_action(
	const struct request *request, const char *type, char *buf, size_t size)
{
	const char *word = "create";

	if (request->part_count > 2)
		word = request->parts[request->part_count - 1];
	else if (!strcmp(request->method, "DELETE"))
		word = "delete";
	else if (!strcmp(request->method, "PATCH"))
		word = "update";
	snprintf(buf, size, "%s.%s", type, word);
}

static json_t *entry_of(struct server *server, const struct request *request,
	const struct reply *reply)
{
	char type[24], action[80], iso[32];

	snprintf(type, sizeof(type), "%.*s", (int)strlen(request->parts[0]) - 1,
		request->parts[0]);
	name_action(request, type, action, sizeof(action));
	moment_iso(moment_now_ms(&server->moment), iso, sizeof(iso));
	return json_pack("{s:s s:s s:o s:s s:s s:s s:s}", "action", action,
		"client_ip", "127.0.0.1", "metadata",
		reply->sudo_by[0]
			? json_pack("{s:s}", "sudo_email", reply->sudo_by)
			: json_object(),
		"resource_id", request->part_count > 1 ? request->parts[1] : "",
		"resource_type", type, "result",
		reply->status < 400 ? "success" : "failure", "timestamp", iso);
}

void key_note(struct server *server, const struct request *request,
	const struct reply *reply)
{
	static const char *const recorded[] = { "sessions", "services",
		"snapshots", "images" };
	struct account *account = key_of(server, request);
	size_t i = 0;

	if (!account || !strcmp(request->method, "GET"))
		return;
	while (i < 4 && strcmp(request->parts[0], recorded[i]))
		i++;
	if (i == 4)
		return;
	pthread_mutex_lock(&server->accounts.lock);
	json_array_append_new(account->audit, entry_of(server, request, reply));
	if (json_array_size(account->audit) > ENTRIES)
		json_array_remove(account->audit, 0);
	pthread_mutex_unlock(&server->accounts.lock);
}
