/* SPDX-License-Identifier: MIT */
/* fs/resources/by_source.c - directories that show some resources of a list */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/safe_name.h"
#include "fs/core/node.h"
#include "fs/resources/resource_read.h"
#include "fs/resources/resources.h"

/*
 * snapshots/ of a session shows those of all snapshots that are of it, by
 * their own names. The names of each directory are made when the list is read,
 * so that looking up one of a hundred thousand, or listing it, takes no time.
 */

/* key is taken. The id is that of the resource. */
static int part_add(struct part_reader *reader, char *key, const char *id,
	const json_t *name)
{
	struct named *found;

	if (reader->count == reader->room) {
		size_t room = reader->room ? reader->room * 2 : 16;
		found = reallocarray(reader->found, room, sizeof(*found));
		if (!found) {
			free(key);
			return -ENOMEM;
		}
		reader->found = found;
		reader->room = room;
	}
	found = &reader->found[reader->count++];
	*found = (struct named){ .id = id, .group = key };
	if (json_is_string(name))
		found->raw = json_to_bytes(name, &found->raw_len);
	return json_is_string(name) && !found->raw ? -ENOMEM : 0;
}

int part_reader_add(struct part_reader *reader,
	const struct resource_list *list, const json_t *item, const char *id)
{
	char *keys[RESOURCE_KEYS];
	unsigned count = 0;
	int err = list->keys ? list->keys(item, keys, &count) : 0;

	for (unsigned i = 0; i < count; i++) {
		if (err)
			free(keys[i]);
		else
			err = part_add(reader, keys[i], id,
				json_member(item, list->part_names));
	}
	return err;
}

void part_reader_clear(struct part_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++) {
		free((char *)reader->found[i].group);
		free((char *)reader->found[i].raw);
		free(reader->found[i].name);
	}
	free(reader->found);
}

static int by_key_and_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->group, y->group);

	return order ? order : strcmp(x->name, y->name);
}

static bool is_first(const struct part_reader *reader, size_t i)
{
	return !i || strcmp(reader->found[i - 1].group, reader->found[i].group);
}

/* A key is stored once, however many resources have it. */
static int parts_pack(
	const struct part_reader *reader, struct resource_index *index)
{
	const char *key = NULL;
	size_t size = 0;
	char *at;

	for (size_t i = 0; i < reader->count; i++) {
		const struct named *found = &reader->found[i];
		size += is_first(reader, i) ? strlen(found->group) + 1 : 0;
		size += strlen(found->name) + 1;
	}
	index->parts = calloc(reader->count, sizeof(*index->parts));
	index->part_words = at = malloc(size);
	if (!index->parts || !at)
		return -ENOMEM;
	for (size_t i = 0; i < reader->count; i++) {
		const struct named *found = &reader->found[i];
		if (is_first(reader, i))
			key = resource_word(&at, found->group);
		index->parts[i].key = key;
		index->parts[i].name = resource_word(&at, found->name);
		index->parts[i].of =
			resource_by_id(index, found->id) - index->all;
	}
	index->part_count = reader->count;
	index->hash = node_digest(index->hash, index->part_words, size);
	index->bytes += size + reader->count * sizeof(*index->parts);
	return 0;
}

int part_reader_end(struct part_reader *reader, struct resource_index *index)
{
	if (!reader->count)
		return 0;
	int err = safe_names(reader->found, reader->count, NULL);
	if (err)
		return err;
	qsort(reader->found, reader->count, sizeof(*reader->found),
		by_key_and_name);
	return parts_pack(reader, index);
}

/* ---- which sessions and services a snapshot is of ---- */

char *snapshot_key(const struct collection *collection, const char *id)
{
	char *key;

	return asprintf(&key, "%s/%s", collection->path, id) < 0 ? NULL : key;
}

/* Adds none if the item does not tell a source. */
static int key_add(const struct collection *collection, const json_t *item,
	const char *ids, char **keys, unsigned *count)
{
	char *id;
	int err = resource_id(item, ids, &id);

	if (err)
		return err == -EPROTO ? 0 : err;
	keys[*count] = snapshot_key(collection, id);
	err = keys[*count] ? 0 : -ENOMEM;
	*count += !err;
	free(id);
	return err;
}

/* If the API does not tell the kind of the source, it may be either. */
int snapshot_keys(const json_t *item, char **keys, unsigned *count)
{
	const char *type =
		json_string_value(json_member(item, "source_type|type"));
	bool is_service = type && !strcmp(type, "service");
	int err = 0;

	*count = 0;
	if (!type || is_service)
		err = key_add(
			&services, item, "source_id|service_id", keys, count);
	if (!err && !is_service)
		err = key_add(
			&sessions, item, "source_id|session_id", keys, count);
	return err;
}

/* ---- finding ---- */

/* The first that is not below a key, or is above it. */
static size_t part_bound(
	const struct resource_index *index, const char *key, bool is_above)
{
	size_t from = 0, to = index->part_count;

	while (from < to) {
		size_t at = from + (to - from) / 2;
		int order = strcmp(index->parts[at].key, key);
		if (order < 0 || (is_above && !order))
			from = at + 1;
		else
			to = at;
	}
	return from;
}

const struct resource_part *resource_parts(
	const struct resource_index *index, const char *key, size_t *count)
{
	size_t from = part_bound(index, key, false);

	*count = part_bound(index, key, true) - from;
	return *count ? &index->parts[from] : NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct resource_part *part = b;

	return strcmp(a, part->name);
}

const struct resource_part *resource_part_by_name(
	const struct resource_part *parts, size_t count, const char *name)
{
	return count ? bsearch(name, parts, count, sizeof(*parts), by_name)
		     : NULL;
}
