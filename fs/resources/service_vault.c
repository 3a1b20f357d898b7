/* SPDX-License-Identifier: MIT */
/* fs/resources/service_vault.c - a service's env: its vault, which is never
 * kept */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

enum {
	VAULT_MAX = 64 << 10, /* api/API.md 7.7 */
	/* An open that appends reads first, so reading has its own slot. */
	SLOT_EXPORT = OP_CALLS - 1,
	FRESH_MS = 60000,
};

/* Only a hash of the vault is kept, in memory, so that saving the same text
 * sends nothing. NULL text: it is not known. */
static void vault_note(struct core *core, const struct node *node,
	const char *text, size_t len)
{
	last_answer_set(core, node,
		text ? json_pack("{s:I s:I}", "at", (json_int_t)core->now_ms,
			       "hash",
			       (json_int_t)hash_bytes(HASH_START, text, len))
		     : NULL);
}

static bool vault_is_known(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	const json_t *noted = last_answer(op->core, node);

	return noted &&
		json_integer_value(json_object_get(noted, "hash")) ==
		(json_int_t)hash_bytes(HASH_START, text, len);
}

static bool vault_is_noted(struct op *op, const struct node *node)
{
	const json_t *at = json_object_get(last_answer(op->core, node), "at");

	return at &&
		op->core->now_ms - (uint64_t)json_integer_value(at) < FRESH_MS;
}

/* The text is owned by the caller, to be wiped. */
static int vault_read(
	struct op *op, const struct node *node, char **text, size_t *len)
{
	json_t *answer;
	int err = resource_call(
		op, SLOT_EXPORT, API_SERVICE_ENV_EXPORT, node, &answer);

	if (err && err != -ENOENT) /* there is no vault */
		return err;
	const json_t *env = err ? NULL : json_member(answer, "env|content");
	*len = 0;
	*text = env ? json_to_bytes(env, len) : calloc(1, 1);
	if (!*text)
		return env && !json_is_string(env) ? -EPROTO : -ENOMEM;
	vault_note(op->core, node, *text, *len);
	return 0;
}

static void vault_free(char *text, size_t len)
{
	explicit_bzero(text, len);
	free(text);
}

int vault_render(struct op *op, const struct node *node, FILE *out)
{
	char *text;
	size_t len;
	int err = vault_read(op, node, &text, &len);

	if (err)
		return err;
	/* a stream that grows would leave copies in memory */
	if (fseek(out, (long)len, SEEK_SET) == 0)
		rewind(out);
	fwrite(text, 1, len, out);
	vault_free(text, len);
	return 0;
}

/* What the API says of the vault, without values, which some answers have
 * (api/API.md 7.7). NULL: out of memory. */
static json_t *vault_summary(const json_t *answer)
{
	const json_t *env = json_member(answer, "env");
	const json_t *exists = json_member(answer, "exists|has_vault");
	const json_t *count = json_member(answer, "count|variable_count");
	json_int_t known = count ? json_integer_value(count)
				 : (json_int_t)json_object_size(env);

	return json_pack("{s:b s:I s:O*}", "exists",
		exists ? json_is_true(exists) : known > 0, "count", known,
		"updated_at", json_member(answer, "updated_at"));
}

int vault_status_render(struct op *op, const struct node *node, FILE *out)
{
	struct api_request request = {
		.endpoint = API_SERVICE_ENV,
		.priority = API_PERSON,
		.id = node->id,
	};
	json_t *answer, *summary;
	int err = op_call(op, SLOT_EXPORT, &request, &answer);

	if (err && err != -ENOENT)
		return err;
	summary = vault_summary(err ? NULL : answer);
	err = summary ? render_json(summary, out) : -ENOMEM;
	json_decref(summary);
	return err;
}

/* 1: the vault has this text already. Requests it if that is not known. */
static int vault_has(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	char *current;
	size_t current_len;

	if (!vault_is_noted(op, node)) {
		int err = vault_read(op, node, &current, &current_len);
		if (err)
			return err == -EINPROGRESS ? err : 0;
		vault_free(current, current_len);
	}
	return vault_is_known(op, node, text, len);
}

/* Saving nothing deletes the vault. */
int vault_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	struct api_request request = {
		.endpoint = len ? API_SERVICE_ENV_SET : API_SERVICE_ENV_DELETE,
		.priority = API_PERSON,
		.id = node->id,
		.body_len = len,
	};
	json_t *answer;

	if (len > VAULT_MAX)
		return resource_refuse(
			op, node, -EFBIG, "a vault holds 64 KiB at most");
	if (!op->calls[0].is_started) {
		int has = vault_has(op, node, text, len);
		if (has)
			return has > 0 ? 0 : has;
	}
	if (len) {
		request.body = malloc(len);
		if (!request.body)
			return -ENOMEM;
		memcpy(request.body, text, len);
	}
	int err = op_call(op, 0, &request, &answer);
	if (!len && err == -ENOENT) /* there was no vault */
		err = 0;
	if (err != -EINPROGRESS)
		vault_note(op->core, node, err ? NULL : text, len);
	return err;
}
