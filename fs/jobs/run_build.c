/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_build.c - the bodies of requests that run programs; for the
 * worker */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/jobs/run.h"

enum { TTL_DEFAULT_S = 60 };

const json_t *run_setting(const struct run *run, const char *name)
{
	return json_object_get(run->settings, name);
}

static int put(json_t *body, const char *name, const json_t *value)
{
	return value ? json_object_set(body, name, (json_t *)value) : 0;
}

static int put_settings(const struct run *run, json_t *body)
{
	static const char *const names[] = { "ttl", "network_mode",
		"return_artifact", "return_wasm_artifact", "vcpu", "env" };
	int err = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const json_t *value = run_setting(run, names[i]);
		if (json_is_false(value) ||
			(json_is_object(value) && !json_object_size(value)))
			continue;
		err |= put(body, names[i], value);
	}
	return err ? -ENOMEM : 0;
}

static const char *run_language(
	const struct run *run, const char *content, size_t len)
{
	const char *set = json_string_value(run_setting(run, "language"));

	if (set && *set)
		return set;
	set = language_of_name(run->name);
	return set ? set : language_of_shebang(content, len);
}

/* ---- POST /run: the #! line tells the language ---- */

static int add_query(struct run *run, const char *name, char *text)
{
	size_t i = 0;

	if (!text)
		return -ENOMEM;
	while (run->query[i].name)
		i++;
	run->query_text[i] = text;
	run->query[i].name = name;
	run->query[i].value = text;
	return 0;
}

static int build_run(struct run *run, const char *content, size_t len)
{
	static const char *const names[] = { "env", "network_mode", "ttl",
		"return_artifact", "return_wasm_artifact" };
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(names) / sizeof(*names); i++) {
		const json_t *value = run_setting(run, names[i]);
		size_t text_len;
		if (!value || json_is_false(value) ||
			(json_is_object(value) && !json_object_size(value)))
			continue;
		err = add_query(run, names[i],
			json_is_true(value)
				? strdup("true")
				: json_value_text(value, &text_len));
	}
	run->body = malloc(len ? len : 1);
	if (!run->body)
		return -ENOMEM;
	memcpy(run->body, content, len);
	run->body_len = len;
	run->endpoint = run->kind->is_async ? API_RUN_ASYNC : API_RUN;
	return err;
}

static int build_execute(
	struct run *run, const char *language, const char *content, size_t len)
{
	json_t *body = json_pack("{s:s s:o}", "language", language, "code",
		json_from_bytes(content, len));
	int err = body ? run_put_inputs(run, body) : -ENOMEM;

	if (!err)
		err = put_settings(run, body);
	if (!err) {
		run->body = json_write(body, &run->body_len);
		err = run->body ? 0 : -ENOMEM;
	}
	json_decref(body);
	run->endpoint = run->kind->is_async ? API_EXECUTE_ASYNC : API_EXECUTE;
	return err;
}

/*
 * A file whose name tells no language is sent as it is to /run, which reads
 * its #! line. /run takes neither input files nor processors: with those, and
 * an interpreter that we know, it is /execute all the same.
 */
int run_build_execute(struct run *run, const char *content, size_t len)
{
	const json_t *ttl = run_setting(run, "ttl");
	const json_t *set = run_setting(run, "language");
	const char *language = run_language(run, content, len);
	bool is_named =
		language_of_name(run->name) || json_string_length(set) > 0;

	run->timeout_ms =
		(ttl ? json_integer_value(ttl) : TTL_DEFAULT_S) * 1000 +
		run->grace_ms;
	if (run->kind->is_async)
		run->timeout_ms = 0;
	if (language &&
		(is_named || json_integer_value(run_setting(run, "vcpu")) > 1 ||
			run_has_inputs(run)))
		return build_execute(run, language, content, len);
	return build_run(run, content, len);
}
