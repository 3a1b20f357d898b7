/* SPDX-License-Identifier: MIT */
/* fs/resources/last_answer.c - what the API answered to the last writes */
#include <stdlib.h>

#include "fs/core/core.h"
#include "fs/resources/collection_state.h"
#include "fs/core/row.h"

static json_t *answers_of(struct core *core, const struct node *node)
{
	const struct collection *collection = collection_of(node->row);

	return collection_state(core, collection)->last_answers;
}

const json_t *last_answer(struct core *core, const struct node *node)
{
	const json_t *answers =
		json_object_get(answers_of(core, node), node->id);

	return json_object_get(answers, node->row->path);
}

/* An object keeps its members in the order in which they were set: the first
 * is the oldest. */
static void answer_add(json_t *all, const struct node *node, json_t *value)
{
	json_t *answers = json_object_get(all, node->id);

	answers = answers ? json_incref(answers) : json_object();
	json_object_del(all, node->id);
	json_object_set_new_nocheck(answers, node->row->path, value);
	json_object_set_new_nocheck(all, node->id, answers);
	if (json_object_size(all) > LAST_ANSWERS_MAX)
		json_object_del(
			all, json_object_iter_key(json_object_iter(all)));
}

void last_answer_set(struct core *core, const struct node *node, json_t *value)
{
	json_t *all = answers_of(core, node);

	if (!value) {
		json_object_del(
			json_object_get(all, node->id), node->row->path);
		return;
	}
	answer_add(all, node, value);
	notify_inode(core, node->ino);
}

void last_answers_prune(struct core *core, const struct collection *collection)
{
	struct collection_state *state = collection_state(core, collection);
	const char *id;
	json_t *answers;
	void *next;

	if (collection->has_others)
		return;
	json_object_foreach_safe (state->last_answers, next, id, answers)
		if (!resource_by_id(state->index, id))
			json_object_del(state->last_answers, id);
}
