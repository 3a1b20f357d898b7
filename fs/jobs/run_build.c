/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_build.c - requests that run programs and commands; for the
 * worker */
#include <errno.h>
#include <stdio.h>
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

static int refuse(struct run *run, int err, const char *reason)
{
	snprintf(run->why, sizeof(run->why), "%.200s: %s", run->name, reason);
	return err;
}

static int check_env(struct run *run)
{
	const char *name;
	json_t *value;
	int err = 0;

	json_object_foreach (
		json_object_get(run->settings, "env"), name, value) {
		if (!err)
			err = run_check_utf8(json_incref(value));
		if (err == -EILSEQ && !run->why[0])
			snprintf(run->why, sizeof(run->why),
				"the value of %.100s in .settings/env is not "
				"UTF-8",
				name);
	}
	return err;
}

/* Takes body; NULL: out of memory. */
static int run_write_body(struct run *run, json_t *body)
{
	run->body = body ? json_write(body, &run->body_len) : NULL;
	json_decref(body);
	return run->body ? 0 : -ENOMEM;
}

/* ---- POST /run: the #! line tells the language ---- */

/* Languages in which a line before the first one, with #!, changes nothing. */
static const char *interpreter_of(const char *language)
{
	static const char *const all[][2] = {
		{ "awk", "awk -f" },
		{ "bash", "bash" },
		{ "elixir", "elixir" },
		{ "groovy", "groovy" },
		{ "javascript", "node" },
		{ "julia", "julia" },
		{ "lua", "lua" },
		{ "perl", "perl" },
		{ "php", "php" },
		{ "powershell", "pwsh" },
		{ "python", "python3" },
		{ "r", "Rscript" },
		{ "raku", "raku" },
		{ "ruby", "ruby" },
		{ "tcl", "tclsh" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (language && !strcmp(all[i][0], language))
			return all[i][1];
	return NULL;
}

/* The #! line of a program that has none; "" if it has one. NULL: out of
 * memory. */
static char *first_line(const char *language, const char *content, size_t len)
{
	const char *interpreter = interpreter_of(language);
	char *line;

	if ((len > 1 && content[0] == '#' && content[1] == '!') || !interpreter)
		return strdup("");
	return asprintf(&line, "#!/usr/bin/env %s\n", interpreter) < 0 ? NULL
								       : line;
}

static int build_run(
	struct run *run, const char *language, const char *content, size_t len)
{
	struct api_param *param = run->query;
	char *line = first_line(language, content, len);
	size_t line_len = line ? strlen(line) : 0;

	for (size_t i = 0; i < RUN_SETTINGS; i++) {
		const json_t *value = request_setting(run, i);
		size_t text_len;
		if (!value)
			continue;
		param->value = json_is_true(value)
			? strdup("true")
			: json_value_text(value, &text_len);
		if (!param->value) {
			free(line);
			return -ENOMEM;
		}
		param++->name = request_settings[i];
	}
	run->body = line ? malloc(line_len + len + 1) : NULL;
	if (run->body) {
		memcpy(run->body, line, line_len);
		memcpy(run->body + line_len, content, len);
	}
	free(line);
	run->body_len = line_len + len;
	if (run->body)
		run->language = language_of_shebang(run->body, run->body_len);
	run->endpoint = run->kind->is_async ? API_RUN_ASYNC : API_RUN;
	return run->body ? 0 : -ENOMEM;
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
 * A program whose name tells no language is sent as it is to /run, which reads
 * its #! line; and so is one that is not UTF-8, with a #! line if it has none.
 * /run takes neither input files nor processors: what needs these, and has an
 * interpreter that we know, is sent to /execute.
 */
int run_build_execute(struct run *run, const char *content, size_t len)
{
	const json_t *ttl = run_setting(run, "ttl");
	const char *language = json_string_value(run_setting(run, "language"));
	bool needs_execute = run->input_count ||
		json_integer_value(run_setting(run, "vcpu")) > 1;
	int err = check_env(run);

	if (err)
		return err;
	if (!run->kind->is_async)
		run->timeout_ms = run_timeout_ms(
			run, ttl ? json_integer_value(ttl) : TTL_DEFAULT_S);
	if (!language || !*language)
		language = language_of_name(run->name);
	if (!language && needs_execute)
		language = language_of_shebang(content, len);
	err = run_check_utf8(json_from_bytes(content, len));
	if (err == -EILSEQ && needs_execute)
		return refuse(run, err,
			"it is not UTF-8, and cannot be sent with input files "
			"or several processors");
	if (err == -EILSEQ)
		return build_run(run, language, content, len);
	if (!err && !language && run->input_count)
		return refuse(run, -EINVAL,
			"the language of its #! line is not known, and input "
			"files go with known languages only; set "
			".settings/language");
	if (!err)
		err = language ? build_execute(run, language, content, len)
			       : build_run(run, NULL, content, len);
	return err;
}

/* ---- commands in a service or a session ---- */

/* A command that starts with #! is executed: the shell writes it to a file
 * first. Owned by the caller. */
static char *script_command(const char *content, size_t len, size_t *out_len)
{
	char *text = base64_encode(content, len, out_len), *command = NULL;

	*out_len = 0;
	if (!text)
		return NULL;
	int n = asprintf(&command,
		"(f=$(mktemp) && printf %%s '%s' | base64 -d >\"$f\" && "
		"chmod 700 \"$f\" && \"$f\"; s=$?; rm -f \"$f\"; exit $s)",
		text);
	free(text);
	*out_len = n < 0 ? 0 : n;
	return n < 0 ? NULL : command;
}

/* Quoted for a shell. */
static void quoted_print(const char *text, FILE *out)
{
	fputc('\'', out);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	fputc('\'', out);
}

/* The API takes no variables with a command, so the shell sets them before it.
 * A session's shell keeps them. */
static int env_print(const struct run *run, FILE *out)
{
	const char *name;
	json_t *value;

	json_object_foreach (
		json_object_get(run->settings, "env"), name, value) {
		size_t len;
		char *text = json_to_bytes(value, &len);
		if (!text)
			return -ENOMEM;
		fprintf(out, "export %s=", name);
		quoted_print(text, out);
		fputc('\n', out);
		explicit_bzero(text, len);
		free(text);
	}
	return 0;
}

static int command_print(
	const struct run *run, const char *content, size_t len, FILE *out)
{
	char *script;
	int err = env_print(run, out);

	if (err)
		return err;
	if (len < 2 || content[0] != '#' || content[1] != '!') {
		fwrite(content, 1, len, out);
		return 0;
	}
	script = script_command(content, len, &len);
	if (!script)
		return -ENOMEM;
	fwrite(script, 1, len, out);
	free(script);
	return 0;
}

/* NULL: out of memory. */
static json_t *command_json(
	const struct run *run, const char *content, size_t len)
{
	json_t *command = NULL;
	char *text = NULL;
	size_t text_len = 0;
	FILE *out = text_stream_open(&text, &text_len);

	if (!out)
		return NULL;
	int err = command_print(run, content, len, out);
	if (!fclose(out) && !err)
		command = json_from_bytes(text, text_len);
	if (text)
		explicit_bzero(text, text_len);
	free(text);
	return command;
}

static int build_command(struct run *run, enum api_endpoint endpoint,
	const char *content, size_t len)
{
	const json_t *set = run_setting(run, "timeout");
	json_int_t timeout_s =
		set ? json_integer_value(set) : COMMAND_DEFAULT_S;
	bool is_script = len > 1 && content[0] == '#' && content[1] == '!';
	bool is_session = endpoint == API_SESSION_EXECUTE;
	json_t *body, *command;

	while (!is_script && len && content[len - 1] == '\n')
		len--;
	run->endpoint = endpoint;
	run->has_inputs = run->input_count > 0;
	run->timeout_ms = run_timeout_ms(
		run, timeout_s ? timeout_s : COMMAND_UNLIMITED_S);
	int err = check_env(run);
	if (err)
		return err;
	command = command_json(run, content, len);
	err = run_check_utf8(json_incref(command));
	if (err == -EILSEQ)
		refuse(run, err,
			"it is not UTF-8; a command that starts with #! may be "
			"anything");
	/* Some sources say that a session takes a command, others that it takes
	 * code; what the API does not know it ignores (api/API.md 16.6). "o"
	 * comes after "O": it frees `command` when memory runs out. */
	body = json_pack("{s:O* s:o s:s* s:I}", "code",
		is_session ? command : NULL, "command", command, "language",
		is_session ? "bash" : NULL, "timeout", timeout_s * 1000);
	if (!err && !body)
		err = -ENOMEM;
	if (!err)
		err = run_put_inputs(run, body);
	if (!err)
		return run_write_body(run, body);
	json_decref(body);
	return err;
}

int run_build_service_command(struct run *run, const char *content, size_t len)
{
	return build_command(run, API_SERVICE_EXECUTE, content, len);
}

int run_build_session_command(struct run *run, const char *content, size_t len)
{
	if (run->input_count)
		return refuse(run, -EOPNOTSUPP,
			"a session takes no input files with a command");
	return build_command(run, API_SESSION_EXECUTE, content, len);
}
