/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/job_index.c - jobs found by number, id and key */
#include "tests/unit/alloc_fail.h"
#include "tests/unit/fs/jobs/fixture.h"

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

char *__wrap_strdup(const char *text)
{
	return alloc_fails() ? NULL : __real_strdup(text);
}

static struct fixture fixture;

static int setup(void **state)
{
	(void)state;
	fixture_open(&fixture);
	assert_int_equal(jobs_load(&fixture.core), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
	return 0;
}

static void test_look_ups(void **state)
{
	struct core *core = &fixture.core;
	struct job *own = job_new(core), *foreign = job_foreign(core, "n7");
	(void)state;

	assert_int_equal(own->number, 1);
	assert_int_equal(foreign->number, 2);
	assert_ptr_equal(job_by_number(core, 1), own);
	assert_ptr_equal(job_by_number(core, 2), foreign);
	assert_null(job_by_number(core, 3));
	assert_ptr_equal(job_by_id(core, "n7"), foreign);
	assert_null(job_by_id(core, "n"));
	assert_null(job_by_id(core, ""));
	assert_ptr_equal(job_foreign(core, "n7"), foreign);
	assert_ptr_equal(job_by_key(core, "n1"), own);
	assert_ptr_equal(job_by_key(core, "@n7"), foreign);
	assert_null(job_by_key(core, "n7"));
	assert_null(job_by_key(core, "n2")); /* its key is "@n7" */
	assert_null(job_by_key(core, "n1x"));
}

/* An id of the API may look like one of our keys. */
static void test_foreign_ids_are_not_our_keys(void **state)
{
	struct core *core = &fixture.core;
	struct job *own = job_new(core), *foreign = job_foreign(core, "n1");
	(void)state;

	assert_string_equal(own->key, "n1");
	assert_ptr_not_equal(foreign, own);
	assert_string_not_equal(foreign->key, own->key);
	assert_ptr_equal(job_by_key(core, own->key), own);
	assert_ptr_equal(job_by_key(core, foreign->key), foreign);
	job_forget(own);
	assert_null(job_by_key(core, "n1"));
	assert_ptr_equal(job_by_key(core, foreign->key), foreign);
}

static void assert_name(const struct job *job, const char *expected)
{
	char name[300];

	job_name(job, name, sizeof(name));
	assert_string_equal(name, expected);
	assert_ptr_equal(jobs_lookup(job->core, name), job);
}

static void test_a_repeated_id_is_one_name(void **state)
{
	struct job *one = job_new(&fixture.core), *two = job_new(&fixture.core);
	(void)state;

	one->is_async = two->is_async = true;
	job_set_id(one, "same");
	job_set_id(two, "same");
	assert_name(one, "same");
	assert_name(two, "local-2");
}

static void test_ids_change(void **state)
{
	struct core *core = &fixture.core;
	struct job *one = job_new(core), *two = job_new(core);
	(void)state;

	assert_int_equal(job_set_id(one, "a"), 0);
	assert_int_equal(job_set_id(two, "a"), 0); /* an error of the API */
	assert_ptr_equal(job_by_id(core, "a"), one);
	assert_int_equal(job_set_id(one, "b"), 0);
	assert_null(job_by_id(core, "a"));
	assert_ptr_equal(job_by_id(core, "b"), one);
	job_forget(two);
	assert_ptr_equal(job_by_id(core, "b"), one);
	job_forget(one);
	assert_null(job_by_id(core, "b"));
	assert_null(job_by_number(core, 1));
	assert_int_equal(job_new(core)->number, 3); /* never reused */
}

/* The first allocation that fails, then the second, ... */
static void test_out_of_memory(void **state)
{
	struct core *core = &fixture.core;
	struct job *job = NULL;
	unsigned jobs = 0;
	(void)state;

	while (!job) {
		alloc_fail_at = jobs + 1;
		job = job_foreign(core, "a");
		if (!job) {
			assert_null(core->jobs->by_number);
			assert_null(core->jobs->by_id);
			assert_true(TAILQ_EMPTY(&core->jobs->all));
			jobs++;
		}
	}
	alloc_fail_at = 0;
	assert_true(jobs >= 5); /* the job, its key and id, two tables */
	assert_ptr_equal(job_by_id(core, "a"), job);
	assert_ptr_equal(job_by_number(core, job->number), job);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_look_ups),
		CASE(test_foreign_ids_are_not_our_keys),
		CASE(test_a_repeated_id_is_one_name),
		CASE(test_ids_change),
		CASE(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
