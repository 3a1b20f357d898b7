/* SPDX-License-Identifier: MIT */
/* fs/resources/service_bootstrap.c - the script that starts a service */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

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
	struct core *core, const struct node *node, const json_t *text)
{
	last_answer_set(core, node,
		json_string_length(text) > KEPT_MAX
			? NULL
			: json_pack("{s:I s:O}", "at", (json_int_t)core->now_ms,
				  "text", text));
}

static bool is_url(const json_t *script)
{
	const char *text = json_string_value(script);

	return (!strncmp(text, "http://", 7) ||
		       !strncmp(text, "https://", 8)) &&
		strcspn(text, " \t\r\n") + 1 >= strlen(text);
}

void bootstrap_keep(struct core *core, const char *id, const json_t *script)
{
	const struct row *row = tree_row("/services/{service}/bootstrap");
	const struct node node = {
		.row = row, .id = id, .name = "", .ino = node_ino(row, id, "")
	};

	if (!is_url(script))
		script_keep(core, &node, script);
}

/* ---- reading ---- */

/* A job that is running may have some output already. */
static bool has_ended(const json_t *answer)
{
	const char *status = json_string_value(json_member(answer, "status"));
	bool goes_on = status &&
		(!strcmp(status, "running") || !strcmp(status, "pending"));

	return json_member(answer, "exit_code") ||
		(json_member(answer, "stdout") && !goes_on);
}

/* Parks op until it asks for the job again: after one second, then after as
 * long as it has waited already, up to the limit of every operation. */
static int poll_later(struct op *op)
{
	uint64_t now_ms = op->core->now_ms;
	uint64_t waited_ms = op->parked_ms ? now_ms - op->parked_ms : 0;

	op_call_again(op, SLOT_POLL);
	op_deadline_clear(op);
	op_deadline(op, now_ms + MAX(waited_ms, POLL_AFTER_MS));
	return -EINPROGRESS;
}

/* Some answers have the output, others a job that will have it (api/API.md
 * 7.9). */
static int script_ask(struct op *op, const struct node *node, json_t **answer)
{
	int err = resource_send(op, SLOT_CAT, API_SERVICE_EXECUTE, node,
		json_pack("{s:s s:i}", "command", "cat /tmp/bootstrap.sh",
			"timeout", 30000),
		answer);

	if (err || has_ended(*answer))
		return err;
	struct api_request request = {
		.endpoint = API_JOB,
		.priority = API_PERSON,
		.id = json_string_value(json_member(*answer, "job_id")),
	};
	if (!request.id)
		return -EPROTO;
	if (!op->is_late)
		return op->timer.fire ? -EINPROGRESS : poll_later(op);
	err = op_call(op, SLOT_POLL, &request, answer);
	return err || has_ended(*answer) ? err : poll_later(op);
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
		script_keep(op->core, node, *text);
	return *text ? 0 : -ENOENT;
}

static const json_t *script_known(struct op *op, const struct node *node)
{
	const json_t *text;
	bool is_old;

	return resource_value_is_known(op, node, members, &text)
		? text
		: script_kept(op, node, &is_old);
}

/* A program that walks a tree (O_NOFOLLOW) must not run a command, however old
 * the text is. */
int bootstrap_render(struct op *op, const struct node *node, FILE *out)
{
	const json_t *text = NULL;
	int err = 0;

	if (op->fi.flags & O_NOFOLLOW)
		text = script_known(op, node);
	if (!text)
		err = script_read(op, node, &text);
	if (err)
		return err == -ENOENT ? 0 : err;
	return resource_text_print(text, out);
}

/* Otherwise a walk through the tree would run a command in each service. */
bool bootstrap_is_hidden(struct op *op, const struct node *node)
{
	return !script_known(op, node);
}

/* Sets the size if the script is known. */
int bootstrap_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	size_t len;
	int err = resource_attr(op, node, attr, timeout_s);

	if (err)
		return err;
	char *bytes = json_to_bytes(script_known(op, node), &len);
	if (bytes)
		attr_size(attr, len);
	free(bytes);
	return 0;
}

/* ---- writing ---- */

int redeploy_send(
	struct op *op, const struct node *node, json_t *body, json_t **answer)
{
	const struct resources_calls *calls = &op->core->resources->calls;
	struct api_request request = {
		.endpoint = API_SERVICE_REDEPLOY,
		.priority = API_PERSON,
		.id = node->id,
	};
	int err = 0;

	if (op->calls[0].is_started || !calls->add_files)
		return resource_send(
			op, 0, request.endpoint, node, body, answer);
	err = calls->add_files(
		op, node->id, body, &request.body, &request.body_len);
	return err ? err : op_call(op, 0, &request, answer);
}

int bootstrap_put(json_t *body, const json_t *script)
{
	const char *text = json_string_value(script);
	int err;

	if (is_url(script))
		err = json_object_set_new(body, "bootstrap",
			json_stringn(text, strcspn(text, "\r\n")));
	else
		err = json_object_set(
			body, "bootstrap_content", (json_t *)script);
	return err ? -ENOMEM : 0;
}

/* 1: the service has this script already. Reads the script if it is not known,
 * since each redeploy restarts the service. */
static int script_is_there(
	struct op *op, const struct node *node, const json_t *script)
{
	const json_t *text = script_known(op, node);
	int err;

	if (is_url(script) || (text && !json_equal(text, script)))
		return 0;
	err = script_read(op, node, &text);
	if (err)
		return err == -EINPROGRESS ? err : 0;
	return json_equal(text, script);
}

static int script_send(
	struct op *op, const struct node *node, const json_t *script)
{
	json_t *body = json_object(), *answer;
	int err = bootstrap_put(body, script);

	if (err) {
		json_decref(body);
		return err;
	}
	err = redeploy_send(op, node, body, &answer);
	if (err)
		return err;
	last_answer_set(op->core, node, NULL);
	bootstrap_keep(op->core, node->id, script);
	resource_drop(op, node);
	return 0;
}

int bootstrap_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *script;

	if (!len)
		return resource_refuse(op, node, -EINVAL,
			"bootstrap: a script, or a URL of one");
	script = json_from_bytes(text, len);
	if (!script)
		return -ENOMEM;
	int err =
		op->calls[0].is_started ? 0 : script_is_there(op, node, script);
	if (err) {
		json_decref(script);
		return err > 0 ? 0 : err;
	}
	err = json_string_length(script) == len
		? script_send(op, node, script)
		: resource_refuse(op, node, -EILSEQ,
			  "bootstrap: it is not UTF-8, which the API needs");
	json_decref(script);
	return err;
}
