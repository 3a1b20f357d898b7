/* SPDX-License-Identifier: MIT */
/* fs/resources/collection_index.c - the list of a collection, read when it is
 * new */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/resources/collection_state.h"
#include "fs/resources/resource.h"
#include "fs/resources/volatile_fields.h"

/*
 * A short list is read where it is asked for. A long one takes a second, and
 * is read by the worker that parsed it: who asks waits for that, and nobody
 * else does. One list of a collection is read at a time, so that the index
 * which it is compared with is the one that is shown until it is read.
 */
enum { SHORT = 256, NO_MEMORY_MS = 1000 };

struct reading {
	struct core *core;
	const struct collection *collection;
	json_t *json;		    /* held; its index's once it is read */
	struct cache_answer answer; /* its json is not looked at */
	struct resource_index *before, *read; /* before is held */
	const json_t *times;		      /* the memory's */
	struct timespec born;
	int err;
};

/* The names are not those that were shown last. */
static void names_date(struct core *core, struct memory *memory)
{
	uint64_t names = memory->index->names;

	if (names == memory->names)
		return;
	if (memory->names)
		memory->changed = core->now;
	memory->names = names;
	memory_store(core);
}

/* Within one millisecond the cache tells what was asked for after a drop: it
 * keeps nothing else. */
static void answer_note(struct core *core, const struct collection *collection,
	const struct cache_answer *answer)
{
	struct memory *memory = memory_of(core, collection);
	struct cache_answer kept;

	memory->fetched_ms = answer->fetched_ms;
	memory->fresh_until_ms = answer->fresh_until_ms;
	memory->is_untrue = answer->fetched_ms <= memory->dropped_ms &&
		(cache_peek(core->cache, collection->list, NULL, core->now_ms,
			 &kept) ||
			kept.version != answer->version);
}

/* index is taken. */
static void index_show(struct core *core, const struct collection *collection,
	struct resource_index *index, const struct cache_answer *answer)
{
	struct memory *memory = memory_of(core, collection);

	bool has_moved =
		resource_index_follow(index, memory->index, &core->now);
	resource_index_drop(memory->index, core->reader);
	memory->index = index;
	worker_drop(core->reader, memory->times);
	memory->times = NULL;
	answer_note(core, collection, answer);
	names_date(core, memory);
	if (has_moved)
		memory_store_times(core, false);
}

/* ---- a long one ---- */

static void reading_work(void *ctx)
{
	struct reading *reading = ctx;

	reading->err = resource_index_new(&reading->collection->form,
		reading->json, reading->answer.version, reading->before,
		&reading->born, &reading->read);
	if (!reading->err)
		times_recall(reading->read, reading->times);
}

static void reading_free(struct reading *reading)
{
	struct worker *worker = reading->core->reader;

	if (reading->before)
		resource_index_drop(reading->before, worker);
	worker_drop(worker, reading->json);
	free(reading);
}

static void reading_done(void *ctx)
{
	struct reading *reading = ctx;
	struct core *core = reading->core;
	struct memory *memory = memory_of(core, reading->collection);

	memory->is_reading = false;
	if (reading->err) {
		memory->unread = reading->answer.version;
		memory->unread_until_ms = core->now_ms + NO_MEMORY_MS;
	} else {
		index_show(core, reading->collection, reading->read,
			&reading->answer);
		reading->json = NULL;
	}
	ops_wake(&memory->readers);
	reading_free(reading);
}

static int reading_start(struct core *core, const struct collection *collection,
	const struct cache_answer *answer)
{
	struct memory *memory = memory_of(core, collection);
	struct reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		return -ENOMEM;
	reading->core = core;
	reading->collection = collection;
	reading->json = json_incref(answer->json);
	reading->answer = *answer;
	reading->born = core->born;
	reading->times = memory->times;
	if (memory->index)
		reading->before = resource_index_hold(memory->index);
	int err = worker_submit(
		core->reader, reading_work, reading_done, reading);
	if (err)
		reading_free(reading);
	else
		memory->is_reading = true;
	return err;
}

static int read_long(struct op *op, const struct collection *collection,
	const struct cache_answer *answer)
{
	struct memory *memory = memory_of(op->core, collection);
	int err = 0;

	if (memory->unread == answer->version &&
		op->core->now_ms < memory->unread_until_ms)
		return -ENOMEM;
	if (!memory->is_reading)
		err = reading_start(op->core, collection, answer);
	/* Who may not wait does not see it. */
	if (!err && op->is_peeking)
		return -ENOENT;
	return err ? err : op_wait(op, &memory->readers);
}

/* ---- who asks ---- */

static int read_short(struct core *core, const struct collection *collection,
	const struct cache_answer *answer)
{
	struct memory *memory = memory_of(core, collection);
	struct resource_index *fresh;
	int err = resource_index_new(&collection->form, answer->json,
		answer->version, memory->index, &core->born, &fresh);

	if (err)
		return err;
	times_recall(fresh, memory->times);
	json_incref(answer->json);
	index_show(core, collection, fresh, answer);
	return 0;
}

static bool is_fresh(const struct core *core, const struct memory *memory)
{
	return memory->index && !memory->is_untrue &&
		core->now_ms < memory->fresh_until_ms;
}

/*
 * While it holds, the index is the answer: the cache may have had no room for
 * that. An operation that was parked may hold an older answer.
 */
int collection_index(struct op *op, const struct collection *collection,
	const struct resource_index **index)
{
	struct memory *memory = memory_of(op->core, collection);
	struct cache_answer answer;
	size_t count;
	int err;

	*index = memory->index;
	if (is_fresh(op->core, memory))
		return 0;
	err = op_get(op, collection->list, NULL, &answer);
	if (err)
		return err;
	if (*index && answer.fetched_ms < memory->fetched_ms)
		return 0;
	if (*index && (*index)->version == answer.version) {
		answer_note(op->core, collection, &answer);
		return 0;
	}
	err = resource_index_size(&collection->form, answer.json, &count);
	if (err)
		return err;
	if (count > SHORT || memory->is_reading)
		return read_long(op, collection, &answer);
	err = read_short(op->core, collection, &answer);
	*index = memory->index;
	return err;
}

void collection_times(struct core *core, const struct collection *collection,
	struct cache_answer *answer)
{
	const struct memory *memory = memory_of(core, collection);

	memset(answer, 0, sizeof(*answer));
	answer->fetched_ms = memory->fetched_ms;
	if (is_fresh(core, memory))
		answer->fresh_until_ms = memory->fresh_until_ms;
}

void collection_forget(struct core *core, const struct collection *collection)
{
	struct memory *memory = memory_of(core, collection);

	memory->dropped_ms = core->now_ms;
	memory->is_untrue = true;
	cache_drop(core->cache, collection->list, NULL);
}

const struct resource_index *collection_known(
	struct core *core, const struct collection *collection)
{
	return memory_of(core, collection)->index;
}
