/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_listing.c - a list of resources as entries of a
 * directory */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/resources/resources.h"

struct resource_tail {
	struct listing_tail tail;
	struct resource_index *index; /* held */
	const struct row *row;
	const struct resource_part *parts; /* NULL: all of the index */
	char id[]; /* of the directory that shows the parts */
};

static const char *tail_at(const struct listing_tail *listing, size_t i,
	struct lookup_result *found)
{
	const struct resource_tail *tail = (const void *)listing;
	const struct resource *all = tail->index->all;
	static char none[] = "";

	found->row = tail->row;
	if (tail->parts) {
		const struct resource_part *part = &tail->parts[i];
		found->id = (char *)tail->id;
		found->name = (char *)all[part->of].id;
		return resource_part_name(tail->index, part);
	}
	found->id = (char *)all[i].id;
	found->name = none;
	return all[i].name;
}

static void tail_free(struct listing_tail *listing, struct worker *worker)
{
	struct resource_tail *tail = (void *)listing;

	resource_index_drop(tail->index, worker);
	free(tail);
}

static struct resource_tail *tail_add(struct listing *listing,
	const struct resource_index *index, const struct row *row,
	const char *id)
{
	size_t id_size = strlen(id) + 1;
	struct resource_tail *tail = calloc(1, sizeof(*tail) + id_size);

	if (!tail)
		return NULL;
	memcpy(tail->id, id, id_size);
	tail->index = resource_index_hold(index);
	tail->row = row;
	tail->tail.count = index->count;
	tail->tail.hash = node_hash(index->hash, id, id_size);
	tail->tail.at = tail_at;
	tail->tail.free = tail_free;
	listing->tail = &tail->tail;
	return tail;
}

int listing_add_index(struct listing *listing,
	const struct resource_index *index, const struct row *row)
{
	return tail_add(listing, index, row, "") ? 0 : -ENOMEM;
}

int listing_add_parts(struct listing *listing,
	const struct resource_index *index, const char *key,
	const struct row *row, const char *id)
{
	struct resource_tail *tail = tail_add(listing, index, row, id);

	if (!tail)
		return -ENOMEM;
	tail->parts = resource_parts(index, key, &tail->tail.count);
	return 0;
}
