/* SPDX-License-Identifier: MIT */
/* api/worker.c - the one thread, for work that would block the loop */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "api/api.h"

struct task {
	STAILQ_ENTRY(task) link;
	void (*work)(void *ctx);
	void (*done)(void *ctx);
	void *ctx;
};

STAILQ_HEAD(task_list, task);

struct worker {
	pthread_t thread;
	int fd;
	/* used by the loop's thread only */
	unsigned pending;
	struct task_list collected;
	pthread_mutex_t lock;
	bool gives_way; /* used by its own thread only */
	sem_t wake;	/* for each task, and once to end */
	bool is_ending; /* atomic */
	/* under the lock */
	struct task_list todo;
	struct task_list finished;
};

/* Returns the next task. NULL: nothing is left. */
static struct task *worker_take(struct worker *worker)
{
	struct task *task;

	pthread_mutex_lock(&worker->lock);
	task = STAILQ_FIRST(&worker->todo);
	if (task)
		STAILQ_REMOVE_HEAD(&worker->todo, link);
	pthread_mutex_unlock(&worker->lock);
	return task;
}

/* The loop is woken without the lock, which it would wait for. So it may have
 * taken the task before, and finds nothing when it is woken. */
static void worker_finish(struct worker *worker, struct task *task)
{
	pthread_mutex_lock(&worker->lock);
	bool is_first = STAILQ_EMPTY(&worker->finished);
	STAILQ_INSERT_TAIL(&worker->finished, task, link);
	pthread_mutex_unlock(&worker->lock);
	if (is_first)
		eventfd_write(worker->fd, 1);
}

static void worker_do(struct worker *worker, struct task *task)
{
	task->work(task->ctx);
	worker_finish(worker, task);
}

/* A semaphore takes one system call less than a condition: glibc wakes somebody
 * when a lock is released that was taken after a wait. */
static void *worker_main(void *ctx)
{
	struct worker *worker = ctx;
	struct task *task;

	while (!__atomic_load_n(&worker->is_ending, __ATOMIC_ACQUIRE)) {
		while (sem_wait(&worker->wake))
			continue;	    /* EINTR */
		task = worker_take(worker); /* unless worker_give_way did */
		if (task)
			worker_do(worker, task);
	}
	return NULL;
}

/* Those that wait now: others that come meanwhile could go on for ever. What
 * they give way to waits: a hundred of them would be nested in one another. */
void worker_give_way(struct worker *worker)
{
	struct task *task;
	unsigned count = 0;

	if (!worker || worker->gives_way)
		return;
	worker->gives_way = true;
	pthread_mutex_lock(&worker->lock);
	STAILQ_FOREACH(task, &worker->todo, link)
	count++;
	pthread_mutex_unlock(&worker->lock);
	while (count-- && (task = worker_take(worker)))
		worker_do(worker, task);
	worker->gives_way = false;
}

/* Signals are handled by the loop's thread. */
static int worker_start(struct worker *worker)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&worker->thread, NULL, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

struct worker *worker_new(void)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	STAILQ_INIT(&worker->todo);
	STAILQ_INIT(&worker->finished);
	STAILQ_INIT(&worker->collected);
	pthread_mutex_init(&worker->lock, NULL);
	sem_init(&worker->wake, 0, 0);
	worker->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->fd >= 0 && worker_start(worker) == 0)
		return worker;
	if (worker->fd >= 0)
		close(worker->fd);
	sem_destroy(&worker->wake);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
	return NULL;
}

void worker_free(struct worker *worker)
{
	struct pollfd fd;

	if (!worker)
		return;
	fd = (struct pollfd){ .fd = worker->fd, .events = POLLIN };
	while (worker->pending > 0) {
		poll(&fd, 1, -1);
		worker_collect(worker);
	}
	__atomic_store_n(&worker->is_ending, true, __ATOMIC_RELEASE);
	sem_post(&worker->wake);
	pthread_join(worker->thread, NULL);
	close(worker->fd);
	sem_destroy(&worker->wake);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

int worker_submit(struct worker *worker, void (*work)(void *ctx),
	void (*done)(void *ctx), void *ctx)
{
	struct task *task = malloc(sizeof(*task));

	if (!task)
		return -ENOMEM;
	*task = (struct task){ .work = work, .done = done, .ctx = ctx };
	worker->pending++;
	pthread_mutex_lock(&worker->lock);
	STAILQ_INSERT_TAIL(&worker->todo, task, link);
	pthread_mutex_unlock(&worker->lock);
	sem_post(&worker->wake);
	return 0;
}

#ifdef __SANITIZE_THREAD__
/* Parts of an answer may have other holders, and jansson counts these with
 * atomic operations; but its last decrement does not acquire, so the sanitizer
 * does not see that it comes after the others. */
const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
	return "race:json_delete\n";
}
#endif

static void drop(void *ctx)
{
	json_decref(ctx);
}

void worker_drop(struct worker *worker, json_t *json)
{
	bool is_last = json && json->refcount == 1;

	if (!is_last || !worker || worker_submit(worker, drop, NULL, json))
		json_decref(json);
}

int worker_fd(const struct worker *worker)
{
	return worker->fd;
}

/* The descriptor first: what is finished after the list was taken makes it
 * readable again. */
static void worker_take_finished(struct worker *worker)
{
	eventfd_t count;

	eventfd_read(worker->fd, &count);
	pthread_mutex_lock(&worker->lock);
	STAILQ_CONCAT(&worker->collected, &worker->finished);
	pthread_mutex_unlock(&worker->lock);
}

/* `done` may call worker_collect. */
void worker_collect(struct worker *worker)
{
	struct task *task;

	worker_take_finished(worker);
	while ((task = STAILQ_FIRST(&worker->collected))) {
		STAILQ_REMOVE_HEAD(&worker->collected, link);
		worker->pending--;
		if (task->done)
			task->done(task->ctx);
		free(task);
	}
}

unsigned worker_pending(const struct worker *worker)
{
	return worker->pending;
}
