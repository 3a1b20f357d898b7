/* SPDX-License-Identifier: MIT */
/* fs/base/parallel.c - pieces of work that wait for the disk at the same time
 */
#include "fs/base/parallel.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
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
	sem_t done;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t wake; /* for parts that idle helpers are to take */
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

/* Called without the lock. The last to end tells it, so that the caller knows
 * that nobody needs the batch. */
static void batch_do(struct batch *batch, struct part *part)
{
	part->err = part->work(part->ctx);
	pthread_mutex_lock(&lock);
	bool is_last = !--batch->undone;
	pthread_mutex_unlock(&lock);
	if (is_last)
		sem_post(&batch->done);
}

/* ---- helpers ---- */

/* Returns false if nothing came for too long. */
static bool helper_wait(void)
{
	struct timespec until;
	int err;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += IDLE_S;
	do {
		err = sem_timedwait(&wake, &until) ? errno : 0;
	} while (err == EINTR);
	return !err;
}

/* Does all that there is. */
static void helper_work(void)
{
	struct batch *batch;
	struct part *part;

	while ((batch = TAILQ_FIRST(&batches))) {
		part = batch_take(batch);
		pthread_mutex_unlock(&lock);
		batch_do(batch, part);
		pthread_mutex_lock(&lock);
	}
}

static void *helper_main(void *ctx)
{
	bool is_awake = true;

	pthread_mutex_lock(&lock);
	while (is_awake || !TAILQ_EMPTY(&batches)) {
		helper_work();
		idle_count++;
		pthread_mutex_unlock(&lock);
		is_awake = helper_wait();
		pthread_mutex_lock(&lock);
		idle_count--;
	}
	helper_count--;
	pthread_mutex_unlock(&lock);
	return ctx;
}

#ifdef __SANITIZE_THREAD__
/* The process may end while helpers wait: it would end a second later. */
const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
	return "atexit_sleep_ms=0";
}
#endif

static bool helper_start(void)
{
	pthread_t thread;

	if (helper_count == HELPERS_MAX ||
		pthread_create(&thread, NULL, helper_main, NULL))
		return false;
	pthread_detach(thread);
	helper_count++;
	return true;
}

/* ---- the caller ---- */

static void wake_init(void)
{
	sem_init(&wake, 0, 0);
}

/* Returns the part of the caller. A helper may be idle only because it has not
 * run since it was woken for a part of another batch. */
static struct part *batch_begin(struct batch *batch)
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
	while (woken--)
		sem_post(&wake);
	return first;
}

/* NULL: helpers have all others. */
static struct part *batch_next(struct batch *batch)
{
	struct part *part;

	pthread_mutex_lock(&lock);
	part = batch->taken < batch->count ? batch_take(batch) : NULL;
	pthread_mutex_unlock(&lock);
	return part;
}

int parts_do(struct part *parts, size_t count)
{
	struct batch batch = {
		.parts = parts, .count = count, .undone = count
	};
	struct part *part;
	int err = 0;

	if (!count)
		return 0;
	pthread_once(&once, wake_init);
	sem_init(&batch.done, 0, 0);
	for (part = batch_begin(&batch); part; part = batch_next(&batch))
		batch_do(&batch, part);
	while (sem_wait(&batch.done))
		continue; /* EINTR */
	sem_destroy(&batch.done);
	for (size_t i = 0; i < count && !err; i++)
		err = parts[i].err;
	return err;
}

int part_sync(void *fd)
{
	return fsync(*(const int *)fd) ? -errno : 0;
}
