/* SPDX-License-Identifier: MIT */
/* fs/base/parallel.c - pieces of work that wait for the disk at the same time
 */
#include "fs/base/parallel.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

/* A new thread for each part would take ten more system calls. */
enum { IDLE_S = 5 };

struct batch {
	TAILQ_ENTRY(batch) link; /* while there are parts to take */
	struct part *parts;
	size_t count, taken, undone;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
/* under the lock */
static TAILQ_HEAD(batch_list, batch) batches = TAILQ_HEAD_INITIALIZER(batches);
static size_t helper_count, idle_count, untaken_count;

/* Called with the lock. */
static struct part *batch_take(struct batch *batch)
{
	struct part *part = &batch->parts[batch->taken++];

	untaken_count--;
	if (batch->taken == batch->count)
		TAILQ_REMOVE(&batches, batch, link);
	return part;
}

/* Called without the lock, and returns with it. Signals without it: a thread
 * that wakes up then does not have to wait for it. */
static void batch_do(struct batch *batch, struct part *part)
{
	part->err = part->work(part->ctx);
	pthread_mutex_lock(&lock);
	if (!--batch->undone) {
		pthread_mutex_unlock(&lock);
		pthread_cond_broadcast(&done);
		pthread_mutex_lock(&lock);
	}
}

/* ---- helpers ---- */

static bool helper_wait(void)
{
	struct timespec until;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += IDLE_S;
	idle_count++;
	while (!err && TAILQ_EMPTY(&batches))
		err = pthread_cond_timedwait(&wake, &lock, &until);
	idle_count--;
	return !TAILQ_EMPTY(&batches);
}

static void *helper_main(void *ctx)
{
	struct batch *batch;
	struct part *part;

	pthread_mutex_lock(&lock);
	do {
		while ((batch = TAILQ_FIRST(&batches))) {
			part = batch_take(batch);
			pthread_mutex_unlock(&lock);
			batch_do(batch, part);
		}
	} while (helper_wait());
	helper_count--;
	pthread_mutex_unlock(&lock);
	return ctx;
}

static bool helper_start(void)
{
	pthread_t thread;

	if (helper_count == PARTS_MAX ||
		pthread_create(&thread, NULL, helper_main, NULL))
		return false;
	pthread_detach(thread);
	helper_count++;
	return true;
}

/* ---- the caller ---- */

/* Returns with the lock. A helper may be idle only because it has not run since
 * it was woken for a part of another batch. */
static void batch_begin(struct batch *batch)
{
	size_t others = batch->count - 1, woken = 0;
	struct part *first;

	pthread_mutex_lock(&lock);
	while (woken < others && untaken_count + woken < idle_count)
		woken++;
	for (size_t i = woken; i < others && helper_start(); i++)
		continue;
	untaken_count += batch->count;
	TAILQ_INSERT_TAIL(&batches, batch, link);
	first = batch_take(batch);
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < woken; i++)
		pthread_cond_signal(&wake);
	batch_do(batch, first);
}

int parts_do(struct part *parts, size_t count)
{
	struct batch batch = {
		.parts = parts, .count = count, .undone = count
	};
	int err = 0;

	if (!count)
		return 0;
	batch_begin(&batch);
	while (batch.taken < count) {
		struct part *part = batch_take(&batch);
		pthread_mutex_unlock(&lock);
		batch_do(&batch, part);
	}
	while (batch.undone)
		pthread_cond_wait(&done, &lock);
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < count && !err; i++)
		err = parts[i].err;
	return err;
}

int part_sync(void *fd)
{
	return fsync(*(const int *)fd) ? -errno : 0;
}
