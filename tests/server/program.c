/* SPDX-License-Identifier: MIT */
/* tests/server/program.c - the program in a request */
#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "switch.h"

enum {
	TTL_DEFAULT = 60,
	TTL_MAX = 900,
	VCPU_MAX = 8,
};

void program_clear(struct program *program)
{
	size_t i;

	for (i = 0; i < program->file_count; i++) {
		free(program->files[i].name);
		text_clear(&program->files[i].bytes);
	}
	for (i = 0; i < program->env_count; i++)
		free(program->env[i]);
	free(program->files);
	free(program->env);
	text_clear(&program->code);
	memset(program, 0, sizeof(*program));
}

static int refuse(struct reply *reply, const char *code, const char *message)
{
	reply_error(reply, 400, code, message);
	return -EINVAL;
}

static json_t *first_of(const json_t *json, const char *const *names)
{
	json_t *value = NULL;

	for (; *names && !value; names++) {
		value = json_object_get(json, *names);
		if (json_is_null(value))
			value = NULL;
	}
	return value;
}

/* A name may contain subdirectories, but not lead out. */
static bool is_name_safe(const char *name)
{
	const char *at = name;
	size_t len;

	if (!*name || *name == '/')
		return false;
	for (; *at; at += len) {
		at += *at == '/';
		len = strcspn(at, "/");
		if (len == 0 || len > 255 || (len == 1 && *at == '.') ||
			(len == 2 && !memcmp(at, "..", 2)))
			return false;
	}
	return true;
}

static int file_read(
	struct input_file *file, const json_t *json, struct reply *reply)
{
	static const char *const names[] = { "filename", "name", "path", NULL };
	static const char *const contents[] = { "content", "content_base64",
		"data", NULL };
	const char *name = json_string_value(first_of(json, names));
	const json_t *content = first_of(json, contents);

	if (!name || !json_is_string(content))
		return refuse(reply, "INVALID_INPUT_FILE",
			"input_files needs filename and content");
	file->name = strndup(name, strcspn(name, "\r\n"));
	if (!file->name || !is_name_safe(file->name))
		return refuse(reply, "INVALID_INPUT_FILE",
			"the filename of an input file is not usable");
	if (base64_decode(&file->bytes, json_string_value(content),
		    json_string_length(content)))
		return refuse(reply, "INVALID_INPUT_FILE",
			"the content of an input file is not base64");
	return 0;
}

int program_read_files(
	struct program *program, const json_t *json, struct reply *reply)
{
	const json_t *files = json_object_get(json, "input_files");
	size_t count = json_array_size(files);
	size_t i;
	int err = 0;

	if (!files || json_is_null(files))
		return 0;
	if (!json_is_array(files))
		return refuse(reply, "INVALID_INPUT_FILE",
			"input_files is not an array");
	program->files = calloc(count + 1, sizeof(*program->files));
	for (i = 0; program->files && i < count && !err; i++) {
		program->file_count = i + 1;
		err = file_read(
			program->files + i, json_array_get(files, i), reply);
	}
	return program->files ? err : -ENOMEM;
}

int program_read_env(
	struct program *program, const json_t *env, struct reply *reply)
{
	const char *key;
	json_t *value;
	char *pair;

	if (!env || json_is_null(env))
		return 0;
	if (!json_is_object(env))
		return refuse(reply, "INVALID_ENV", "env is not an object");
	program->env = calloc(json_object_size(env) + 1, sizeof(char *));
	json_object_foreach ((json_t *)env, key, value) {
		if (!program->env || !*key || strchr(key, '=') ||
			!json_is_string(value))
			return refuse(reply, "INVALID_ENV",
				"env must map names to strings");
		if (asprintf(&pair, "%s=%s", key, json_string_value(value)) < 0)
			return refuse(reply, "INVALID_ENV", "env is too large");
		program->env[program->env_count++] = pair;
	}
	return 0;
}

int program_read_network(
	bool *has_network, const json_t *json, struct reply *reply)
{
	static const char *const names[] = { "network_mode", "network", NULL };
	const json_t *value = switch_is_on(SWITCH_OBEY_NETWORK)
		? first_of(json, names)
		: json_object_get(json, "network_mode");
	const char *mode = json_string_value(value);

	if (!value || json_is_null(value))
		return 0;
	*has_network = mode && !strcmp(mode, "semitrusted");
	if (*has_network || (mode && !strcmp(mode, "zerotrust")))
		return 0;
	return refuse(reply, "INVALID_NETWORK_MODE",
		"network_mode is zerotrust or semitrusted");
}

int program_read_vcpu(int *vcpu, const json_t *json, struct reply *reply)
{
	const json_t *value = json_object_get(json, "vcpu");
	json_int_t number = json_integer_value(value);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_integer(value) || number < 1 || number > VCPU_MAX)
		return refuse(reply, "INVALID_VCPU", "vcpu is 1 to 8");
	*vcpu = number;
	return 0;
}

static int read_ttl(
	struct program *program, const json_t *value, struct reply *reply)
{
	json_int_t number = json_integer_value(value);

	program->ttl_s = TTL_DEFAULT;
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_integer(value) || number < 1 || number > TTL_MAX)
		return refuse(reply, "INVALID_TTL", "ttl is 1 to 900 seconds");
	program->ttl_s = number;
	return 0;
}

static int read_code(
	struct program *program, const json_t *json, struct reply *reply)
{
	const json_t *code = json_object_get(json, "code");
	const json_t *name = json_object_get(json, "language");
	char message[160];

	if (!json_is_string(name))
		return refuse(
			reply, "MISSING_LANGUAGE", "language is required");
	if (!json_is_string(code) || !json_string_length(code))
		return refuse(reply, "MISSING_CODE", "code is required");
	program->language = language_find(json_string_value(name));
	if (!program->language) {
		snprintf(message, sizeof(message),
			"Unsupported language: %.100s",
			json_string_value(name));
		return refuse(reply, "UNSUPPORTED_LANGUAGE", message);
	}
	text_add(&program->code, json_string_value(code),
		json_string_length(code));
	return program->code.failed ? -ENOMEM : 0;
}

static bool is_true(const json_t *value)
{
	return json_is_true(value) ||
		(json_is_integer(value) && json_integer_value(value));
}

int program_from_json(
	struct program *program, const json_t *json, struct reply *reply)
{
	static const char *const wants[] = { "return_artifact",
		"return_artifacts", "artifacts", NULL };
	int err;

	memset(program, 0, sizeof(*program));
	program->vcpu = 1;
	program->wants_artifacts = is_true(first_of(json, wants));
	program->wants_wasm =
		is_true(json_object_get(json, "return_wasm_artifact"));
	err = read_code(program, json, reply);
	if (!err)
		err = read_ttl(program, json_object_get(json, "ttl"), reply);
	if (!err)
		err = program_read_vcpu(&program->vcpu, json, reply);
	if (!err)
		err = program_read_network(&program->has_network, json, reply);
	if (!err)
		err = program_read_env(
			program, json_object_get(json, "env"), reply);
	if (!err)
		err = program_read_files(program, json, reply);
	if (err == -ENOMEM)
		reply_error(reply, 500, "INTERNAL_ERROR", "out of memory");
	return err;
}

/* Converts the query of /run into the fields of /execute. */
static json_t *query_fields(const struct request *request)
{
	static const char *const names[] = { "env", "network_mode", "network",
		"ttl", "return_artifact", "return_wasm_artifact", NULL };
	json_t *fields = json_object(), *value;
	size_t i;
	char *text;

	for (i = 0; names[i]; i++) {
		text = request_query(request, names[i]);
		if (!text)
			continue;
		value = json_loads(text, JSON_DECODE_ANY, NULL);
		json_object_set_new(
			fields, names[i], value ? value : json_string(text));
		free(text);
	}
	return fields;
}

int program_from_text(struct program *program, const struct request *request,
	struct reply *reply)
{
	json_t *fields = query_fields(request);
	int err;

	memset(program, 0, sizeof(*program));
	program->vcpu = 1;
	program->is_detected = true;
	program->language = request->body_len
		? language_of_shebang(request->body, request->body_len)
		: NULL;
	program->wants_artifacts =
		is_true(json_object_get(fields, "return_artifact"));
	program->wants_wasm =
		is_true(json_object_get(fields, "return_wasm_artifact"));
	text_add(&program->code, request->body, request->body_len);
	err = read_ttl(program, json_object_get(fields, "ttl"), reply);
	if (!err)
		err = program_read_network(
			&program->has_network, fields, reply);
	if (!err)
		err = program_read_env(
			program, json_object_get(fields, "env"), reply);
	if (!err && !program->language)
		err = refuse(reply, "LANGUAGE_NOT_DETECTED",
			"The source has no shebang of a known language");
	json_decref(fields);
	return err;
}
