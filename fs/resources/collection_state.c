/* SPDX-License-Identifier: MIT */
/* fs/resources/collection_state.c - what is remembered of collections between
 * operations
 */
#include "fs/resources/collection_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/log.h"
#include "fs/core/core.h"
#include "fs/core/row.h"
#include "fs/resources/volatile_fields.h"

enum { FILE_MAX = 16 << 20, TIMES_FEW = 1000 };

/* collections.json: per directory its aliases, and which names it showed last
 * and since when, so that its times are the same after a remount. */
static const char file_name[] = "collections.json";
/* times.json: see fs/resources/volatile_fields.h. */
static const char times_name[] = "times.json";

/* Set once, before any thread is made. */
static const struct collection *const *collections;
static int collection_count;

struct resources {
	json_t *told; /* row path, blank, id -> value */
	struct service_log_list logs;
	void (*gone)(struct core *core, const struct collection *collection,
		const char *id);
	struct memory memories[]; /* of each collection */
};

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

/* The one whose directory is nearest. */
const struct collection *collection_of(const struct row *row)
{
	const struct collection *found = NULL;

	for (int i = 0; i < collection_count; i++)
		if (is_below(row->path, collections[i]->path))
			found = collections[i];
	return found;
}

struct memory *memory_of(struct core *core, const struct collection *collection)
{
	int i = 0;

	while (collections[i] != collection)
		i++;
	return &core->resources->memories[i];
}

void lists_forget(struct core *core)
{
	for (int i = 0; i < collection_count; i++)
		collection_forget(core, collections[i]);
}

void lists_measure(struct core *core, uint64_t *count, uint64_t *bytes)
{
	*count = *bytes = 0;
	for (int i = 0; i < collection_count; i++) {
		const struct resource_index *index =
			core->resources->memories[i].index;
		*count += index ? index->count : 0;
		*bytes += index ? index->bytes : 0;
	}
}

void memory_gone(
	struct core *core, const struct collection *collection, const char *id)
{
	if (core->resources->gone)
		core->resources->gone(core, collection, id);
}

struct service_log_list *resource_logs(struct core *core)
{
	return &core->resources->logs;
}

/* ---- on disk ---- */

static json_t *memory_record(const struct memory *memory)
{
	return json_pack("{s:O s:I s:[II]}", "aliases", memory->aliases,
		"names", (json_int_t)memory->names, "changed",
		(json_int_t)memory->changed.tv_sec,
		(json_int_t)memory->changed.tv_nsec);
}

int memory_store(struct core *core)
{
	json_t *all = json_object();
	int err = all ? 0 : -ENOMEM;
	size_t len;

	for (int i = 0; !err && i < collection_count; i++)
		if (json_object_set_new(all, collections[i]->path,
			    memory_record(&core->resources->memories[i])))
			err = -ENOMEM;
	char *text = err ? NULL : json_write(all, &len);
	if (!err)
		err = text
			? state_write(core->state.fd, file_name, text, len, 0)
			: -ENOMEM;
	if (err)
		log_line(LOG_ERR, "%s/%s cannot be written: %s",
			core->state.path, file_name, strerror(-err));
	json_decref(all);
	free(text);
	return err;
}

static int memory_read(struct memory *memory, const json_t *record)
{
	int err = 0;
	const json_t *changed = json_object_get(record, "changed");
	json_t *aliases = json_object_get(record, "aliases");
	const char *alias;
	json_t *id;

	memory->names = json_integer_value(json_object_get(record, "names"));
	if (json_is_array(changed)) {
		memory->changed.tv_sec =
			json_integer_value(json_array_get(changed, 0));
		memory->changed.tv_nsec =
			json_integer_value(json_array_get(changed, 1));
	}
	json_object_foreach (aliases, alias, id)
		if (json_is_string(id))
			err |= json_object_set(memory->aliases, alias, id);
	return err ? -ENOMEM : 0;
}

static int record_read(struct core *core, const char *name, json_t **record)
{
	char *text;
	size_t len;
	int err = state_read(core->state.fd, name, FILE_MAX, &text, &len);

	if (err)
		return err;
	err = json_parse(text, len, record);
	free(text);
	return err;
}

static json_t *times_now(const struct memory *memory)
{
	return memory->index ? times_of(memory->index)
			     : json_incref(memory->times);
}

static size_t times_count(const struct resources *resources)
{
	size_t count = 0;

	for (int i = 0; i < collection_count; i++) {
		const struct memory *memory = &resources->memories[i];
		count += memory->index ? memory->index->count
				       : json_object_size(memory->times);
	}
	return count;
}

void memory_store_times(struct core *core, bool is_end)
{
	const struct resources *resources = core->resources;
	json_t *all, *times;
	char *text = NULL;
	size_t len;
	bool is_short;

	if (!is_end && times_count(resources) > TIMES_FEW)
		return;
	all = json_object();
	is_short = !all;
	for (int i = 0; !is_short && i < collection_count; i++) {
		const struct memory *memory = &resources->memories[i];
		times = times_now(memory);
		is_short = times ? json_object_set_new(all,
					   collections[i]->path, times) != 0
				 : memory->index != NULL;
	}
	if (!is_short)
		text = json_write(all, &len);
	if (text && state_write(core->state.fd, times_name, text, len, 0))
		log_line(LOG_ERR, "%s/%s cannot be written", core->state.path,
			times_name);
	json_decref(all);
	free(text);
}

static int collections_set(const struct collection *const *all)
{
	collections = all;
	collection_count = 0;
	while (all[collection_count])
		collection_count++;
	return collection_count;
}

struct resources *resources_new(struct core *core,
	const struct collection *const *all,
	void (*gone)(struct core *core, const struct collection *collection,
		const char *id))
{
	size_t count = collections_set(all);
	struct resources *resources = calloc(
		1, sizeof(*resources) + count * sizeof(*resources->memories));
	json_t *record = NULL, *times = NULL;
	bool is_short;

	if (!resources)
		return NULL;
	resources->gone = gone;
	TAILQ_INIT(&resources->logs);
	is_short = record_read(core, file_name, &record) == -ENOMEM;
	is_short |= record_read(core, times_name, &times) == -ENOMEM;
	resources->told = json_object();
	is_short |= !resources->told;
	for (int i = 0; i < collection_count; i++) {
		struct memory *memory = &resources->memories[i];
		TAILQ_INIT(&memory->readers);
		memory->aliases = json_object();
		memory->changed = core->born;
		is_short |= !memory->aliases;
		is_short |= memory_read(memory,
				    json_object_get(
					    record, collections[i]->path)) != 0;
		memory->times = json_incref(
			json_object_get(times, collections[i]->path));
	}
	json_decref(record);
	json_decref(times);
	if (is_short) {
		resources_free(resources);
		return NULL;
	}
	return resources;
}

void resources_free(struct resources *resources)
{
	if (!resources)
		return;
	for (int i = 0; i < collection_count; i++) {
		resource_index_drop(resources->memories[i].index, NULL);
		json_decref(resources->memories[i].example);
		json_decref(resources->memories[i].aliases);
		json_decref(resources->memories[i].times);
	}
	json_decref(resources->told);
	free(resources);
}

/* ---- what a write was answered ---- */

static char *told_key(const struct node *node)
{
	char *key;

	return asprintf(&key, "%s %s", node->row->path, node->id) < 0 ? NULL
								      : key;
}

const json_t *memory_told(struct core *core, const struct node *node)
{
	char *key = told_key(node);
	const json_t *value =
		key ? json_object_get(core->resources->told, key) : NULL;

	free(key);
	return value;
}

void memory_tell(struct core *core, const struct node *node, json_t *value)
{
	char *key = told_key(node);

	if (key && value)
		json_object_set_new_nocheck(core->resources->told, key, value);
	else
		json_decref(value);
	if (key && !value)
		json_object_del(core->resources->told, key);
	free(key);
	notify_inode(core, node->ino);
}
