/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/jobs.c - the jobs that a start finds */
#include "tests/unit/fs/jobs/fixture.h"

#include <time.h>

enum { MANY = 40000, MANY_LIMIT_MS = 4000 };

static const char completed[] =
	"{\"status\":\"completed\",\"err\":0,\"async\":true,\"accepted\":true,"
	"\"detail\":true,\"inode\":0,\"code\":7,\"answer\":100,"
	"\"output\":[6,0],\"id\":\"%s\",\"created\":[1764379000,5],"
	"\"changed\":[1764379001,6],\"artifacts\":[],\"fields\":{"
	"\"job_id\":\"%s\",\"status\":\"completed\",\"exit_code\":0,"
	"\"language\":\"bash\",\"total_time_ms\":12}}";

static void write_completed(struct fixture *fixture, unsigned number)
{
	char name[32], id[32], text[600];

	snprintf(id, sizeof(id), "job-%u", number);
	snprintf(name, sizeof(name), "%u.json", number);
	snprintf(text, sizeof(text), completed, id, id);
	fixture_write(fixture, name, text);
}

static uint64_t cpu_ms(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* Every second record has a file beside it, and 1,000 files have no record. */
static void test_many(void **state)
{
	struct fixture fixture;
	uint64_t before = 0;
	struct job *job;
	(void)state;

	fixture_open(&fixture);
	/* Not in order, as a directory does not list them in order. */
	for (unsigned i = 0; i < MANY; i++) {
		unsigned number = 1 + (i * 7919u) % MANY;
		char name[32];
		write_completed(&fixture, number);
		snprintf(name, sizeof(name), "%u.stdout",
			i < 1000 ? MANY + 1 + i : number);
		if (i % 2 || i < 1000)
			fixture_write(&fixture, name, "output");
	}
	uint64_t began = cpu_ms();
	assert_int_equal(jobs_load(&fixture.core), 0);
	uint64_t took = cpu_ms() - began;
	print_message(
		"%u jobs loaded in %u ms of CPU time\n", MANY, (unsigned)took);
	assert_true(took < MANY_LIMIT_MS);
	TAILQ_FOREACH(job, &fixture.jobs.all, link)
	assert_int_equal(job->number, ++before);
	assert_int_equal(before, MANY);
	assert_int_equal(fixture.jobs.next_number, MANY + 1);
	assert_ptr_equal(job_by_id(&fixture.core, "job-1234"),
		job_by_number(&fixture.core, 1234));
	assert_null(job_by_number(&fixture.core, MANY + 1));
	assert_true(fixture_has(&fixture, "17.json"));
	assert_false(fixture_has(&fixture, "40001.stdout"));
	assert_false(fixture_has(&fixture, "41000.stdout"));
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
