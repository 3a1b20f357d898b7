/* SPDX-License-Identifier: MIT */
/* fs/resource_index.c - the API's list of a collection, by id and by name */
#include "fs/resource_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/safe_name.h"

static const json_t *list_of(const json_t *json, const char *member)
{
	const json_t *list =
		json_is_array(json) ? json : json_object_get(json, member);

	return json_is_array(list) ? list : NULL;
}

char *resource_id(const json_t *object, const char *ids)
{
	const json_t *value = json_member(object, ids);
	size_t len;
	char *id;

	if (!json_is_string(value) && !json_is_integer(value))
		return NULL;
	id = json_value_text(value, &len);
	if (id && (!len || strlen(id) != len)) {
		free(id);
		return NULL;
	}
	return id;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
		(a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

void resource_times(const json_t *object, struct timespec *created,
	struct timespec *changed)
{
	struct timespec at;

	if (!json_time(json_member(object, "created_at"), &at)) {
		*created = at;
		*changed = at;
	}
	if (!json_time(json_member(object, "updated_at|modified_at"), &at) &&
		!is_before(&at, changed))
		*changed = at;
}

/* ---- finding ---- */

static size_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3;
	return value ^ value >> 29;
}

static uint32_t *slot_of(const struct resource_index *index, uint32_t *slots,
	const char *key, bool is_id)
{
	size_t at = hash(key) & (index->slots - 1);

	while (slots[at]) {
		const struct resource *found = &index->all[slots[at] - 1];
		if (!strcmp(is_id ? found->id : found->name, key))
			break;
		at = (at + 1) & (index->slots - 1);
	}
	return &slots[at];
}

struct resource *resource_by_id(
	const struct resource_index *index, const char *id)
{
	uint32_t found = *slot_of(index, index->by_id, id, true);

	return found ? &index->all[found - 1] : NULL;
}

struct resource *resource_by_name(
	const struct resource_index *index, const char *name)
{
	uint32_t found = *slot_of(index, index->by_name, name, false);

	return found ? &index->all[found - 1] : NULL;
}

/* ---- reading ---- */

static int index_room(struct resource_index *index, size_t count)
{
	index->slots = 16;
	while (index->slots < count * 2)
		index->slots *= 2;
	index->all = calloc(count ? count : 1, sizeof(*index->all));
	index->by_id = calloc(index->slots, sizeof(*index->by_id));
	index->by_name = calloc(index->slots, sizeof(*index->by_name));
	return index->all && index->by_id && index->by_name ? 0 : -ENOMEM;
}

static void index_read_ids(
	struct resource_index *index, const json_t *items, const char *ids)
{
	const json_t *item;
	size_t i;

	json_array_foreach ((json_t *)items, i, item) {
		char *id = resource_id(item, ids);
		if (!id || resource_by_id(index, id)) {
			free(id);
			continue;
		}
		index->all[index->count].id = id;
		index->all[index->count].item = item;
		*slot_of(index, index->by_id, id, true) = ++index->count;
	}
}

static int names_read(const struct resource_index *index, const char *names,
	struct named *named)
{
	for (size_t i = 0; i < index->count; i++) {
		const struct resource *resource = &index->all[i];
		const json_t *value =
			names ? json_member(resource->item, names) : NULL;
		named[i].id = resource->id;
		named[i].raw = json_is_string(value)
			? json_to_bytes(value, &named[i].raw_len)
			: strdup(names ? "" : resource->id);
		if (!named[i].raw)
			return -ENOMEM;
		if (!json_is_string(value))
			named[i].raw_len = strlen(named[i].raw);
	}
	return 0;
}

static int index_read_names(
	struct resource_index *index, const struct resource_list *list)
{
	size_t count = index->count;
	struct named *named = calloc(count ? count : 1, sizeof(*named));
	int err = named ? names_read(index, list->names, named) : -ENOMEM;

	if (!err)
		err = safe_names(named, count, list->taken);
	for (size_t i = 0; named && i < count; i++) {
		free((char *)named[i].raw);
		if (err)
			continue;
		index->all[i].name = named[i].name;
		*slot_of(index, index->by_name, named[i].name, false) = i + 1;
	}
	free(named);
	return err;
}

/* ---- what has changed ---- */

/* What moves by itself, and says nothing of the resource. */
static bool is_clockwork(const char *member)
{
	return !strcmp(member, "remaining_ttl") ||
		!strcmp(member, "last_activity");
}

static bool item_is_same(const json_t *a, const json_t *b)
{
	const char *member;
	json_t *value;

	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach ((json_t *)a, member, value)
		if (!is_clockwork(member) &&
			!json_equal(value, json_object_get(b, member)))
			return false;
	return true;
}

static void index_date(struct resource_index *index,
	const struct resource_index *before, const struct timespec *born,
	const struct timespec *now)
{
	index->names = 1;
	for (size_t i = 0; i < index->count; i++) {
		struct resource *resource = &index->all[i];
		const struct resource *old =
			before ? resource_by_id(before, resource->id) : NULL;
		resource->created = resource->changed = *born;
		resource_times(
			resource->item, &resource->created, &resource->changed);
		index->names += hash(resource->name) * hash(resource->id);
		if (!old)
			continue;
		resource->detail_version = old->detail_version;
		if (!item_is_same(resource->item, old->item))
			resource->changed = *now;
		else if (is_before(&resource->changed, &old->changed))
			resource->changed = old->changed;
	}
}

void resource_index_free(struct resource_index *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < index->count; i++) {
		free(index->all[i].id);
		free(index->all[i].name);
	}
	json_decref(index->json);
	free(index->all);
	free(index->by_id);
	free(index->by_name);
	free(index);
}

int resource_index_new(const struct resource_list *list, json_t *json,
	uint64_t version, const struct resource_index *before,
	const struct timespec *born, const struct timespec *now,
	struct resource_index **out)
{
	const json_t *items = list_of(json, list->member);
	struct resource_index *index;

	*out = NULL;
	if (!items)
		return -EPROTO;
	index = calloc(1, sizeof(*index));
	if (!index)
		return -ENOMEM;
	index->json = json_incref(json);
	index->version = version;
	int err = index_room(index, json_array_size(items));
	if (!err)
		index_read_ids(index, items, list->ids);
	if (!err)
		err = index_read_names(index, list);
	if (err) {
		resource_index_free(index);
		return err;
	}
	index_date(index, before, born, now);
	*out = index;
	return 0;
}
