/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_read.c - reads a list of the API into an index;
 * thread-safe */
#include "fs/resources/resource_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/base.h"
#include "fs/core/core.h"

/*
 * A resource has a name in the collection's own directory, and in each other
 * that shows it: snapshots/ of a session shows those of all snapshots that are
 * of it. All names are made when the list is read, so that looking up one of a
 * hundred thousand, or listing them, takes no time.
 */
struct reader {
	const struct resource_list *list;
	const struct resource_index *before;
	const json_t *sources;
	const struct timespec *epoch;
	struct resource_index *index;
	/* The group is the directory's key. The names in the collection's own,
	 * "", own the ids. */
	struct named *named;
	size_t count, room;
};

static int reader_room(struct reader *reader, size_t count)
{
	struct resource_index *index = reader->index;
	size_t room = count ? count : 1;

	index->slots = 16;
	while (index->slots < count * 2)
		index->slots *= 2;
	index->all = calloc(room, sizeof(*index->all));
	index->by_id = calloc(index->slots, sizeof(*index->by_id));
	if (!index->all || !index->by_id)
		return -ENOMEM;
	index->bytes = sizeof(*index) + room * sizeof(*index->all) +
		index->slots * sizeof(*index->by_id);
	return 0;
}

/* ---- what has changed ---- */

/* Sets the hash, which does not depend on the order of members, nor on members
 * that change by themselves: those are removed from the item. */
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

static int resource_compare(
	const struct reader *reader, struct resource *resource, json_t *item)
{
	const struct resource_index *before = reader->before;
	const struct resource *old =
		before ? resource_by_id(before, resource->id) : NULL;
	int err = 0;

	resource->changed = *reader->epoch;
	resource_date(item, &resource->changed);
	if (old && resource->text_hash == old->text_hash)
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

static bool is_own(const struct named *named)
{
	return !*named->group;
}

static void named_clear(struct named *named)
{
	if (named->raw != named->id)
		free((char *)named->raw);
	free((char *)(is_own(named) ? named->id : named->group));
	free(named->name);
}

static int names_grow(struct reader *reader)
{
	size_t room = reader->room ? reader->room * 2 : 16;
	struct named *named = reallocarray(reader->named, room, sizeof(*named));

	if (!named)
		return -ENOMEM;
	reader->named = named;
	reader->room = room;
	return 0;
}

/* What named_clear frees is taken, also on error. */
static int name_add(
	struct reader *reader, struct named named, const json_t *raw)
{
	if (json_is_string(raw))
		named.raw = json_to_bytes(raw, &named.raw_len);
	int err = json_is_string(raw) && !named.raw ? -ENOMEM : 0;
	if (!err && reader->count == reader->room)
		err = names_grow(reader);
	if (err)
		named_clear(&named);
	else
		reader->named[reader->count++] = named;
	return err;
}

/* The item's keys; if it has none, the key that this mount has noted. */
static int keys_of_item(const struct reader *reader, const json_t *item,
	const char *id, char **keys, unsigned *count)
{
	const char *known =
		json_string_value(json_object_get(reader->sources, id));
	int err =
		reader->list->keys ? reader->list->keys(item, keys, count) : 0;

	if (err || *count || !known)
		return err;
	keys[0] = strdup(known);
	*count = keys[0] != NULL;
	return keys[0] ? 0 : -ENOMEM;
}

static int keys_add(struct reader *reader, const json_t *item, const char *id)
{
	const struct resource_list *list = reader->list;
	char *keys[RESOURCE_KEYS];
	unsigned count = 0;
	int err = keys_of_item(reader, item, id, keys, &count);

	for (unsigned i = 0; i < count; i++) {
		struct named named = { .id = id, .group = keys[i] };
		if (err)
			free(keys[i]);
		else
			err = name_add(reader, named,
				json_member(item, list->part_names));
	}
	return err;
}

static int item_keep(
	struct reader *reader, struct resource *resource, const json_t *text)
{
	size_t len;
	char *owned;
	const char *bytes = json_bytes(text, &len, &owned);
	int err = bytes ? item_texts_add(&reader->index->texts, bytes, len)
			: -ENOMEM;

	if (!err)
		resource->text_hash = hash_words(HASH_START, bytes, len);
	free(owned);
	return err;
}

/* id is taken. */
static int item_add(
	struct reader *reader, json_t *item, const json_t *text, char *id)
{
	const char *names = reader->list->names;
	struct resource_index *index = reader->index;
	struct resource *resource = &index->all[index->count];
	struct named named = { .id = id, .group = "" };

	if (!names) {
		named.raw = id;
		named.raw_len = strlen(id);
	}
	int err = name_add(
		reader, named, names ? json_member(item, names) : NULL);
	if (err)
		return err;
	resource->id = id;
	*resource_slot(index, id) = ++index->count;
	err = item_keep(reader, resource, text);
	if (!err)
		err = keys_add(reader, item, id);
	return err ? err : resource_compare(reader, resource, item);
}

static bool item_is_other(const struct reader *reader, const json_t *item)
{
	return reader->list->is_other && reader->list->is_other(item);
}

static int item_read(struct reader *reader, const json_t *text)
{
	json_t *item = json_list_item(text);
	char *id;
	int err = resource_id(item, reader->list->ids, &id);

	/* it was parsed before, so it fails only if out of memory */
	if (!item && json_is_string(text))
		err = -ENOMEM;
	else if (err == -EPROTO)
		err = 0;
	else if (!err &&
		(resource_by_id(reader->index, id) ||
			item_is_other(reader, item)))
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

static int by_group_and_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->group, y->group);

	return order ? order : strcmp(x->name, y->name);
}

/* Whether it is the first of its group. */
static bool is_first(const struct reader *reader, size_t i)
{
	const struct named *named = &reader->named[i];

	return !i || strcmp(named[-1].group, named->group) != 0;
}

/* Most resources are shown by their id, whose text is not stored twice. */
static bool is_by_id(const struct named *named)
{
	return !strcmp(named->name, named->id);
}

static int names_room(struct reader *reader)
{
	struct resource_index *index = reader->index;
	size_t size = 1, groups = 0;

	for (size_t i = 0; i < reader->count; i++) {
		const struct named *named = &reader->named[i];
		size += is_own(named) ? strlen(named->id) + 1 : 0;
		size += is_by_id(named) ? 0 : strlen(named->name) + 1;
		size += is_first(reader, i) ? strlen(named->group) + 1 : 0;
		groups += is_first(reader, i);
	}
	if (size > UINT32_MAX)
		return -ENOMEM;
	index->words = malloc(size);
	index->parts = calloc(reader->count + 1, sizeof(*index->parts));
	index->groups = calloc(groups + 1, sizeof(*index->groups));
	index->bytes += size + reader->count * sizeof(*index->parts) +
		groups * sizeof(*index->groups);
	return index->words && index->parts && index->groups ? 0 : -ENOMEM;
}

/* Copies a text to *at, which moves behind it. */
static const char *word_add(char **at, const char *text)
{
	char *word = *at;

	*at = stpcpy(word, text) + 1;
	return word;
}

static uint32_t hash_add(uint32_t hash, const char *text)
{
	return node_hash(hash, text, strlen(text) + 1);
}

/* Puts ids, names and keys into one block. The collection's own names come
 * first. */
static void names_pack(struct reader *reader)
{
	struct resource_index *index = reader->index;
	struct resource_group *group = NULL;
	char *at = index->words;

	for (size_t i = 0; i < reader->count; i++) {
		const struct named *named = &reader->named[i];
		struct resource *of = resource_by_id(index, named->id);
		if (is_first(reader, i)) {
			group = &index->groups[index->group_count++];
			group->key = word_add(&at, named->group);
			group->first = i;
		}
		group->count++;
		if (is_own(named))
			of->id = word_add(&at, named->id);
		const char *name =
			is_by_id(named) ? of->id : word_add(&at, named->name);
		if (is_own(named))
			of->name = name;
		index->parts[i].name = (uint32_t)(name - index->words);
		index->parts[i].of = of - index->all;
	}
}

static void names_hash(struct resource_index *index)
{
	uint32_t hash = 0;

	index->names_hash = 1;
	for (size_t i = 0; i < index->count; i++) {
		const struct resource *resource = &index->all[i];
		hash = hash_add(hash, resource->id);
		hash = hash_add(hash, resource->name);
		index->names_hash += resource_hash(resource->name) *
			resource_hash(resource->id);
	}
	for (size_t i = 1; i < index->group_count; i++) {
		const struct resource_group *group = &index->groups[i];
		hash = hash_add(hash, group->key);
		for (size_t j = 0; j < group->count; j++) {
			const struct resource_part *part =
				&index->parts[group->first + j];
			hash = hash_add(hash, resource_part_name(index, part));
			hash = hash_add(hash, index->all[part->of].id);
		}
	}
	index->hash = hash;
}

static int names_read(struct reader *reader)
{
	int err = safe_names(
		reader->named, reader->count, reader->list->reserved);

	if (err)
		return err;
	if (reader->count)
		qsort(reader->named, reader->count, sizeof(*reader->named),
			by_group_and_name);
	err = names_room(reader);
	if (err)
		return err;
	names_pack(reader);
	names_hash(reader->index);
	return 0;
}

static int reader_run(struct reader *reader, const json_t *items)
{
	int err = reader_room(reader, json_array_size(items));

	if (!err)
		err = items_read(reader, items);
	if (!err)
		err = item_texts_end(&reader->index->texts);
	if (!err)
		err = names_read(reader);
	for (size_t i = 0; i < reader->count; i++)
		named_clear(&reader->named[i]);
	free(reader->named);
	return err;
}

int resource_index_new(const struct resource_list *list, const json_t *json,
	uint64_t version, const struct resource_index *before,
	const json_t *sources, const struct timespec *epoch,
	struct resource_index **out)
{
	const json_t *items = json_array_in(json, list->member);
	struct reader reader = {
		.list = list,
		.before = before,
		.sources = sources,
		.epoch = epoch,
	};

	*out = NULL;
	if (!items)
		return -EPROTO;
	reader.index = calloc(1, sizeof(*reader.index));
	if (!reader.index)
		return -ENOMEM;
	reader.index->version = version;
	reader.index->holds = 1;
	int err = reader_run(&reader, items);
	if (err) {
		resource_index_drop(reader.index, NULL);
		return err;
	}
	reader.index->bytes += item_texts_bytes(&reader.index->texts);
	*out = reader.index;
	return 0;
}
