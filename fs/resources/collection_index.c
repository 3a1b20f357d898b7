/* SPDX-License-Identifier: MIT */
/* fs/resources/collection_index.c - the list of a collection, read when it is
 * new */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

/*
 * A short list is read at once. A long one takes a second, and is read by the
 * worker that parsed it; only operations that need the list wait for it. Only
 * one list of a collection is read at a time, so the index that it is compared
 * with is shown until then.
 */
enum { SHORT = 256, RETRY_MS = 1000 };

struct reading {
	struct core *core;
	struct collection_state *state;	      /* of the collection */
	json_t *json;			      /* held */
	struct cache_answer answer;	      /* its json is not used */
	struct resource_index *before, *read; /* before is held */
	const json_t *kept_changes;	      /* borrowed from the state */
	json_t *sources;		      /* a copy; NULL: none */
	struct timespec epoch;
	int err;
};

/* Writes at once what only this mount knows: when names changed. */
static void names_date(struct core *core, struct collection_state *state)
{
	uint64_t old = state->names_hash;

	state->names_hash = state->index->names_hash;
	if (!old || old == state->names_hash)
		return;
	state->names_changed = core->now;
	collections_save_later(core);
}

/* An answer that was requested in the millisecond of a drop may be from before
 * or after it; the cache has only those from after it. */
static void answer_note(struct core *core, struct collection_state *state,
	const struct cache_answer *answer)
{
	struct cache_answer kept;

	state->fetched_ms = answer->fetched_ms;
	state->fresh_until_ms = answer->fresh_until_ms;
	state->is_stale = answer->fetched_ms <= state->dropped_ms &&
		(cache_peek(core->cache, state->collection->list, NULL,
			 core->now_ms, &kept) ||
			kept.version != answer->version);
}

/* The index has all that the answer says. */
static void list_forget(struct core *core, const struct collection_state *state)
{
	cache_forget_text(core->cache, state->collection->list, NULL,
		state->index->version);
}

/* index is taken. */
static void index_show(struct core *core, struct collection_state *state,
	struct resource_index *index, const struct cache_answer *answer)
{
	bool has_changed =
		resource_index_follow(index, state->index, &core->now);

	resource_index_drop(state->index, core->reader);
	state->index = index;
	worker_drop(core->reader, state->kept_changes);
	state->kept_changes = NULL;
	answer_note(core, state, answer);
	last_answers_prune(state);
	names_date(core, state);
	if (has_changed)
		disk_later(core, changes_save_few);
}

/* ---- reading one ---- */

static void reading_work(void *ctx)
{
	struct reading *reading = ctx;

	reading->err = resource_index_new(&reading->state->collection->form,
		reading->json, reading->answer.version, reading->before,
		reading->sources, &reading->epoch, &reading->read);
	if (!reading->err)
		changes_restore(reading->read, reading->kept_changes);
}

/* Reading a long list leaves four tenths of its memory free in small pieces,
 * which glibc keeps. */
static void memory_trim(void *unused)
{
	(void)unused;
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

static void memory_trim_later(
	struct core *core, const struct resource_index *index)
{
	if (index && index->count > SHORT)
		worker_submit(core->reader, memory_trim, NULL, NULL);
}

static void reading_free(struct reading *reading)
{
	struct worker *worker = reading->core->reader;

	resource_index_drop(reading->before, worker);
	worker_drop(worker, reading->json);
	json_decref(reading->sources);
	free(reading);
}

static void reading_done(void *ctx)
{
	struct reading *reading = ctx;
	struct core *core = reading->core;
	struct collection_state *state = reading->state;
	state->is_reading = false;
	if (reading->err) {
		state->unread_version = reading->answer.version;
		state->unread_until_ms = core->now_ms + RETRY_MS;
	} else {
		index_show(core, state, reading->read, &reading->answer);
		list_forget(core, state);
	}
	ops_wake(&state->readers);
	reading_free(reading);
	memory_trim_later(core, state->index);
}

/* NULL: out of memory. */
static struct reading *reading_new(struct core *core,
	struct collection_state *state, const struct cache_answer *answer)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		return NULL;
	reading->core = core;
	reading->state = state;
	reading->json = json_incref(answer->json);
	reading->answer = *answer;
	reading->epoch = core->epoch;
	reading->kept_changes = state->kept_changes;
	reading->sources = json_copy(state->sources);
	if (state->index)
		reading->before = resource_index_hold(state->index);
	return reading;
}

static int list_read(struct op *op, struct collection_state *state,
	const struct cache_answer *answer, bool is_short)
{
	struct core *core = op->core;

	if (state->unread_version == answer->version &&
		core->now_ms < state->unread_until_ms)
		return -ENOMEM;
	if (!state->is_reading) {
		struct reading *reading = reading_new(core, state, answer);
		if (!reading)
			return -ENOMEM;
		state->reading_version = answer->version;
		if (is_short) {
			reading_work(reading);
			int err = reading->err;
			reading_done(reading);
			return err;
		}
		if (worker_submit(core->reader, reading_work, reading_done,
			    reading)) {
			reading_free(reading);
			return -ENOMEM;
		}
		state->is_reading = true;
	}
	/* It is to be freed before memory_trim. */
	if (state->reading_version == answer->version)
		op_forget_text(op, state->collection->list, NULL);
	/* An operation that may not wait gets no list. */
	return op->cached_only ? -ENOENT : op_wait(op, &state->readers);
}

/* ---- any list ---- */

static bool is_fresh(
	const struct core *core, const struct collection_state *state)
{
	return state->index && !state->is_stale &&
		core->now_ms < state->fresh_until_ms;
}

/*
 * While it is fresh, the index stands for the answer, for which the cache may
 * have had no room. An operation that was parked may hold an older answer.
 */
int collection_index(struct op *op, const struct collection *collection,
	const struct resource_index **index)
{
	struct collection_state *state = collection_state(op->core, collection);
	struct cache_answer answer;
	const json_t *items;
	int err;

	*index = state->index;
	if (is_fresh(op->core, state))
		return 0;
	err = op_get(op, collection->list, NULL, &answer);
	if (err)
		return err;
	if (*index && answer.fetched_ms < state->fetched_ms)
		return 0;
	if (*index && (*index)->version == answer.version) {
		answer_note(op->core, state, &answer);
		list_forget(op->core, state);
		op_forget_text(op, collection->list, NULL);
		memory_trim_later(op->core, state->index);
		return 0;
	}
	items = json_array_in(answer.json, collection->form.member);
	if (!items)
		return -EPROTO;
	err = list_read(op, state, &answer, json_array_size(items) <= SHORT);
	*index = state->index;
	return err;
}

void collection_times(struct core *core, const struct collection *collection,
	struct cache_answer *answer)
{
	const struct collection_state *state =
		collection_state(core, collection);

	memset(answer, 0, sizeof(*answer));
	answer->fetched_ms = state->fetched_ms;
	if (is_fresh(core, state))
		answer->fresh_until_ms = state->fresh_until_ms;
}

void collection_forget(struct core *core, const struct collection *collection)
{
	struct collection_state *state = collection_state(core, collection);

	state->dropped_ms = core->now_ms;
	state->is_stale = true;
	cache_drop(core->cache, collection->list, NULL);
}

const struct resource_index *collection_known(
	struct core *core, const struct collection *collection)
{
	const struct collection_state *state =
		collection_state(core, collection);

	return state->is_stale ? NULL : state->index;
}
