/* SPDX-License-Identifier: MIT */
/* tests/unit/api/worker.c - the thread works in order and loses nothing */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "api/api.h"
#include "tests/unit/alloc_fail.h"

#define COUNT 1000

struct task {
	int number;
	int worked; /* by the worker */
	int done;   /* by the loop */
	pthread_t worker, loop;
	sigset_t blocked;
};

static int work_order[COUNT], work_count, done_order[COUNT], done_count;

static void work(void *ctx)
{
	struct task *task = ctx;

	task->worked++;
	task->worker = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &task->blocked);
	work_order[work_count++] = task->number;
}

static void done(void *ctx)
{
	struct task *task = ctx;

	task->done++;
	task->loop = pthread_self();
	done_order[done_count++] = task->number;
}

static struct task tasks[COUNT];

static void begin(void)
{
	int i;

	memset(tasks, 0, sizeof(tasks));
	for (i = 0; i < COUNT; i++)
		tasks[i].number = i;
	work_count = done_count = 0;
}

static void check_all_done(void)
{
	int i;

	assert_int_equal(done_count, COUNT);
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(tasks[i].worked, 1);
		assert_int_equal(tasks[i].done, 1);
		assert_int_equal(work_order[i], i);
		assert_int_equal(done_order[i], i);
		assert_true(pthread_equal(tasks[i].loop, pthread_self()));
		assert_false(pthread_equal(tasks[i].worker, pthread_self()));
		assert_true(sigismember(&tasks[i].blocked, SIGTERM));
	}
}

static void tasks_run_in_order(void **state)
{
	struct worker *worker = worker_new();
	struct pollfd fd = { .fd = worker_fd(worker), .events = POLLIN };
	int i;

	(void)state;
	begin();
	assert_int_equal(poll(&fd, 1, 0), 0);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(
			worker_submit(worker, work, done, &tasks[i]), 0);
	assert_int_equal(worker_pending(worker), COUNT);
	while (worker_pending(worker) > 0) {
		assert_int_equal(poll(&fd, 1, 30000), 1);
		worker_collect(worker);
	}
	worker_collect(worker); /* there may be one wake-up left */
	check_all_done();
	worker_free(worker);
}

static unsigned writes;

int __real_eventfd_write(int fd, eventfd_t value);
int __wrap_eventfd_write(int fd, eventfd_t value);

int __wrap_eventfd_write(int fd, eventfd_t value)
{
	__atomic_add_fetch(&writes, 1, __ATOMIC_SEQ_CST);
	return __real_eventfd_write(fd, value);
}

static sem_t all_worked;

static void work_and_tell(void *ctx)
{
	work(ctx);
	sem_post(&all_worked);
}

/* The loop is woken once for all that it has not collected yet. */
static void loop_is_woken_once(void **state)
{
	struct worker *worker = worker_new();

	(void)state;
	begin();
	sem_init(&all_worked, 0, 0);
	__atomic_store_n(&writes, 0, __ATOMIC_SEQ_CST);
	for (int i = 0; i < COUNT; i++)
		worker_submit(worker, i + 1 < COUNT ? work : work_and_tell,
			done, &tasks[i]);
	while (sem_wait(&all_worked))
		continue;
	assert_int_equal(__atomic_load_n(&writes, __ATOMIC_SEQ_CST), 1);
	worker_free(worker);
	check_all_done();
	sem_destroy(&all_worked);
}

static void free_waits_for_all_tasks(void **state)
{
	struct worker *worker = worker_new();
	int i;

	(void)state;
	begin();
	for (i = 0; i < COUNT; i++)
		assert_int_equal(
			worker_submit(worker, work, done, &tasks[i]), 0);
	worker_free(worker);
	check_all_done();
	worker_free(NULL);
}

static struct worker *chain_worker;

static void chain(void *ctx)
{
	struct task *task = ctx;

	done(task);
	if (task->number + 1 < COUNT)
		worker_submit(chain_worker, work, chain, task + 1);
}

static void done_can_submit(void **state)
{
	(void)state;
	begin();
	chain_worker = worker_new();
	worker_submit(chain_worker, work, chain, &tasks[0]);
	worker_free(chain_worker);
	check_all_done();
}

static struct worker *polite_worker;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static unsigned depth, deepest;

static void work_politely(void *ctx)
{
	if (++depth > deepest)
		deepest = depth;
	if (depth == 1) { /* the others have been submitted */
		pthread_mutex_lock(&gate);
		pthread_mutex_unlock(&gate);
	}
	worker_give_way(polite_worker);
	work(ctx);
	depth--;
}

static void long_work_gives_way(void **state)
{
	(void)state;
	begin();
	polite_worker = worker_new();
	worker_give_way(NULL);
	pthread_mutex_lock(&gate);
	worker_submit(polite_worker, work_politely, done, &tasks[0]);
	for (int i = 1; i < COUNT; i++)
		worker_submit(polite_worker, work, done, &tasks[i]);
	pthread_mutex_unlock(&gate);
	worker_free(polite_worker);
	assert_int_equal(done_count, COUNT);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(work_order[i], (i + 1) % COUNT);
		assert_int_equal(done_order[i], (i + 1) % COUNT);
	}
}

/* They are not nested in one another, as deep as there are tasks. */
static void all_give_way(void **state)
{
	(void)state;
	begin();
	deepest = 0;
	polite_worker = worker_new();
	pthread_mutex_lock(&gate);
	for (int i = 0; i < COUNT; i++)
		worker_submit(polite_worker, work_politely, done, &tasks[i]);
	pthread_mutex_unlock(&gate);
	worker_free(polite_worker);
	assert_int_equal(done_count, COUNT);
	assert_int_equal(deepest, 2);
}

static void values_are_freed_by_the_worker(void **state)
{
	struct worker *worker = worker_new();
	json_t *json = json_array();

	(void)state;
	json_incref(json);
	worker_drop(worker, json); /* there is another reference */
	assert_int_equal(worker_pending(worker), 0);
	assert_int_equal(json->refcount, 1);
	worker_drop(worker, json);
	assert_int_equal(worker_pending(worker), 1);
	worker_drop(worker, NULL);
	assert_int_equal(worker_pending(worker), 1);
	worker_free(worker);
	worker_drop(NULL, json_array());
}

static void out_of_memory(void **state)
{
	json_t *json = json_array();
	struct worker *worker;

	(void)state;
	alloc_fail_at = 1;
	worker = worker_new();
	alloc_fail_at = 0;
	assert_null(worker);
	worker = worker_new();
	alloc_fail_at = 1;
	assert_int_equal(worker_submit(worker, work, done, tasks), -ENOMEM);
	alloc_fail_at = 0;
	assert_int_equal(worker_pending(worker), 0);
	alloc_fail_at = 1;
	worker_drop(worker, json);
	alloc_fail_at = 0;
	assert_int_equal(worker_pending(worker), 0);
	worker_free(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_run_in_order),
		cmocka_unit_test(loop_is_woken_once),
		cmocka_unit_test(free_waits_for_all_tasks),
		cmocka_unit_test(done_can_submit),
		cmocka_unit_test(long_work_gives_way),
		cmocka_unit_test(all_give_way),
		cmocka_unit_test(values_are_freed_by_the_worker),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
