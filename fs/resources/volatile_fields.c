/* SPDX-License-Identifier: MIT */
/* fs/resources/volatile_fields.c - when resources changed, as the last mount
 * saw it */
#include "fs/resources/volatile_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/resources/resource_read.h"

static bool has_clockwork(const char *text)
{
	const char *const *name = resource_clockwork;

	while (*name && !strstr(text, *name))
		name++;
	return *name;
}

static uint64_t still_digest(const json_t *text)
{
	json_t *item = json_list_item(text);
	const char *const *name = resource_clockwork;
	uint64_t digest = 0;
	size_t len;

	for (; *name; name++)
		json_object_del(item, *name);
	char *still = item ? json_write(item, &len) : NULL;
	if (still)
		digest = resource_hash(still);
	free(still);
	json_decref(item);
	return digest;
}

static uint64_t digest_of(const struct resource *resource)
{
	const char *text = json_string_value(resource->text);

	return text && !has_clockwork(text) ? resource_hash(text)
					    : still_digest(resource->text);
}

json_t *times_of(const struct resource_index *index)
{
	json_t *times = json_object();

	for (size_t i = 0; times && i < index->count; i++) {
		const struct resource *resource = &index->all[i];
		char line[80];
		snprintf(line, sizeof(line), "%" PRIx64 " %lld %ld",
			digest_of(resource),
			(long long)resource->changed.tv_sec,
			resource->changed.tv_nsec);
		if (json_object_set_new_nocheck(
			    times, resource->id, json_string(line))) {
			json_decref(times);
			times = NULL;
		}
	}
	return times;
}

static void resource_recall(struct resource *resource, const char *line)
{
	struct timespec changed;
	long long seconds;
	uint64_t digest;

	if (sscanf(line, "%" SCNx64 " %lld %ld", &digest, &seconds,
		    &changed.tv_nsec) != 3 ||
		changed.tv_nsec < 0 || changed.tv_nsec > 999999999)
		return;
	changed.tv_sec = seconds;
	if (digest != digest_of(resource))
		resource->differs = true;
	else if (changed.tv_sec > resource->changed.tv_sec ||
		(changed.tv_sec == resource->changed.tv_sec &&
			changed.tv_nsec > resource->changed.tv_nsec))
		resource->changed = changed;
}

void times_recall(struct resource_index *index, const json_t *times)
{
	for (size_t i = 0; times && i < index->count; i++) {
		const char *line = json_string_value(
			json_object_get(times, index->all[i].id));
		if (line)
			resource_recall(&index->all[i], line);
	}
}
