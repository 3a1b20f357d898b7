/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/base/parallel.c - parts run at the same time, in few threads */
#include "fs/base/parallel.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { ROUNDS = 100 };

static unsigned created, timed_out;
static bool has_no_threads, is_idle_for_long;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*start)(void *ctx), void *ctx);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*start)(void *ctx), void *ctx);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*start)(void *ctx), void *ctx)
{
	if (has_no_threads)
		return EAGAIN;
	created++;
	return __real_pthread_create(thread, attributes, start, ctx);
}

int __wrap_sem_timedwait(sem_t *sem, const struct timespec *until);

/* Waits without a time-out, or times out at once if is_idle_for_long. */
int __wrap_sem_timedwait(sem_t *sem, const struct timespec *until)
{
	(void)until;
	if (!__atomic_load_n(&is_idle_for_long, __ATOMIC_SEQ_CST))
		return sem_wait(sem);
	__atomic_add_fetch(&timed_out, 1, __ATOMIC_SEQ_CST);
	errno = ETIMEDOUT;
	return -1;
}

static pthread_barrier_t all_begun;

static int meet(void *ctx)
{
	pthread_barrier_wait(&all_begun);
	return *(const int *)ctx;
}

static int alone(void *ctx)
{
	return *(const int *)ctx;
}

static int numbers[PARTS_MAX];

static int work(int (*part)(void *ctx), size_t count)
{
	struct part parts[PARTS_MAX];

	for (size_t i = 0; i < count; i++)
		parts[i] = (struct part){ part, &numbers[i], 1 };
	int err = parts_do(parts, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(parts[i].err, numbers[i]);
	return err;
}

static void set(int at, int err)
{
	for (int i = 0; i < PARTS_MAX; i++)
		numbers[i] = i >= at ? err - i : 0;
}

static void test_without_threads(void **state)
{
	(void)state;
	has_no_threads = true;
	for (size_t count = 0; count <= PARTS_MAX; count++) {
		set(3, -10);
		assert_int_equal(work(alone, count), count > 3 ? -13 : 0);
	}
	has_no_threads = false;
	assert_int_equal(created, 0);
}

/* Each part waits until all have begun: in the caller and in 7 threads. */
static void test_at_the_same_time(void **state)
{
	(void)state;
	set(PARTS_MAX, 0);
	pthread_barrier_init(&all_begun, NULL, PARTS_MAX);
	for (int i = 0; i < ROUNDS; i++)
		assert_int_equal(work(meet, PARTS_MAX), 0);
	assert_in_range(created, PARTS_MAX - 1, HELPERS_MAX);
}

/* Threads that time out may still take parts. */
static void test_idle_threads_end(void **state)
{
	unsigned before = created;
	(void)state;

	__atomic_store_n(&is_idle_for_long, true, __ATOMIC_SEQ_CST);
	set(6, -20);
	while (created == before)
		assert_int_equal(work(meet, PARTS_MAX), -26);
	assert_true(__atomic_load_n(&timed_out, __ATOMIC_SEQ_CST) > 0);
	__atomic_store_n(&is_idle_for_long, false, __ATOMIC_SEQ_CST);
}

static int nest(void *ctx)
{
	struct part parts[] = { { meet, ctx, 1 }, { meet, ctx, 1 } };

	return parts_do(parts, 2);
}

/* Parts of parts run at the same time, too. */
static void test_parts_of_parts(void **state)
{
	(void)state;
	set(1, -30);
	for (int i = 0; i < ROUNDS; i++)
		assert_int_equal(work(nest, PARTS_MAX / 2), -31);
	pthread_barrier_destroy(&all_begun);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_threads),
		cmocka_unit_test(test_at_the_same_time),
		cmocka_unit_test(test_idle_threads_end),
		cmocka_unit_test(test_parts_of_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
