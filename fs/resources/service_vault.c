/* SPDX-License-Identifier: MIT */
/* fs/resources/service_vault.c - a service's env: its vault, which is kept
 * nowhere */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

enum {
	VAULT_MAX = 64 << 10, /* api/API.md 7.7 */
	/* An open that appends reads first, so reading has its own slot. */
	SLOT_EXPORT = OP_CALLS - 1,
};

int vault_render(struct op *op, const struct node *node, FILE *out)
{
	json_t *answer;
	int err = resource_call(
		op, SLOT_EXPORT, API_SERVICE_ENV_EXPORT, node, &answer);

	if (err) /* -ENOENT: there is no vault */
		return err == -ENOENT ? 0 : err;
	const json_t *text = json_member(answer, "env|content");
	return text ? resource_text_print(text, out) : 0;
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
	if (len) {
		request.body = malloc(len);
		if (!request.body)
			return -ENOMEM;
		memcpy(request.body, text, len);
	}
	int err = op_call(op, 0, &request, &answer);
	return !len && err == -ENOENT ? 0 : err; /* there was no vault */
}
