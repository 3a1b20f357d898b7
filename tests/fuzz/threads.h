/* SPDX-License-Identifier: MIT */
/* tests/fuzz/threads.h - the loop does the work of threads; replaces
 * api/worker.c and fs/base/parallel.c */
#ifndef TESTS_FUZZ_THREADS_H
#define TESTS_FUZZ_THREADS_H

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/parallel.h"

/*
 * Under a sanitizer, threads take most of the time of a mount's start and end.
 * Here a task waits until the loop collects it, as if its thread was slow, so
 * that an input always has the same result. Unit tests test the threads.
 */

struct queued {
	STAILQ_ENTRY(queued) link;
	void (*work)(void *ctx); /* NULL: it is done */
	void (*done)(void *ctx);
	void *ctx;
};

STAILQ_HEAD(queue, queued);

struct worker {
	struct queue tasks;
	unsigned pending;
};

struct worker *worker_new(void)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker)
		STAILQ_INIT(&worker->tasks);
	return worker;
}

static void queued_work(struct queued *task)
{
	void (*work)(void *ctx) = task->work;

	task->work = NULL;
	if (work)
		work(task->ctx);
}

void worker_collect(struct worker *worker)
{
	struct queued *task;

	/* Tasks that are submitted meanwhile wait for the next turn. */
	for (unsigned count = worker->pending;
		count > 0 && (task = STAILQ_FIRST(&worker->tasks)); count--) {
		queued_work(task);
		STAILQ_REMOVE_HEAD(&worker->tasks, link);
		worker->pending--;
		if (task->done)
			task->done(task->ctx);
		free(task);
	}
}

void worker_free(struct worker *worker)
{
	while (worker && worker->pending > 0)
		worker_collect(worker);
	free(worker);
}

int worker_submit(struct worker *worker, void (*work)(void *ctx),
	void (*done)(void *ctx), void *ctx)
{
	struct queued *task = malloc(sizeof(*task));

	if (!task)
		return -ENOMEM;
	*task = (struct queued){ .work = work, .done = done, .ctx = ctx };
	STAILQ_INSERT_TAIL(&worker->tasks, task, link);
	worker->pending++;
	return 0;
}

void worker_give_way(struct worker *worker)
{
	struct queued *task;

	if (!worker)
		return;
	STAILQ_FOREACH(task, &worker->tasks, link)
	queued_work(task);
}

void worker_drop(struct worker *worker, json_t *json)
{
	(void)worker;
	json_decref(json);
}

/* One descriptor that is always readable, for all workers with tasks. */
int worker_fd(const struct worker *worker)
{
	static int fd = -1;

	if (fd < 0)
		fd = eventfd(1, EFD_CLOEXEC);
	return worker->pending > 0 ? fd : -1;
}

unsigned worker_pending(const struct worker *worker)
{
	return worker->pending;
}

int parts_do(struct part *parts, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count; i++) {
		parts[i].err = parts[i].work(parts[i].ctx);
		if (!err)
			err = parts[i].err;
	}
	return err;
}

int part_sync(void *fd)
{
	return fsync(*(const int *)fd) ? -errno : 0;
}

#endif
