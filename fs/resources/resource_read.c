/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_read.c - reads a list of the API into an index;
 * thread-safe */
#include "fs/resources/resource_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/json_array.h"
#include "fs/base/safe_name.h"
#include "fs/core/node.h"

/* What an item takes beside its text: jansson's string, malloc's overhead. */
enum { ITEM_BYTES = 64 };

struct reader {
	const struct resource_list *list;
	const struct resource_index *before;
	const struct timespec *epoch;
	struct resource_index *index;
	struct named *named; /* as many as there are in the index */
	struct part_reader parts;
};

int resource_index_size(
	const struct resource_list *list, const json_t *json, size_t *count)
{
	const json_t *items = json_array_in(json, list->member);

	*count = json_array_size(items);
	return items ? 0 : -EPROTO;
}

static int reader_room(struct reader *reader, size_t count)
{
	struct resource_index *index = reader->index;
	size_t room = count ? count : 1;

	index->slots = 16;
	while (index->slots < count * 2)
		index->slots *= 2;
	index->all = calloc(room, sizeof(*index->all));
	index->by_id = calloc(index->slots, sizeof(*index->by_id));
	index->by_name = calloc(index->slots, sizeof(*index->by_name));
	index->use = calloc(1, sizeof(*index->use));
	if (index->use)
		index->use->holds = 1;
	reader->named = calloc(room, sizeof(*reader->named));
	if (!index->all || !index->by_id || !index->by_name || !index->use ||
		!reader->named)
		return -ENOMEM;
	index->bytes = sizeof(*index) + sizeof(*index->use) +
		room * sizeof(*index->all) +
		2 * index->slots * sizeof(*index->by_id);
	return 0;
}

/* ---- what has changed ---- */

/* Without members that change by themselves; they go from the item. In any
 * order of its members. */
static int resource_set_hash(struct resource *resource, json_t *item)
{
	json_object_del(item, "remaining_ttl");
	json_object_del(item, "last_activity");
	char *text = json_dumps(item, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		return -ENOMEM;
	resource->hash = resource_hash(text);
	free(text);
	return 0;
}

static int resource_date(
	const struct reader *reader, struct resource *resource, json_t *item)
{
	const struct resource_index *before = reader->before;
	const struct resource *old =
		before ? resource_by_id(before, resource->id) : NULL;
	int err = 0;

	resource->created = resource->changed = *reader->epoch;
	resource_times(item, &resource->created, &resource->changed);
	if (old && json_equal(resource->text, old->text))
		resource->hash = old->hash;
	else
		err = resource_set_hash(resource, item);
	if (!err && old) {
		resource->before = (uint32_t)(old - before->all) + 1;
		resource->differs = resource->hash != old->hash;
	}
	return err;
}

/* ---- the items ---- */

static int raw_name(const json_t *item, const char *names, struct named *named)
{
	const json_t *value = names ? json_member(item, names) : NULL;

	if (json_is_string(value)) {
		named->raw = json_to_bytes(value, &named->raw_len);
	} else {
		named->raw = strdup(names ? "" : named->id);
		named->raw_len = named->raw ? strlen(named->raw) : 0;
	}
	return named->raw ? 0 : -ENOMEM;
}

/* id is taken: named owns it until all items are read. */
static int item_add(
	struct reader *reader, json_t *item, const json_t *text, char *id)
{
	struct resource_index *index = reader->index;
	struct resource *resource = &index->all[index->count];
	struct named *named = &reader->named[index->count];

	resource->id = named->id = id;
	resource->text = text;
	*resource_slot(index, index->by_id, id, true) = ++index->count;
	index->bytes += json_string_length(text) + ITEM_BYTES;
	int err = raw_name(item, reader->list->names, named);
	if (!err)
		err = part_reader_add(&reader->parts, reader->list, item, id);
	return err ? err : resource_date(reader, resource, item);
}

static int item_read(struct reader *reader, const json_t *text)
{
	json_t *item = json_list_item(text);
	char *id;
	int err = resource_id(item, reader->list->ids, &id);

	/* It was parsed before, so it fails only if out of memory. */
	if (!item && json_is_string(text))
		err = -ENOMEM;
	else if (err == -EPROTO)
		err = 0;
	else if (!err && resource_by_id(reader->index, id))
		free(id);
	else if (!err)
		err = item_add(reader, item, text, id);
	json_decref(item);
	return err;
}

static int items_read(struct reader *reader, const json_t *items)
{
	const json_t *text;
	size_t i;
	int err = 0;

	json_array_foreach ((json_t *)items, i, text) {
		err = item_read(reader, text);
		if (err)
			break;
	}
	return err;
}

/* ---- the names ---- */

const char *resource_word(char **at, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = memcpy(*at, text, size);

	*at += size;
	return copy;
}

/* Most resources are shown by their id. */
static bool is_by_id(const struct named *named)
{
	return !strcmp(named->name, named->id);
}

/* Puts ids and names into one block. */
static int words_pack(struct reader *reader)
{
	struct resource_index *index = reader->index;
	size_t size = 1;
	char *at;

	for (size_t i = 0; i < index->count; i++) {
		const struct named *named = &reader->named[i];
		size += strlen(named->id) + 1;
		size += is_by_id(named) ? 0 : strlen(named->name) + 1;
	}
	index->words = at = malloc(size);
	if (!at)
		return -ENOMEM;
	for (size_t i = 0; i < index->count; i++) {
		const struct named *named = &reader->named[i];
		struct resource *resource = &index->all[i];
		resource->id = resource_word(&at, named->id);
		resource->name = is_by_id(named)
			? resource->id
			: resource_word(&at, named->name);
	}
	index->bytes += size;
	index->hash = node_digest(0, index->words, size - 1);
	return 0;
}

static int names_read(struct reader *reader)
{
	struct resource_index *index = reader->index;
	int err =
		safe_names(reader->named, index->count, reader->list->reserved);

	if (!err)
		err = words_pack(reader);
	if (err)
		return err;
	index->names_hash = 1;
	for (size_t i = 0; i < index->count; i++) {
		const struct resource *resource = &index->all[i];
		*resource_slot(index, index->by_name, resource->name, false) =
			i + 1;
		index->names_hash += resource_hash(resource->name) *
			resource_hash(resource->id);
	}
	return 0;
}

static void reader_clear(struct reader *reader)
{
	for (size_t i = 0; reader->named && i < reader->index->count; i++) {
		free((char *)reader->named[i].raw);
		free((char *)reader->named[i].id);
		free(reader->named[i].name);
	}
	free(reader->named);
	part_reader_clear(&reader->parts);
}

static int reader_run(struct reader *reader, const json_t *items)
{
	int err = reader_room(reader, json_array_size(items));

	if (!err)
		err = items_read(reader, items);
	if (!err)
		err = names_read(reader);
	if (!err)
		err = part_reader_end(&reader->parts, reader->index);
	reader_clear(reader);
	return err;
}

int resource_index_new(const struct resource_list *list, json_t *json,
	uint64_t version, const struct resource_index *before,
	const struct timespec *epoch, struct resource_index **out)
{
	const json_t *items = json_array_in(json, list->member);
	struct reader reader = {
		.list = list, .before = before, .epoch = epoch
	};

	*out = NULL;
	if (!items)
		return -EPROTO;
	reader.index = calloc(1, sizeof(*reader.index));
	if (!reader.index)
		return -ENOMEM;
	reader.index->version = version;
	int err = reader_run(&reader, items);
	if (err) {
		resource_index_drop(reader.index, NULL);
		return err;
	}
	reader.index->json = json;
	*out = reader.index;
	return 0;
}
