/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_index.c - the API's list of a collection, by id and by
 * name */
#include "fs/resources/resource_index.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/base.h"

/* A longer index takes milliseconds to free. */
enum { LONG = 1000 };

int resource_id(const json_t *object, const char *ids, char **id)
{
	const json_t *value = json_member(object, ids);
	size_t len;

	*id = NULL;
	if (!json_is_string(value) && !json_is_integer(value))
		return -EPROTO;
	*id = json_value_text(value, &len);
	if (!*id)
		return -ENOMEM;
	if (len && strlen(*id) == len)
		return 0;
	free(*id);
	*id = NULL;
	return -EPROTO;
}

static bool is_earlier(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
		(a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

void resource_date(const json_t *object, struct timespec *changed)
{
	struct timespec at;

	if (!json_time(json_member(object, "created_at"), &at))
		*changed = at;
	if (!json_time(json_member(object, "updated_at|modified_at"), &at) &&
		!is_earlier(&at, changed))
		*changed = at;
}

/* ---- holds ---- */

struct resource_index *resource_index_hold(const struct resource_index *index)
{
	struct resource_index *held = (struct resource_index *)index;

	held->holds++;
	return held;
}

static void index_free(void *ctx)
{
	struct resource_index *index = ctx;

	for (size_t i = 0; i < RESOURCE_SHELF; i++)
		json_decref(index->shelf[i].json);
	item_texts_clear(&index->texts);
	free(index->all);
	free(index->by_id);
	free(index->parts);
	free(index->groups);
	free(index->words);
	free(index);
}

void resource_index_drop(struct resource_index *index, struct worker *worker)
{
	if (!index || --index->holds)
		return;
	if (!worker || index->count < LONG ||
		worker_submit(worker, index_free, NULL, index))
		index_free(index);
}

bool resource_index_follow(struct resource_index *index,
	const struct resource_index *before, const struct timespec *now)
{
	bool has_changed = false;

	for (size_t i = 0; i < index->count; i++) {
		struct resource *resource = &index->all[i];
		const struct resource *old;
		has_changed |= resource->differs;
		if (resource->differs)
			resource->changed = *now;
		if (!before || !resource->before)
			continue;
		old = &before->all[resource->before - 1];
		resource->detail_version = old->detail_version;
		if (is_earlier(&resource->changed, &old->changed))
			resource->changed = old->changed;
	}
	return has_changed;
}

/* ---- when they changed, for the next mount ---- */

json_t *changes_of(const struct resource_index *index)
{
	json_t *changes = json_object();

	for (size_t i = 0; changes && i < index->count; i++) {
		const struct resource *resource = &index->all[i];
		json_t *line = json_sprintf("%" PRIx32 " %lld %ld",
			resource->hash, (long long)resource->changed.tv_sec,
			resource->changed.tv_nsec);
		if (json_object_set_new_nocheck(changes, resource->id, line)) {
			json_decref(changes);
			changes = NULL;
		}
	}
	return changes;
}

static void change_restore(struct resource *resource, const char *line)
{
	struct timespec changed;
	long long seconds;
	uint32_t hash;

	if (sscanf(line, "%" SCNx32 " %lld %ld", &hash, &seconds,
		    &changed.tv_nsec) != 3 ||
		changed.tv_nsec < 0 || changed.tv_nsec > 999999999)
		return;
	changed.tv_sec = seconds;
	if (hash != resource->hash)
		resource->differs = true;
	else if (is_earlier(&resource->changed, &changed))
		resource->changed = changed;
}

void changes_restore(struct resource_index *index, const json_t *kept)
{
	for (size_t i = 0; kept && i < index->count; i++) {
		const char *line = json_string_value(
			json_object_get(kept, index->all[i].id));
		if (line)
			change_restore(&index->all[i], line);
	}
}

/* ---- finding ---- */

uint64_t resource_hash(const char *text)
{
	uint64_t value = hash_bytes(HASH_START, text, strlen(text));

	return value ^ value >> 29;
}

uint32_t *resource_slot(const struct resource_index *index, const char *id)
{
	size_t at = resource_hash(id) & (index->slots - 1);

	while (index->by_id[at] &&
		strcmp(index->all[index->by_id[at] - 1].id, id) != 0)
		at = (at + 1) & (index->slots - 1);
	return &index->by_id[at];
}

struct resource *resource_by_id(
	const struct resource_index *index, const char *id)
{
	uint32_t found = *resource_slot(index, id);

	return found ? &index->all[found - 1] : NULL;
}

static int by_key(const void *key, const void *group)
{
	return strcmp(key, ((const struct resource_group *)group)->key);
}

const struct resource_part *resource_parts(
	const struct resource_index *index, const char *key, size_t *count)
{
	const struct resource_group *group = bsearch(
		key, index->groups, index->group_count, sizeof(*group), by_key);

	*count = group ? group->count : 0;
	return group ? &index->parts[group->first] : NULL;
}

struct name_key {
	const struct resource_index *index;
	const char *name;
};

static int by_name(const void *key, const void *part)
{
	const struct name_key *wanted = key;

	return strcmp(wanted->name, resource_part_name(wanted->index, part));
}

struct resource *resource_by_part(
	const struct resource_index *index, const char *key, const char *name)
{
	const struct name_key wanted = { index, name };
	size_t count;
	const struct resource_part *part = resource_parts(index, key, &count);

	if (count)
		part = bsearch(&wanted, part, count, sizeof(*part), by_name);
	return part ? &index->all[part->of] : NULL;
}

struct resource *resource_by_name(
	const struct resource_index *index, const char *name)
{
	return resource_by_part(index, "", name);
}

json_t *resource_json(
	const struct resource_index *index, const struct resource *resource)
{
	struct resource_index *use = (struct resource_index *)index;
	json_t *json;

	for (size_t i = 0; i < RESOURCE_SHELF; i++)
		if (use->shelf[i].of == resource)
			return use->shelf[i].json;
	json = item_texts_read(&use->texts, (size_t)(resource - use->all));
	if (!json)
		return NULL;
	use->last = (use->last + 1) % RESOURCE_SHELF;
	json_decref(use->shelf[use->last].json);
	use->shelf[use->last].of = resource;
	use->shelf[use->last].json = json;
	return json;
}
