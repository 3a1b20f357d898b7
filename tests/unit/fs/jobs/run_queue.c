/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/run_queue.c - runs are sent in the order of their saves */
#include "tests/unit/fs/jobs/fixture.h"

/* The Makefile wraps what is called __wrap_ here. */
int __wrap_api_start(struct api *api, const struct api_request *request,
	uint64_t now_ms, api_done *done, void *ctx, struct api_call **out);

enum { MANY = 40000 };

static const struct api_answer no_room = { .err = -EDQUOT, .status = 429 },
			       no_turn = { .err = -EBUSY },
			       broken = { .err = -EIO };

static uint64_t sent[16]; /* the turns of the runs */
static unsigned sent_count;

int __wrap_api_start(struct api *api, const struct api_request *request,
	uint64_t now_ms, api_done *done, void *ctx, struct api_call **out)
{
	struct run *run = ctx;
	(void)api;
	(void)now_ms;
	(void)done;

	if (request->endpoint == API_JOBS)
		return -ENOMEM;
	sent[sent_count++] = run->turn;
	*out = NULL;
	return 0;
}

static struct fixture fixture;

static int setup(void **state)
{
	(void)state;
	fixture_open(&fixture);
	assert_int_equal(jobs_load(&fixture.core), 0);
	fixture.core.api = (struct api *)&fixture; /* only passed on */
	sent_count = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	poller_clear(&fixture.core);
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
	return 0;
}

static char no_id[] = "";

static void runs_open(struct run *runs, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		runs[i].core = &fixture.core;
		runs[i].id = no_id;
		runs[i].job = job_new(&fixture.core);
		assert_non_null(runs[i].job);
		run_queue(&runs[i]);
	}
}

static void assert_sent(const char *expected)
{
	char text[100] = "";

	for (unsigned i = 0; i < sent_count; i++)
		snprintf(text + strlen(text), 10, "%s%u", i ? " " : "",
			(unsigned)sent[i]);
	assert_string_equal(text, expected);
	sent_count = 0;
}

/* The API answers a run. */
static void end(bool has_room, struct run *run)
{
	fixture.jobs.runs.in_flight--;
	if (!has_room)
		assert_true(run_wait_for_room(run, &no_room));
	runs_send(&fixture.core);
}

static void test_limit(void **state)
{
	struct run runs[5] = { 0 };
	(void)state;

	fixture.jobs.runs.limit = 2;
	runs_open(runs, 5);
	assert_sent("1 2");
	end(true, &runs[0]);
	assert_sent("3");
	end(true, &runs[2]);
	end(true, &runs[1]);
	assert_sent("4 5");
}

/* Three of four are refused, in another order, and are sent again in the order
 * of their saves. */
static void test_refused_ones_come_first(void **state)
{
	struct run runs[6] = { 0 };
	(void)state;

	fixture.jobs.runs.limit = 4;
	runs_open(runs, 6);
	assert_sent("1 2 3 4");
	end(false, &runs[3]);
	end(false, &runs[1]);
	end(false, &runs[2]);
	assert_int_equal(fixture.jobs.runs.room, 1);
	assert_sent("");
	fixture.core.now_ms += 10000; /* the refusal is forgotten */
	fixture.jobs.runs.limit = 6;
	timers_fire(&fixture.core.timers, fixture.core.now_ms);
	assert_sent("2 3 4 5 6");
}

/* Runs that the key's rate refuses wait, in their order, even if no other run
 * is under way. */
static void test_returned_by_the_client(void **state)
{
	struct run runs[3] = { 0 };
	(void)state;

	runs_open(runs, 3);
	assert_sent("1 2 3");
	for (unsigned i = 3; i--;) {
		fixture.jobs.runs.in_flight--;
		assert_true(run_wait_for_room(&runs[i], &no_turn));
		assert_int_equal(runs[i].job->status, JOB_PENDING);
	}
	runs_send(&fixture.core);
	assert_sent("");
	fixture.core.now_ms += 1000;
	timers_fire(&fixture.core.timers, fixture.core.now_ms);
	assert_sent("1 2 3");
}

/* If no other run is under way, a refusal of the API is an error. */
static void test_a_refusal_alone(void **state)
{
	struct run run = { 0 };
	(void)state;

	runs_open(&run, 1);
	fixture.jobs.runs.in_flight--;
	assert_false(run_wait_for_room(&run, &no_room));
	fixture.jobs.runs.in_flight++;
	assert_false(run_wait_for_room(&run, &broken));
}

/* A polled job counts as a run; a foreign one does not. */
static void test_jobs_count(void **state)
{
	struct run runs[2] = { 0 };
	struct job *job = job_new(&fixture.core),
		   *foreign = job_foreign(&fixture.core, "b");
	(void)state;

	fixture.jobs.runs.limit = 1;
	poller_add(job);
	poller_add(foreign);
	runs_open(runs, 2);
	assert_sent("");
	poller_remove(job);
	timers_fire(&fixture.core.timers, fixture.core.now_ms);
	assert_sent("1");
}

static void test_many(void **state)
{
	struct run *runs = calloc(MANY, sizeof(*runs));
	uint64_t began = cpu_ms();
	(void)state;

	fixture.jobs.runs.limit = 1;
	fixture.jobs.runs.in_flight = 1;
	runs_open(runs, MANY);
	print_message("%u ms of CPU time\n", (unsigned)(cpu_ms() - began));
	assert_true(cpu_ms() - began < 2000);
	assert_ptr_equal(TAILQ_FIRST(&fixture.jobs.runs.queue), &runs[0]);
	assert_ptr_equal(TAILQ_LAST(&fixture.jobs.runs.queue, run_list),
		&runs[MANY - 1]);
	free(runs);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_limit),
		CASE(test_refused_ones_come_first),
		CASE(test_returned_by_the_client),
		CASE(test_a_refusal_alone),
		CASE(test_jobs_count),
		CASE(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
