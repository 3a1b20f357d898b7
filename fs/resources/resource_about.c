/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_about.c - what is known of a resource and of a
 * collection, without a request */
#include <string.h>

#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

static void about_answer(struct about *about, const struct cache_answer *answer)
{
	about->is_fetched = true;
	about->fetched_ms = answer->fetched_ms;
	about->fresh_until_ms = answer->fresh_until_ms;
}

/* The members of the row that has the state, or NULL. */
static const char *state_members(const struct row *dir)
{
	const struct row *row;

	for (size_t i = 0; (row = tree_child(dir, i)); i++)
		if (!strcmp(row_name(row), "state") ||
			!strcmp(row_name(row), "status"))
			return row->member;
	return NULL;
}

static const char *state_of(const json_t *json, const char *members)
{
	return members ? json_string_value(json_member(json, members)) : NULL;
}

/* Like the file, takes the state from a detail that is newer than the list. */
void resource_about(
	struct core *core, const struct node *node, struct about *about)
{
	const struct collection *collection = collection_of(node->row);
	const struct resource_index *index = collection_known(core, collection);
	struct resource *resource =
		index ? resource_by_id(index, node->id) : NULL;
	const char *members = state_members(node->row), *state = NULL;
	struct cache_answer list, detail;

	about->id = node->id;
	collection_times(core, collection, &list);
	if (resource) {
		state = state_of(resource_json(index, resource), members);
		about_answer(about, &list);
	}
	if (!cache_peek_stale(
		    core->cache, collection->detail, node->id, &detail) &&
		(!resource || detail.fetched_ms >= list.fetched_ms)) {
		const char *later = state_of(detail.json, members);
		state = later ? later : state;
		about_answer(about, &detail);
	}
	snprintf(
		about->status, sizeof(about->status), "%s", state ? state : "");
}

void collection_about(
	struct core *core, const struct node *node, struct about *about)
{
	const struct collection *collection = node->row->collection;
	struct cache_answer list;

	if (!collection_known(core, collection))
		return;
	collection_times(core, collection, &list);
	about_answer(about, &list);
}
