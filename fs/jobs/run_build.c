/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_build.c - requests that run programs and commands; for the
 * worker */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

enum {
	TTL_DEFAULT_S = 60,
	COMMAND_DEFAULT_S = 30,
	COMMAND_UNLIMITED_S = 24 * 3600,
};

static const char *const request_settings[] = { "env", "network_mode", "ttl",
	"return_artifact", "return_wasm_artifact", "vcpu" };
enum {
	SETTINGS = sizeof(request_settings) / sizeof(*request_settings),
	RUN_SETTINGS = SETTINGS - 1, /* of POST /run: all but vcpu */
};

const json_t *run_setting(const struct run *run, const char *name)
{
	return json_object_get(run->settings, name);
}

/* The value for the request; NULL: none, since it is the API's default. */
static json_t *request_setting(const struct run *run, size_t i)
{
	json_t *value = json_object_get(run->settings, request_settings[i]);

	if (json_is_false(value) ||
		(json_is_object(value) && !json_object_size(value)))
		return NULL;
	return value;
}

static uint64_t run_timeout_ms(const struct run *run, json_int_t seconds)
{
	return seconds * 1000 + run->core->options->timeout_ms;
}

/* Takes body; NULL: out of memory. */
static int run_write_body(struct run *run, json_t *body)
{
	run->body = body ? json_write(body, &run->body_len) : NULL;
	json_decref(body);
	return run->body ? 0 : -ENOMEM;
}

/* ---- POST /run: the #! line tells the language ---- */

static int build_run(struct run *run, const char *content, size_t len)
{
	struct api_param *param = run->query;

	for (size_t i = 0; i < RUN_SETTINGS; i++) {
		const json_t *value = request_setting(run, i);
		size_t text_len;
		if (!value)
			continue;
		param->value = json_is_true(value)
			? strdup("true")
			: json_value_text(value, &text_len);
		if (!param->value)
			return -ENOMEM;
		param++->name = request_settings[i];
	}
	run->body = malloc(len ? len : 1);
	if (!run->body)
		return -ENOMEM;
	memcpy(run->body, content, len);
	run->body_len = len;
	run->language = language_of_shebang(content, len);
	run->endpoint = run->kind->is_async ? API_RUN_ASYNC : API_RUN;
	return 0;
}

/* ---- POST /execute ---- */

static int build_execute(
	struct run *run, const char *language, const char *content, size_t len)
{
	json_t *body = json_pack("{s:s s:o}", "language", language, "code",
		json_from_bytes(content, len));
	int err = body ? run_put_inputs(run, body) : -ENOMEM;

	for (size_t i = 0; !err && i < SETTINGS; i++) {
		json_t *value = request_setting(run, i);
		if (value && json_object_set(body, request_settings[i], value))
			err = -ENOMEM;
	}
	run->language = language;
	run->endpoint = run->kind->is_async ? API_EXECUTE_ASYNC : API_EXECUTE;
	if (!err)
		return run_write_body(run, body);
	json_decref(body);
	return err;
}

/*
 * A file whose name tells no language is sent as it is to /run, which reads
 * its #! line. /run takes neither input files nor processors: with those, and
 * an interpreter that we know, it is sent to /execute.
 */
int run_build_execute(struct run *run, const char *content, size_t len)
{
	const json_t *ttl = run_setting(run, "ttl");
	const char *language = json_string_value(run_setting(run, "language"));

	if (!run->kind->is_async)
		run->timeout_ms = run_timeout_ms(
			run, ttl ? json_integer_value(ttl) : TTL_DEFAULT_S);
	if (!language || !*language)
		language = language_of_name(run->name);
	if (language)
		return build_execute(run, language, content, len);
	if (json_integer_value(run_setting(run, "vcpu")) > 1 ||
		run->input_count)
		language = language_of_shebang(content, len);
	return language ? build_execute(run, language, content, len)
			: build_run(run, content, len);
}

/* ---- commands in a service or a session ---- */

static int build_command(struct run *run, enum api_endpoint endpoint,
	const char *content, size_t len)
{
	const json_t *set = run_setting(run, "timeout");
	json_int_t timeout_s =
		set ? json_integer_value(set) : COMMAND_DEFAULT_S;

	while (len && content[len - 1] == '\n')
		len--;
	run->endpoint = endpoint;
	run->timeout_ms = run_timeout_ms(
		run, timeout_s ? timeout_s : COMMAND_UNLIMITED_S);
	return run_write_body(run,
		json_pack("{s:o s:I}", "command", json_from_bytes(content, len),
			"timeout", timeout_s * 1000));
}

int run_build_service_command(struct run *run, const char *content, size_t len)
{
	return build_command(run, API_SERVICE_EXECUTE, content, len);
}

int run_build_session_command(struct run *run, const char *content, size_t len)
{
	return build_command(run, API_SESSION_EXECUTE, content, len);
}
