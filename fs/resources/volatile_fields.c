/* SPDX-License-Identifier: MIT */
/* fs/resources/volatile_fields.c - members that change by themselves; when
 * resources changed apart from them */
#include "fs/resources/volatile_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/resources/resource_read.h"

static const char *const volatile_fields[] = { "remaining_ttl", "last_activity",
	NULL };

static bool is_volatile(const char *member)
{
	const char *const *name = volatile_fields;

	while (*name && strcmp(*name, member))
		name++;
	return *name;
}

bool item_is_same(const json_t *a, const json_t *b)
{
	const char *member;
	json_t *value;

	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach ((json_t *)a, member, value)
		if (!is_volatile(member) &&
			!json_equal(value, json_object_get(b, member)))
			return false;
	return true;
}

static bool mentions_volatile(const char *text)
{
	const char *const *name = volatile_fields;

	while (*name && !strstr(text, *name))
		name++;
	return *name;
}

static uint64_t stable_hash(const json_t *text)
{
	json_t *item = json_list_item(text);
	const char *const *name = volatile_fields;
	uint64_t hash = 0;
	size_t len;

	for (; *name; name++)
		json_object_del(item, *name);
	char *stable = item ? json_write(item, &len) : NULL;
	if (stable)
		hash = resource_hash(stable);
	free(stable);
	json_decref(item);
	return hash;
}

static uint64_t hash_of(const struct resource *resource)
{
	const char *text = json_string_value(resource->text);

	return text && !mentions_volatile(text) ? resource_hash(text)
						: stable_hash(resource->text);
}

json_t *changes_of(const struct resource_index *index)
{
	json_t *changes = json_object();

	for (size_t i = 0; changes && i < index->count; i++) {
		const struct resource *resource = &index->all[i];
		json_t *line = json_sprintf("%" PRIx64 " %lld %ld",
			hash_of(resource), (long long)resource->changed.tv_sec,
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
	uint64_t hash;

	if (sscanf(line, "%" SCNx64 " %lld %ld", &hash, &seconds,
		    &changed.tv_nsec) != 3 ||
		changed.tv_nsec < 0 || changed.tv_nsec > 999999999)
		return;
	changed.tv_sec = seconds;
	if (hash != hash_of(resource))
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
