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
struct part_found {
	char *key;
	char *raw; /* the API's name */
	size_t raw_len;
	uint32_t of;
};

static int part_add(
	struct part_reader *reader, char *key, const json_t *name, uint32_t of)
{
	struct part_found *found;

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
	*found = (struct part_found){ .key = key, .of = of };
	found->raw = json_is_string(name) ? json_to_bytes(name, &found->raw_len)
					  : strdup("");
	return found->raw ? 0 : -ENOMEM;
}

int part_reader_add(struct part_reader *reader,
	const struct resource_list *list, const json_t *item, uint32_t of)
{
	char *keys[RESOURCE_KEYS];
	unsigned count = 0;
	int err = list->keys ? list->keys(item, keys, &count) : 0;

	for (unsigned i = 0; i < count; i++) {
		if (err)
			free(keys[i]);
		else
			err = part_add(reader, keys[i],
				json_member(item, list->part_names), of);
	}
	return err;
}

void part_reader_clear(struct part_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++) {
		free(reader->found[i].key);
		free(reader->found[i].raw);
		if (reader->named)
			free(reader->named[i].name);
	}
	free(reader->found);
	free(reader->named);
	memset(reader, 0, sizeof(*reader));
}

static int by_key(const void *a, const void *b)
{
	const struct part_found *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : x->of < y->of ? -1 : x->of > y->of;
}

static int by_key_and_name(const void *a, const void *b)
{
	const struct resource_part *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : strcmp(x->name, y->name);
}

static bool is_first(const struct part_reader *reader, size_t i)
{
	return !i || strcmp(reader->found[i - 1].key, reader->found[i].key);
}

/* Names the resources of each directory. */
static int parts_name(struct part_reader *reader, const struct resource *all)
{
	size_t first = 0;
	int err = 0;

	reader->named = calloc(reader->count, sizeof(*reader->named));
	if (!reader->named)
		return -ENOMEM;
	for (size_t i = 0; !err && i < reader->count; i++) {
		const struct part_found *found = &reader->found[i];
		if (is_first(reader, i))
			first = i;
		reader->named[i].raw = found->raw;
		reader->named[i].raw_len = found->raw_len;
		reader->named[i].id = all[found->of].id;
		if (i + 1 == reader->count || is_first(reader, i + 1))
			err = safe_names(
				&reader->named[first], i + 1 - first, NULL);
	}
	return err;
}

/* A key is stored once, however many resources have it. */
static int parts_pack(
	const struct part_reader *reader, struct resource_index *index)
{
	const char *key = NULL;
	size_t size = 0;
	char *at;

	for (size_t i = 0; i < reader->count; i++) {
		const struct part_found *found = &reader->found[i];
		size += is_first(reader, i) ? strlen(found->key) + 1 : 0;
		size += strlen(reader->named[i].name) + 1;
	}
	index->parts = calloc(reader->count, sizeof(*index->parts));
	index->part_words = at = malloc(size);
	if (!index->parts || !at)
		return -ENOMEM;
	for (size_t i = 0; i < reader->count; i++) {
		const struct part_found *found = &reader->found[i];
		if (is_first(reader, i))
			key = resource_word(&at, found->key);
		index->parts[i].key = key;
		index->parts[i].name =
			resource_word(&at, reader->named[i].name);
		index->parts[i].of = found->of;
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
	qsort(reader->found, reader->count, sizeof(*reader->found), by_key);
	int err = parts_name(reader, index->all);
	if (!err)
		err = parts_pack(reader, index);
	if (!err)
		qsort(index->parts, index->part_count, sizeof(*index->parts),
			by_key_and_name);
	return err;
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
