/* SPDX-License-Identifier: MIT */
/* tests/server/service_env.c - the paths of a service's vault */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "action.h"
#include "fields.h"
#include "route.h"
#include "server.h"
#include "switch.h"
#include "vault.h"
#include "words.h"

enum {
	VAULT_MAX = 64 << 10,
};

static bool is_json(const struct request *request)
{
	const char *type = request_header(request, "Content-Type");

	return type && !strncasecmp(type, "application/json", 16);
}

/*
 * Reads what clients send: dotenv text, or four forms of JSON.  PUT of an
 * object adds to the vault: *added is set to it, owned by the caller.
 */
static bool read_vault(struct text *text, json_t **added,
	const struct request *request, struct reply *reply)
{
	static const char *const names[] = { "content", "env", NULL };
	json_t *json, *value;

	if (!is_json(request)) {
		text_add(text, request->body, request->body_len);
		return true;
	}
	json = request_json(request, reply);
	if (!json)
		return false;
	value = fields_first(json, names);
	if (json_is_string(value))
		text_puts(text, json_string_value(value));
	else
		vault_from_json(text, json_is_object(value) ? value : json);
	if (json_is_object(value) && !strcmp(request->method, "PUT"))
		*added = json_incref(value);
	json_decref(json);
	return true;
}

/* Writes {NAME: VALUE, ...}; is_shown false: {}. */
static void emit_values(
	const struct resource *service, bool is_shown, struct reply *reply)
{
	char **words = vault_environment(is_shown ? service->vault : "");
	size_t i;
	char *equals;

	emit_open(&reply->body, "env", '{');
	for (i = 0; words && words[i]; i++) {
		equals = strchr(words[i], '=');
		*equals = '\0';
		emit_string(&reply->body, words[i], equals + 1);
	}
	emit_close(&reply->body, '}');
	words_free(words);
}

static void reply_status(const struct resource *service, struct reply *reply)
{
	int count = vault_count(service->vault);

	action_open(service, reply);
	emit_bool(&reply->body, "has_vault", service->has_vault);
	emit_bool(&reply->body, "exists", service->has_vault);
	emit_int(&reply->body, "count", count);
	emit_int(&reply->body, "variable_count", count);
	if (service->has_vault)
		emit_int(&reply->body, "updated_at", service->vault_s);
}

static void set_vault(
	struct server *server, struct resource *service, const char *text)
{
	resource_set(&service->vault, text);
	service->has_vault = true;
	service->vault_s = moment_now_ms(&server->moment) / 1000;
}

static void drop_variable(
	struct server *server, struct resource *service, const char *name)
{
	struct text text = { 0 };

	text_puts(&text, "");
	vault_without(&text, service->vault, name);
	if (!text.failed)
		set_vault(server, service, text.data);
	text_clear(&text);
}

/* Puts the lines of the other variables before the text. */
static void add_to_vault(struct server *server, struct resource *service,
	const json_t *added, struct text *text)
{
	struct text all = { 0 };
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)added, name, value) {
		drop_variable(server, service, name);
	}
	text_puts(&all, service->vault);
	if (all.len && all.data[all.len - 1] != '\n')
		text_putc(&all, '\n');
	text_add(&all, text->data, text->len);
	text_clear(text);
	*text = all;
}

static void env_set(
	struct server *server, struct request *request, struct reply *reply)
{
	struct text text = { 0 };
	json_t *added = NULL;
	struct resource *service;

	if (!read_vault(&text, &added, request, reply))
		return;
	if (text.len > VAULT_MAX) {
		reply_error(
			reply, 413, "VAULT_TOO_LARGE", "A vault holds 64 KiB");
		text_clear(&text);
		json_decref(added);
		return;
	}
	service = resource_take(server, request, KIND_SERVICE, reply);
	if (service) {
		if (added)
			add_to_vault(server, service, added, &text);
		set_vault(server, service, text.data ? text.data : "");
		reply_status(service, reply);
		emit_bool(&reply->body, "success", true);
		emit_string(&reply->body, "message", "Vault updated");
		emit_values(service, added || switch_is_on(SWITCH_VAULT_VALUES),
			reply);
		emit_close(&reply->body, '}');
		resource_put(server, service);
	}
	text_clear(&text);
	json_decref(added);
}

static bool wants_export(const struct request *request)
{
	char *format = request_query(request, "format");
	bool wanted = format && !strcmp(format, "export");

	free(format);
	return wanted;
}

static struct resource *take_vault(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *service =
		resource_take(server, request, KIND_SERVICE, reply);

	if (!service || service->has_vault)
		return service;
	resource_drop(server);
	reply_error(reply, 404, "VAULT_NOT_FOUND", "There is no vault");
	return NULL;
}

static void env_get(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *service;

	if (wants_export(request)) {
		service = take_vault(server, request, reply);
		if (!service)
			return;
		reply->type = "text/plain; charset=utf-8";
		text_puts(&reply->body, service->vault);
		resource_drop(server);
		return;
	}
	service = resource_take(server, request, KIND_SERVICE, reply);
	if (!service)
		return;
	reply_status(service, reply);
	emit_values(service, switch_is_on(SWITCH_VAULT_VALUES), reply);
	emit_close(&reply->body, '}');
	resource_drop(server);
}

static void env_export(
	struct server *server, struct request *request, struct reply *reply)
{
	struct resource *service = take_vault(server, request, reply);
	size_t len;

	if (!service)
		return;
	len = strlen(service->vault);
	emit_open(&reply->body, NULL, '{');
	emit_bytes(&reply->body, "env", service->vault, len, false);
	emit_bytes(&reply->body, "content", service->vault, len, false);
	emit_int(&reply->body, "count", vault_count(service->vault));
	emit_close(&reply->body, '}');
	resource_drop(server);
}

/* {"keys":[...]} or ?keys=a,b; NULL: all of them. */
static json_t *keys_wanted(const struct request *request, const json_t *json)
{
	static const char *const names[] = { "keys", NULL };
	struct reply unused = { 0 };
	char *query = request_query(request, "keys");
	json_t *holder = json_object(), *keys = NULL;

	if (query)
		json_object_set_new(holder, "keys", json_string(query));
	fields_list(&keys, query ? holder : json, names, &unused);
	reply_clear(&unused);
	json_decref(holder);
	free(query);
	return keys;
}

static void drop_keys(
	struct server *server, struct resource *service, const json_t *keys)
{
	json_t *key;
	size_t i;

	json_array_foreach ((json_t *)keys, i, key) {
		drop_variable(server, service, json_string_value(key));
	}
}

static void emit_deleted(const json_t *keys, struct reply *reply)
{
	char *dump = keys ? json_dumps(keys, JSON_COMPACT) : NULL;

	emit_json(&reply->body, "deleted", dump ? dump : "[]");
	free(dump);
}

static void env_delete(
	struct server *server, struct request *request, struct reply *reply)
{
	json_t *json = request_json(request, reply), *keys;
	struct resource *service;

	if (!json)
		return;
	keys = keys_wanted(request, json);
	service = take_vault(server, request, reply);
	if (service) {
		if (keys) {
			drop_keys(server, service, keys);
		} else {
			resource_set(&service->vault, "");
			service->has_vault = false;
		}
		emit_open(&reply->body, NULL, '{');
		emit_bool(&reply->body, "success", true);
		emit_deleted(keys, reply);
		emit_string(&reply->body, "status", "deleted");
		emit_string(&reply->body, "message", "Vault deleted");
		emit_int(&reply->body, "count", vault_count(service->vault));
		emit_close(&reply->body, '}');
		resource_put(server, service);
	}
	json_decref(keys);
	json_decref(json);
}

const struct route env_routes[] = {
	{ "GET", "/services/ID/env", 0, env_get },
	{ "PUT", "/services/ID/env", 0, env_set },
	{ "POST", "/services/ID/env", 0, env_set },
	{ "DELETE", "/services/ID/env", 0, env_delete },
	{ "POST", "/services/ID/env/export", 0, env_export },
	{ NULL, NULL, 0, NULL },
};
