/* SPDX-License-Identifier: MIT */
/* fs/resources/key_tokens.c - tokens of the key; only the last one minted is
 * kept, in memory */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

static int token_call(struct op *op, enum api_endpoint endpoint, json_t *body,
	json_t **answer)
{
	struct api_request request = {
		.endpoint = endpoint,
		.priority = API_PERSON,
	};

	if (body)
		request.body = json_write(body, &request.body_len);
	setting_wipe(body);
	json_decref(body);
	return request.body ? op_call(op, 0, &request, answer) : -ENOMEM;
}

void token_forget(struct resources *resources)
{
	if (resources->token)
		explicit_bzero(resources->token, strlen(resources->token));
	free(resources->token);
	resources->token = NULL;
}

/* ---- the list ---- */

/* A token may be a string, or an object that has it. */
static int token_print(const json_t *token, FILE *out)
{
	const json_t *text = json_is_object(token)
		? json_member(token, "token|token_id|id|name")
		: token;
	const json_t *expiry = json_member(token, "expires_at");
	int err = resource_text_print(text, out);

	if (err || !expiry)
		return err ? err : (fputc('\n', out), 0);
	fputc(' ', out);
	return render_value(expiry, out);
}

int token_list_render(struct op *op, const struct node *node, FILE *out)
{
	const json_t *tokens, *token;
	json_t *answer;
	size_t i;
	int err = token_call(op, API_TOKEN_LIST, json_object(), &answer);

	(void)node;
	if (err)
		return err;
	tokens = json_array_in(answer, "tokens");
	if (!tokens)
		return -EPROTO;
	json_array_foreach (tokens, i, token) {
		err = token_print(token, out);
		if (err)
			break;
	}
	return err;
}

/* ---- minting and revoking ---- */

static const struct setting mint_words[] = {
	{ .name = "ttl",
		.type = SETTING_NUMBER,
		.min = 1,
		.max = 10L * 365 * 24 * 60 * 60 },
	{ 0 },
};

int token_mint_render(struct op *op, const struct node *node, FILE *out)
{
	const char *token = op->core->resources->token;

	(void)node;
	fprintf(out, "%s\n",
		token ? token
		      : "write 1 here, or ttl=SECONDS, and read the new token");
	return 0;
}

static int token_keep(struct op *op, const json_t *answer)
{
	struct resources *resources = op->core->resources;
	const char *token = json_string_value(json_member(answer, "token"));

	token_forget(resources);
	if (!token)
		return -EPROTO;
	resources->token = strdup(token);
	return resources->token ? 0 : -ENOMEM;
}

int token_mint(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	json_t *body = NULL, *answer;
	char why[256] = "";
	int err = 0;

	if (!len) /* opened and closed without a write */
		return 0;
	if (text_is_one(text))
		body = json_object();
	else
		err = key_value_parse(
			mint_words, text, len, &body, why, sizeof(why));
	if (!err && !json_object_size(body) && !text_is_one(text)) {
		snprintf(why, sizeof(why), "1 or ttl=SECONDS is needed");
		json_decref(body);
		err = -EINVAL;
	}
	if (err)
		return resource_refuse(op, node, err, why);
	err = token_call(op, API_TOKEN_MINT, body, &answer);
	if (!err)
		err = token_keep(op, answer);
	if (err != -EINPROGRESS)
		notify_inode(op->core, node->ino);
	return err;
}

static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0;
}

int token_revoke(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	struct resources *resources = op->core->resources;
	const char *token = resources->token;
	json_t *answer;

	if (!len)
		return 0;
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (!is_token(text, len))
		return resource_refuse(
			op, node, -EINVAL, "one token is needed");
	int err = token_call(op, API_TOKEN_REVOKE,
		json_pack("{s:s%}", "token", text, len), &answer);
	if (!err && token && strlen(token) == len && !strncmp(token, text, len))
		token_forget(resources);
	return err;
}
