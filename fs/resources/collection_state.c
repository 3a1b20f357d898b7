/* SPDX-License-Identifier: MIT */
/* fs/resources/collection_state.c - what is remembered of collections between
 * operations
 */
#include "fs/resources/collection_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/json_time.h"
#include "fs/base/log.h"
#include "fs/core/core.h"
#include "fs/resources/volatile_fields.h"

enum { FILE_MAX = 16 << 20, CHANGES_FEW = 1000 };

/* Per collection its aliases, and which names it showed last and since when, so
 * that the times of its directory are the same after a remount. */
static const char collections_name[] = "collections.json";
/* Per collection what fs/resources/volatile_fields.h says. */
static const char changes_name[] = "times.json";

/* Set once, before any thread is started. */
static const struct collection *const *collections;
static int collection_count;

struct resources {
	struct service_log_list logs;
	void (*gone)(struct core *core, const struct collection *collection,
		const char *id);
	struct collection_state states[]; /* of each collection */
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

struct collection_state *collection_state(
	struct core *core, const struct collection *collection)
{
	int i = 0;

	while (collections[i] != collection)
		i++;
	return &core->resources->states[i];
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
			core->resources->states[i].index;
		*count += index ? index->count : 0;
		*bytes += index ? index->bytes : 0;
	}
}

void resource_gone(
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

static json_t *collection_record(const struct collection_state *state)
{
	return json_pack("{s:O s:I s:o}", "aliases", state->aliases, "names",
		(json_int_t)state->names_hash, "changed",
		json_from_timespec(&state->names_changed));
}

/* NULL: out of memory. */
static json_t *changes_record(const struct collection_state *state)
{
	if (state->index)
		return changes_of(state->index);
	return state->kept_changes ? json_incref(state->kept_changes)
				   : json_null();
}

/* Writes an object of a record per collection. */
static int records_save(struct core *core, const char *name,
	json_t *(*record)(const struct collection_state *state))
{
	json_t *all = json_object();
	int err = all ? 0 : -ENOMEM;
	char *text = NULL;
	size_t len;

	for (int i = 0; !err && i < collection_count; i++)
		if (json_object_set_new(all, collections[i]->path,
			    record(&core->resources->states[i])))
			err = -ENOMEM;
	if (!err)
		text = json_write(all, &len);
	if (!err)
		err = text ? state_write(core->state.fd, name, text, len, 0)
			   : -ENOMEM;
	if (err)
		log_line(LOG_ERR, "%s/%s cannot be written: %s",
			core->state.path, name, strerror(-err));
	json_decref(all);
	free(text);
	return err;
}

int collections_save(struct core *core)
{
	return records_save(core, collections_name, collection_record);
}

void changes_save_few(struct core *core)
{
	uint64_t count, bytes;

	lists_measure(core, &count, &bytes);
	for (int i = 0; i < collection_count; i++)
		count += json_object_size(
			core->resources->states[i].kept_changes);
	if (count <= CHANGES_FEW)
		records_save(core, changes_name, changes_record);
}

void resources_save(struct core *core)
{
	if (!core->resources)
		return;
	collections_save(core);
	records_save(core, changes_name, changes_record);
}

/* A file that is missing or damaged is an empty one. */
static int record_read(struct core *core, const char *name, json_t **record)
{
	char *text;
	size_t len;
	int err = state_read(core->state.fd, name, FILE_MAX, &text, &len);

	*record = NULL;
	if (!err) {
		err = json_parse(text, len, record);
		free(text);
	}
	return err == -ENOMEM ? err : 0;
}

static int state_init(struct collection_state *state, const struct core *core,
	const json_t *record, json_t *changes)
{
	json_t *aliases = json_object_get(record, "aliases"), *id;
	const char *alias;
	int err = 0;

	TAILQ_INIT(&state->readers);
	state->aliases = json_object();
	state->last_answers = json_object();
	state->kept_changes = json_incref(changes);
	state->names_hash =
		json_integer_value(json_object_get(record, "names"));
	state->names_changed = core->born;
	json_to_timespec(
		json_object_get(record, "changed"), &state->names_changed);
	json_object_foreach (aliases, alias, id)
		if (json_is_string(id))
			err |= json_object_set(state->aliases, alias, id);
	return err || !state->aliases || !state->last_answers ? -ENOMEM : 0;
}

static int states_init(struct resources *resources, struct core *core)
{
	json_t *records, *changes = NULL;
	int err = record_read(core, collections_name, &records);

	if (!err)
		err = record_read(core, changes_name, &changes);
	for (int i = 0; !err && i < collection_count; i++) {
		const char *path = collections[i]->path;
		err = state_init(&resources->states[i], core,
			json_object_get(records, path),
			json_object_get(changes, path));
	}
	json_decref(records);
	json_decref(changes);
	return err;
}

struct resources *resources_new(struct core *core,
	const struct collection *const *all,
	void (*gone)(struct core *core, const struct collection *collection,
		const char *id))
{
	struct resources *resources;

	collections = all;
	for (collection_count = 0; all[collection_count];)
		collection_count++;
	resources = calloc(1,
		sizeof(*resources) +
			collection_count * sizeof(*resources->states));
	if (!resources)
		return NULL;
	resources->gone = gone;
	TAILQ_INIT(&resources->logs);
	if (states_init(resources, core)) {
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
		struct collection_state *state = &resources->states[i];
		resource_index_drop(state->index, NULL);
		json_decref(state->example);
		json_decref(state->aliases);
		json_decref(state->kept_changes);
		json_decref(state->last_answers);
	}
	free(resources);
}
