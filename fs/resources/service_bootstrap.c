/* SPDX-License-Identifier: MIT */
/* fs/resources/service_bootstrap.c - the script that starts a service */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

enum {
	/* An open that appends reads first, so reading has its own slots. */
	SLOT_CAT = OP_CALLS - 1,
	SLOT_POLL = OP_CALLS - 2,
	POLL_AFTER_MS = 1000,
	FRESH_MS = 60000,
	KEPT_MAX = 1 << 20, /* a longer script is read each time */
};

static const char members[] = "bootstrap_content|bootstrap";

/* ---- what was read from the service last ---- */

static const json_t *script_kept(
	struct op *op, const struct node *node, bool *is_old)
{
	const json_t *kept = last_answer(op->core, node);
	uint64_t at = json_integer_value(json_object_get(kept, "at"));

	*is_old = op->core->now_ms - at >= FRESH_MS;
	return json_object_get(kept, "text");
}

static void script_keep(
	struct op *op, const struct node *node, const json_t *text)
{
	last_answer_set(op->core, node,
		json_string_length(text) > KEPT_MAX
			? NULL
			: json_pack("{s:I s:O}", "at",
				  (json_int_t)op->core->now_ms, "text", text));
}

/* ---- reading ---- */

/* Some answers have the output, others a job that will have it (api/API.md
 * 7.9). */
static int script_ask(struct op *op, const struct node *node, json_t **answer)
{
	int err = resource_send(op, SLOT_CAT, API_SERVICE_EXECUTE, node,
		json_pack("{s:s s:i}", "command", "cat /tmp/bootstrap.sh",
			"timeout", 30000),
		answer);

	if (err || json_member(*answer, "stdout|exit_code"))
		return err;
	struct api_request request = {
		.endpoint = API_JOB,
		.priority = API_PERSON,
		.id = json_string_value(json_member(*answer, "job_id")),
	};
	if (!request.id)
		return -EPROTO;
	op_deadline(op, op->core->now_ms + POLL_AFTER_MS);
	if (!op->is_late)
		return -EINPROGRESS;
	err = op_call(op, SLOT_POLL, &request, answer);
	if (err || json_member(*answer, "stdout|exit_code"))
		return err;
	return -ETIMEDOUT;
}

static int script_read(
	struct op *op, const struct node *node, const json_t **text)
{
	json_t *answer;
	bool is_old;
	int err = resource_value(op, node, members, text);

	if (!err)
		last_answer_set(op->core, node, NULL);
	if (err != -ENOENT)
		return err;
	*text = script_kept(op, node, &is_old);
	if (*text && !is_old)
		return 0;
	err = script_ask(op, node, &answer);
	if (err == -EBUSY && *text) /* a frozen service has the same script */
		return 0;
	if (err)
		return err;
	if (json_integer_value(json_member(answer, "exit_code")))
		return -ENOENT; /* the file does not exist */
	*text = json_member(answer, "stdout");
	if (*text)
		script_keep(op, node, *text);
	return *text ? 0 : -ENOENT;
}

int bootstrap_render(struct op *op, const struct node *node, FILE *out)
{
	const json_t *text;
	int err = script_read(op, node, &text);

	if (err)
		return err == -ENOENT ? 0 : err;
	return resource_text_print(text, out);
}

/* A frozen service cannot be asked for it. */
bool bootstrap_is_hidden(struct op *op, const struct node *node)
{
	const json_t *state, *text;
	bool is_old;

	if (!resource_value_is_known(op, node, "state|status", &state))
		return false;
	const char *word = json_string_value(state);
	return word && (!strcmp(word, "frozen") || !strcmp(word, "sleeping")) &&
		!script_kept(op, node, &is_old) &&
		!resource_value_is_known(op, node, members, &text);
}

/* Sets the size if a known answer has the script. */
int bootstrap_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	const json_t *text;
	size_t len;
	int err = resource_attr(op, node, attr, timeout_s);

	if (err)
		return err;
	char *bytes = resource_value_is_known(op, node, members, &text)
		? json_to_bytes(text, &len)
		: NULL;
	if (bytes) {
		attr->st_size = len;
		attr->st_blocks = (len + 511) / 512;
	}
	free(bytes);
	return 0;
}

/* ---- writing ---- */

static bool is_url(const char *text, size_t len)
{
	return (!strncmp(text, "http://", 7) ||
		       !strncmp(text, "https://", 8)) &&
		strcspn(text, " \t\r\n") + 1 >= len;
}

int bootstrap_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	bool is_link = is_url(text, len);
	json_t *answer, *script;

	if (!len)
		return resource_refuse(op, node, -EINVAL,
			"bootstrap: a script, or a URL of one");
	script = json_from_bytes(text, is_link ? strcspn(text, "\r\n") : len);
	if (!script)
		return -ENOMEM;
	int err = resource_send(op, 0, API_SERVICE_REDEPLOY, node,
		json_pack("{s:O}", is_link ? "bootstrap" : "bootstrap_content",
			script),
		&answer);
	if (!err) {
		last_answer_set(op->core, node, NULL);
		if (!is_link)
			script_keep(op, node, script);
		resource_drop(op, node);
	}
	json_decref(script);
	return err;
}
