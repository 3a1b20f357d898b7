/* SPDX-License-Identifier: MIT */
/* tests/server/token_api.c - the contacts and the tokens of a key */
#include <stdio.h>
#include <string.h>

#include "key.h"
#include "route.h"
#include "server.h"

enum {
	TTL_S = 3600,
};

static const char *word_of(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

/* The index of the member with this value, or the number of them. */
static size_t index_of(const json_t *list, const char *name, const char *value)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (!strcmp(word_of(json_array_get(list, i), name), value))
			break;
	return i;
}

static void list_copy(struct server *server, const json_t *list,
	const char *name, struct reply *reply)
{
	json_t *copy;

	pthread_mutex_lock(&server->accounts.lock);
	copy = json_deep_copy(list);
	pthread_mutex_unlock(&server->accounts.lock);
	key_reply(reply, json_pack("{s:o}", name, copy));
}

static void contact_list(
	struct server *server, struct request *request, struct reply *reply)
{
	list_copy(server, key_of(server, request)->contacts, "contacts", reply);
}

/* The first contact, who is the owner. */
static const char *inviter(const json_t *list)
{
	const char *email = word_of(json_array_get(list, 0), "email");

	return email ? email : "";
}

static bool is_role(const char *role)
{
	return !strcmp(role, "owner") || !strcmp(role, "operator") ||
		!strcmp(role, "reader");
}

static json_t *contact_new(struct server *server, const char *email,
	const char *role, const char *invited_by)
{
	char iso[32];

	moment_iso(moment_now_ms(&server->moment), iso, sizeof(iso));
	return json_pack("{s:s s:s s:b s:s s:s}", "email", email, "role", role,
		"verified", 0, "invited_by", invited_by, "created_at", iso);
}

static void contact_add(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply), *list, *contact = NULL;
	const char *email = word_of(json, "email"), *role = "reader";

	if (!json)
		return;
	if (word_of(json, "role"))
		role = word_of(json, "role");
	list = key_of(server, request)->contacts;
	pthread_mutex_lock(&server->accounts.lock);
	if (email && strchr(email, '@') && is_role(role) &&
		index_of(list, "email", email) == json_array_size(list)) {
		contact = contact_new(server, email, role, inviter(list));
		json_array_append(list, contact);
	}
	pthread_mutex_unlock(&server->accounts.lock);
	if (contact)
		key_reply(reply,
			json_pack(
				"{s:b s:o}", "success", 1, "contact", contact));
	else
		reply_error(reply, 400, "INVALID_CONTACT",
			"email is a new address, role is owner, operator or "
			"reader");
	json_decref(json);
}

/* Changes the contact's role; NULL: removes it. */
static void contact_change(struct server *server, struct request *request,
	const char *role, struct reply *reply)
{
	json_t *list = key_of(server, request)->contacts;
	size_t at;

	pthread_mutex_lock(&server->accounts.lock);
	at = index_of(list, "email", request->parts[3]);
	if (at == json_array_size(list))
		reply_error(reply, 404, "CONTACT_NOT_FOUND",
			"There is no such contact");
	else if (role)
		json_object_set_new(
			json_array_get(list, at), "role", json_string(role));
	else
		json_array_remove(list, at);
	pthread_mutex_unlock(&server->accounts.lock);
	if (reply->status < 400)
		text_puts(&reply->body, "{\"success\":true}");
}

static void contact_patch(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply);
	const char *role = word_of(json, "role");

	if (!json)
		return;
	if (role && is_role(role))
		contact_change(server, request, role, reply);
	else
		reply_error(reply, 400, "INVALID_CONTACT",
			"role is owner, operator or reader");
	json_decref(json);
}

static void contact_delete(
	struct server *server, struct request *request, struct reply *reply)
{
	contact_change(server, request, NULL, reply);
}

static void token_mint(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply), *token;
	const json_t *ttl = json_object_get(json, "ttl");
	char id[IDENTITY_SIZE], iso[32];

	if (!json)
		return;
	identity_make(id, "unsb-token");
	moment_iso(moment_now_ms(&server->moment) +
			(ttl ? json_integer_value(ttl) : TTL_S) * 1000,
		iso, sizeof(iso));
	token = json_pack("{s:s s:s}", "token", id, "expires_at", iso);
	pthread_mutex_lock(&server->accounts.lock);
	json_array_append(key_of(server, request)->minted, token);
	pthread_mutex_unlock(&server->accounts.lock);
	key_reply(reply, token);
	json_decref(json);
}

static void token_revoke(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply), *list;
	const char *token = word_of(json, "token");
	size_t at;

	if (!json)
		return;
	list = key_of(server, request)->minted;
	pthread_mutex_lock(&server->accounts.lock);
	at = token ? index_of(list, "token", token) : json_array_size(list);
	if (json_array_remove(list, at))
		reply_error(reply, 404, "TOKEN_NOT_FOUND",
			"There is no such token");
	else
		text_puts(&reply->body, "{\"success\":true}");
	pthread_mutex_unlock(&server->accounts.lock);
	json_decref(json);
}

static void token_list(
	struct server *server, struct request *request, struct reply *reply)
{
	list_copy(server, key_of(server, request)->minted, "tokens", reply);
}

const struct route token_routes[] = {
	{ "GET", "/keys/self/contacts", 0, contact_list },
	{ "POST", "/keys/self/contacts", 0, contact_add },
	{ "PATCH", "/keys/self/contacts/KEY", 0, contact_patch },
	{ "DELETE", "/keys/self/contacts/KEY", 0, contact_delete },
	{ "POST", "/mint-token", 0, token_mint },
	{ "POST", "/revoke-token", 0, token_revoke },
	{ "POST", "/list-tokens", 0, token_list },
	{ NULL, NULL, 0, NULL },
};
