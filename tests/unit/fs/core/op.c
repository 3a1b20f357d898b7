/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/core/op.c - how many operations one turn of the loop runs
 */
#include "fs/core/op.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/core/core.h"

enum { MANY = 10000 };

static struct core core;
static struct op_list queue;
static unsigned runs, wakes_left;

static int core_start(void **state)
{
	(void)state;
	memset(&core, 0, sizeof(core));
	TAILQ_INIT(&core.ready);
	TAILQ_INIT(&core.parked);
	TAILQ_INIT(&queue);
	runs = wakes_left = 0;
	return 0;
}

static int core_end(void **state)
{
	(void)state;
	ops_abort(&core, -ECONNABORTED);
	return 0;
}

/* Waits once, then ends. */
static int run_twice(struct op *op)
{
	runs++;
	if (!op->step++)
		return op_wait(op, &queue);
	return 0;
}

/* Wakes itself again and again. */
static int run_again(struct op *op)
{
	runs++;
	op_wait(op, &queue);
	if (wakes_left && wakes_left--)
		op_wake(op);
	return -EINPROGRESS;
}

static void start(int (*run)(struct op *), unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct op *op = op_new(&core, NULL, run);
		assert_non_null(op);
		op_start(op);
	}
}

/* Many operations that wait for the same: each turn runs OPS_A_TURN of them, or
 * what is left, and each is run once. */
static void test_many_waited_for_the_same(void **state)
{
	unsigned turns = 0;

	(void)state;
	start(run_twice, MANY);
	assert_int_equal(runs, MANY);
	ops_wake(&queue);
	runs = 0;
	while (!TAILQ_EMPTY(&core.ready)) {
		unsigned before = runs, left = MANY - runs;
		unsigned count = ops_run_ready(&core);
		assert_int_equal(runs - before, count);
		assert_int_equal(count, left < OPS_A_TURN ? left : OPS_A_TURN);
		turns++;
	}
	assert_int_equal(runs, MANY);
	assert_int_equal(turns, (MANY + OPS_A_TURN - 1) / OPS_A_TURN);
	assert_true(TAILQ_EMPTY(&core.parked));
}

/* A turn ends even if its operations are woken again. */
static void test_woken_meanwhile(void **state)
{
	(void)state;
	start(run_again, 2);
	ops_wake(&queue);
	wakes_left = 7;
	runs = 0;
	assert_int_equal(ops_run_ready(&core), 2);
	assert_int_equal(runs, 2);
	assert_int_equal(ops_run_ready(&core), 2);
	assert_int_equal(runs, 4);
}

/* Operations run in the order in which they were woken. */
static void test_order(void **state)
{
	struct op *first, *last = NULL;

	(void)state;
	start(run_again, OPS_A_TURN + 1);
	last = TAILQ_LAST(&core.parked, op_list);
	ops_wake(&queue);
	first = TAILQ_FIRST(&core.ready);
	assert_int_equal(ops_run_ready(&core), OPS_A_TURN);
	op_wake(first);
	assert_ptr_equal(TAILQ_FIRST(&core.ready), last);
	assert_int_equal(ops_run_ready(&core), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_many_waited_for_the_same, core_start, core_end),
		cmocka_unit_test_setup_teardown(
			test_woken_meanwhile, core_start, core_end),
		cmocka_unit_test_setup_teardown(
			test_order, core_start, core_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
