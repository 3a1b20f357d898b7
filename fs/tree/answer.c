/* SPDX-License-Identifier: MIT */
/* fs/tree/answer.c - answers that are about the whole account, as rows */
#include <errno.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/tree/rows.h"

int answer_source(struct op *op, const struct node *node, json_t **json)
{
	struct cache_answer answer;
	int err = op_get(op, node->row->endpoint, NULL, &answer);

	*json = answer.json;
	return err;
}

int answer_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	enum api_endpoint endpoint = node->row->endpoint;
	struct cache_answer answer;
	int err = op_get(op, endpoint, NULL, &answer);

	if (err)
		return err;
	struct timespec at = answer_changed(op->core, endpoint, &answer);
	attr_times(attr, &at, &at);
	*timeout_s = answer_timeout_s(op, &answer);
	return 0;
}

void answer_about(
	struct core *core, const struct node *node, struct about *about)
{
	struct cache_answer answer;

	if (cache_peek_stale(core->cache, node->row->endpoint, NULL, &answer))
		return;
	about->is_fetched = true;
	about->fetched_ms = answer.fetched_ms;
	about->fresh_until_ms = answer.fresh_until_ms;
}

/* The only request that is not signed; some sources do not have it (api/API.md
 * 16.1). */
static bool wants_signature(const struct node *node, int err)
{
	return err == -EKEYREJECTED && node->row->endpoint == API_HEALTH;
}

int answer_exists(struct op *op, const struct node *node)
{
	json_t *json;
	int err = answer_source(op, node, &json);

	if (err == -EACCES || err == -EOPNOTSUPP || wants_signature(node, err))
		return -ENOENT;
	if (err || !node->row->member)
		return err;
	return json_member(json, node->row->member) ? 0 : -ENOENT;
}

/* The answer may be only the list (api/API.md 8.1). */
int answer_list_render(struct op *op, const struct node *node, FILE *out)
{
	json_t *json;
	int err = answer_source(op, node, &json);

	if (err)
		return err;
	const json_t *list = json_array_in(json, row_name(node->row));
	return list ? render_value(list, out) : -EPROTO;
}
