/* SPDX-License-Identifier: MIT */
/* tests/server/shape.c - gives answers the form that switches ask for */
#include "shape.h"

#include <stdlib.h>
#include <string.h>

#include "switch.h"

/* Requests whose answer needs no body: the status says it all. */
static bool is_action(const struct request *request)
{
	static const char *const words[] = { "boost", "freeze", "grant", "lock",
		"redeploy", "restore", "revoke", "sleep", "transfer", "unboost",
		"unfreeze", "unlock", "visibility", "wake" };
	size_t i;

	if (!strcmp(request->method, "DELETE"))
		return true;
	for (i = 0;
		request->part_count == 3 && i < sizeof(words) / sizeof(*words);
		i++)
		if (!strcmp(request->parts[2], words[i]))
			return true;
	return false;
}

static json_t *body_of(const struct reply *reply)
{
	return reply->body.data ? json_loadb(reply->body.data, reply->body.len,
					  JSON_ALLOW_NUL, NULL)
				: NULL;
}

static void shape_error(struct reply *reply)
{
	json_t *json = body_of(reply);
	const char *message =
		json_string_value(json_object_get(json, "message"));
	const char *code = json_string_value(json_object_get(json, "code"));

	if (!message || reply->status == 428) {
		json_decref(json);
		return;
	}
	if (reply->status == 401 && code && switch_is_on(SWITCH_COLON_WORDS)) {
		text_clear(&reply->body);
		text_printf(&reply->body, "{\"error\":\":%s\"}", code);
	}
	if (switch_is_on(SWITCH_TEXT_ERRORS))
		reply_text(reply, reply->status,
			reply->status == 401 && code ? code : message);
	json_decref(json);
}

/* The list of an answer that is a list. */
static json_t *list_of(const struct request *request, const json_t *json)
{
	static const char *const names[] = { "jobs", "sessions", "services",
		"snapshots", "images" };
	size_t i,
		count = switch_is_on(SWITCH_BARE_LISTS)
		? sizeof(names) / sizeof(*names)
		: switch_is_on(SWITCH_BARE_JOBS);

	for (i = 0; i < count; i++)
		if (!strcmp(request->method, "GET") &&
			!strcmp(request->parts[0], names[i]))
			return json_object_get(json, names[i]);
	return NULL;
}

static void shape_answer(const struct request *request, struct reply *reply)
{
	json_t *json = body_of(reply);
	const json_t *list;
	char *dump;

	if (switch_is_on(SWITCH_LEAN_ANSWERS))
		lean_keep(request, json);
	list = list_of(request, json);
	dump = json ? json_dumps(list ? list : json, JSON_COMPACT) : NULL;
	if (dump) {
		text_clear(&reply->body);
		text_puts(&reply->body, dump);
	}
	free(dump);
	json_decref(json);
}

void shape_reply(const struct request *request, struct reply *reply)
{
	if (reply->status >= 400) {
		shape_error(reply);
	} else if (is_action(request) && switch_is_on(SWITCH_EMPTY_ACTIONS)) {
		text_clear(&reply->body);
	} else if (is_action(request) && switch_is_on(SWITCH_TEXT_ACTIONS)) {
		reply_text(reply, reply->status, "OK");
	} else if (switch_is_on(SWITCH_LEAN_ANSWERS) ||
		switch_is_on(SWITCH_BARE_LISTS) ||
		switch_is_on(SWITCH_BARE_JOBS)) {
		shape_answer(request, reply);
	}
}
