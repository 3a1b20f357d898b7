/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_command.c - commands in a service or a session; for the worker */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/jobs/run.h"

enum { TIMEOUT_DEFAULT_S = 30, UNLIMITED_S = 24 * 3600 };

static int build(struct run *run, const char *content, size_t len)
{
	const json_t *set = run_setting(run, "timeout");
	json_int_t timeout_s =
		set ? json_integer_value(set) : TIMEOUT_DEFAULT_S;
	json_t *body;

	while (len && content[len - 1] == '\n')
		len--;
	body = json_pack("{s:o s:I}", "command", json_from_bytes(content, len),
		"timeout", timeout_s * 1000);
	run->body = body ? json_write(body, &run->body_len) : NULL;
	json_decref(body);
	run->timeout_ms =
		(timeout_s ? timeout_s : UNLIMITED_S) * 1000 + run->grace_ms;
	return run->body ? 0 : -ENOMEM;
}

int run_build_service_command(struct run *run, const char *content, size_t len)
{
	run->endpoint = API_SERVICE_EXECUTE;
	return build(run, content, len);
}

int run_build_session_command(struct run *run, const char *content, size_t len)
{
	int err = build(run, content, len);

	run->endpoint = API_SESSION_EXECUTE;
	run->other = API_SESSION_SHELL;
	if (!err) {
		run->other_body = strndup(run->body, run->body_len);
		err = run->other_body ? 0 : -ENOMEM;
	}
	return err;
}
