/* SPDX-License-Identifier: MIT */
/* fs/resources/collection_state.c - what is remembered of collections between
 * operations
 */
#include "fs/resources/collection_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"

enum { FILE_MAX = 16 << 20, CHANGES_FEW = 1000, SOURCES_MAX = 1000 };

/* For each collection: its aliases, and a hash of the names that it last
 * showed, with the time since when, so that the times of its directory are the
 * same after a remount. */
static const char collections_name[] = "collections.json";
/* For each collection: what changes_of() returns. */
static const char changes_name[] = "times.json";

const struct collection *collection_of(const struct row *row)
{
	while (row && !row->collection)
		row = tree_parent(row);
	return row ? row->collection : NULL;
}

struct collection_state *collection_state(
	struct core *core, const struct collection *collection)
{
	struct collection_state *state = core->resources->states;

	while (state->collection != collection)
		state++;
	return state;
}

void lists_forget(struct core *core)
{
	for (size_t i = 0; i < core->resources->count; i++)
		collection_forget(core, core->resources->states[i].collection);
}

void lists_measure(struct core *core, uint64_t *count, uint64_t *bytes)
{
	*count = *bytes = 0;
	for (size_t i = 0; i < core->resources->count; i++) {
		const struct resource_index *index =
			core->resources->states[i].index;
		*count += index ? index->count : 0;
		*bytes += index ? index->bytes : 0;
	}
}

/* ---- last answers ---- */

static json_t *answers_of(struct core *core, const struct node *node)
{
	const struct collection *collection = collection_of(node->row);

	return collection_state(core, collection)->last_answers;
}

const json_t *last_answer(struct core *core, const struct node *node)
{
	const json_t *answers =
		json_object_get(answers_of(core, node), node->id);

	return json_object_get(answers, node->row->path);
}

/* An object keeps its members in the order in which they were set: the first
 * is the oldest. */
static void answer_add(json_t *all, const struct node *node, json_t *value)
{
	json_t *answers = json_object_get(all, node->id);

	answers = answers ? json_incref(answers) : json_object();
	json_object_del(all, node->id);
	json_object_set_new_nocheck(answers, node->row->path, value);
	json_object_set_new_nocheck(all, node->id, answers);
	if (json_object_size(all) > LAST_ANSWERS_MAX)
		json_object_del(
			all, json_object_iter_key(json_object_iter(all)));
}

void last_answer_set(struct core *core, const struct node *node, json_t *value)
{
	json_t *all = answers_of(core, node);

	if (!value) {
		json_object_del(
			json_object_get(all, node->id), node->row->path);
		return;
	}
	answer_add(all, node, value);
	notify_inode(core, node->ino);
}

void last_answers_prune(struct collection_state *state)
{
	const char *id;
	json_t *answers;
	void *next;

	if (state->collection->has_others)
		return;
	json_object_foreach_safe (state->last_answers, next, id, answers)
		if (!resource_by_id(state->index, id))
			json_object_del(state->last_answers, id);
}

/* ---- sources ---- */

/* If out of memory, it is not noted. The first member is the oldest. */
void collection_note_source(struct core *core,
	const struct collection *collection, const char *id, const char *key)
{
	json_t *sources = collection_state(core, collection)->sources;

	json_object_set_new(sources, id, json_string(key));
	if (json_object_size(sources) > SOURCES_MAX)
		json_object_del(sources,
			json_object_iter_key(json_object_iter(sources)));
	collections_save(core);
}

/* ---- on disk ---- */

static json_t *collection_record(const struct collection_state *state)
{
	return json_pack("{s:O s:O s:O s:I s:o}", "aliases", state->aliases,
		"sources", state->sources, "recorded", state->recorded, "names",
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

	for (size_t i = 0; !err && i < core->resources->count; i++) {
		struct collection_state *state = &core->resources->states[i];
		if (json_object_set_new(
			    all, state->collection->path, record(state)))
			err = -ENOMEM;
	}
	if (!err)
		text = json_write(all, &len);
	if (!err)
		err = text ? keep_write(core, name, text, len) : -ENOMEM;
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

static void save_late(struct core *core)
{
	collections_save(core);
}

void collections_save_later(struct core *core)
{
	disk_later(core, save_late);
}

void changes_save_few(struct core *core)
{
	uint64_t count, bytes;

	lists_measure(core, &count, &bytes);
	for (size_t i = 0; i < core->resources->count; i++)
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
	int err = state_read_json(core->state.fd, name, FILE_MAX, record);

	return err == -ENOMEM ? err : 0;
}

/* The strings of an object; NULL: out of memory. */
static json_t *strings_of(const json_t *object)
{
	json_t *strings = json_object(), *value;
	const char *name;
	int err = 0;

	json_object_foreach ((json_t *)object, name, value)
		if (json_is_string(value))
			err |= json_object_set(strings, name, value);
	if (!err)
		return strings;
	json_decref(strings);
	return NULL;
}

static int state_init(struct collection_state *state, const struct core *core,
	const json_t *record, json_t *changes)
{
	TAILQ_INIT(&state->readers);
	state->aliases = strings_of(json_object_get(record, "aliases"));
	state->sources = strings_of(json_object_get(record, "sources"));
	state->recorded = strings_of(json_object_get(record, "recorded"));
	state->last_answers = json_object();
	state->kept_changes = json_incref(changes);
	state->names_hash =
		json_integer_value(json_object_get(record, "names"));
	state->names_changed = core->epoch;
	json_to_timespec(
		json_object_get(record, "changed"), &state->names_changed);
	return state->aliases && state->sources && state->recorded &&
			state->last_answers
		? 0
		: -ENOMEM;
}

static int states_init(struct resources *resources, struct core *core)
{
	json_t *records, *changes = NULL;
	int err = record_read(core, collections_name, &records);

	if (!err)
		err = record_read(core, changes_name, &changes);
	for (size_t i = 0; !err && i < resources->count; i++) {
		struct collection_state *state = &resources->states[i];
		const char *path = state->collection->path;
		err = state_init(state, core, json_object_get(records, path),
			json_object_get(changes, path));
	}
	json_decref(records);
	json_decref(changes);
	return err;
}

/* Fills states; NULL: only counts. */
static size_t collections_in(
	const struct row *const *tables, struct collection_state *states)
{
	size_t count = 0;

	for (; *tables; tables++)
		for (const struct row *row = *tables; row->path; row++) {
			if (row->collection && states)
				states[count].collection = row->collection;
			count += row->collection != NULL;
		}
	return count;
}

struct resources *resources_new(struct core *core,
	const struct row *const *tables, const struct resources_calls *calls)
{
	size_t count = collections_in(tables, NULL);
	struct resources *resources = calloc(
		1, sizeof(*resources) + count * sizeof(*resources->states));

	if (!resources)
		return NULL;
	if (calls)
		resources->calls = *calls;
	resources->count = collections_in(tables, resources->states);
	TAILQ_INIT(&resources->logs);
	LIST_INIT(&resources->consoles);
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
	for (size_t i = 0; i < resources->count; i++) {
		struct collection_state *state = &resources->states[i];
		resource_index_drop(state->index, NULL);
		json_decref(state->example);
		json_decref(state->aliases);
		json_decref(state->sources);
		json_decref(state->recorded);
		json_decref(state->kept_changes);
		json_decref(state->last_answers);
	}
	consoles_free(&resources->consoles);
	token_forget(resources);
	free(resources);
}
