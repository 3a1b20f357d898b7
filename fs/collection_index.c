/* SPDX-License-Identifier: MIT */
/* fs/collection_index.c - the list of a collection, read when it is new */
#include <errno.h>
#include <stdlib.h>

#include "fs/mount.h"
#include "fs/resource.h"
#include "fs/resource_memory.h"

/*
 * A short list is read where it is asked for. A long one takes a second, and
 * is read by the worker that parsed it: who asks waits for that, and nobody
 * else does. One list of a collection is read at a time, so that the index
 * which it is compared with is the one that is shown until it is read.
 */
enum { SHORT = 256, NO_MEMORY_MS = 1000 };

struct reading {
	struct fs *fs;
	const struct collection *collection;
	json_t *json; /* held */
	uint64_t version, fetched_ms;
	struct resource_index *before, *read; /* before is held */
	struct timespec born;
	int err;
};

/* The names are not those that were shown last. */
static void names_date(struct fs *fs, struct memory *memory)
{
	uint64_t names = memory->index->names;

	if (names == memory->names)
		return;
	if (memory->names)
		memory->changed = fs->now;
	memory->names = names;
	memory_store(fs);
}

/* index is taken. */
static void index_show(struct fs *fs, struct memory *memory,
	struct resource_index *index, uint64_t fetched_ms)
{
	resource_index_follow(index, memory->index, &fs->now);
	resource_index_drop(memory->index, fs->reader);
	memory->index = index;
	memory->fetched_ms = fetched_ms;
	names_date(fs, memory);
}

/* ---- a long one ---- */

static void reading_work(void *ctx)
{
	struct reading *reading = ctx;

	reading->err = resource_index_new(&reading->collection->form,
		reading->json, reading->version, reading->before,
		&reading->born, &reading->read);
}

static void reading_free(struct reading *reading)
{
	struct worker *worker = reading->fs->reader;

	if (reading->before)
		resource_index_drop(reading->before, worker);
	if (reading->json)
		worker_drop(worker, reading->json);
	free(reading);
}

static void reading_done(void *ctx)
{
	struct reading *reading = ctx;
	struct fs *fs = reading->fs;
	struct memory *memory = memory_of(fs, reading->collection);

	memory->is_reading = false;
	if (reading->err) {
		memory->unread = reading->version;
		memory->unread_until_ms = fs->now_ms + NO_MEMORY_MS;
	} else {
		index_show(fs, memory, reading->read, reading->fetched_ms);
	}
	ops_wake(&memory->readers);
	reading_free(reading);
}

static int reading_start(struct fs *fs, const struct collection *collection,
	const struct cache_answer *answer)
{
	struct memory *memory = memory_of(fs, collection);
	struct reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		return -ENOMEM;
	reading->fs = fs;
	reading->collection = collection;
	reading->json = json_incref(answer->json);
	reading->version = answer->version;
	reading->fetched_ms = answer->fetched_ms;
	reading->born = fs->born;
	if (memory->index)
		reading->before = resource_index_hold(memory->index);
	int err =
		worker_submit(fs->reader, reading_work, reading_done, reading);
	if (err)
		reading_free(reading);
	else
		memory->is_reading = true;
	return err;
}

static int read_long(struct op *op, const struct collection *collection,
	const struct cache_answer *answer)
{
	struct memory *memory = memory_of(op->fs, collection);
	int err = 0;

	if (memory->unread == answer->version &&
		op->fs->now_ms < memory->unread_until_ms)
		return -ENOMEM;
	if (!memory->is_reading)
		err = reading_start(op->fs, collection, answer);
	/* Who may not wait does not see it. */
	if (!err && op->is_peeking)
		return -ENOENT;
	return err ? err : op_wait(op, &memory->readers);
}

/* ---- who asks ---- */

static int read_short(struct fs *fs, const struct collection *collection,
	const struct cache_answer *answer)
{
	struct memory *memory = memory_of(fs, collection);
	struct resource_index *fresh;
	int err = resource_index_new(&collection->form, answer->json,
		answer->version, memory->index, &fs->born, &fresh);

	if (!err)
		index_show(fs, memory, fresh, answer->fetched_ms);
	return err;
}

int collection_index(struct op *op, const struct collection *collection,
	const struct resource_index **index)
{
	struct memory *memory = memory_of(op->fs, collection);
	struct cache_answer answer;
	size_t count;
	int err = op_get(op, collection->list, NULL, &answer);

	if (err)
		return err;
	*index = memory->index;
	/* An operation that was parked may hold an older answer. */
	if (*index &&
		((*index)->version == answer.version ||
			answer.fetched_ms < memory->fetched_ms))
		return 0;
	err = resource_index_size(&collection->form, answer.json, &count);
	if (err)
		return err;
	if (count > SHORT || memory->is_reading)
		return read_long(op, collection, &answer);
	err = read_short(op->fs, collection, &answer);
	*index = memory->index;
	return err;
}

const struct resource_index *collection_known(
	struct fs *fs, const struct collection *collection)
{
	return memory_of(fs, collection)->index;
}
