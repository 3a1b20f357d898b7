/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/poller.c - which polls are sent when, with a scripted API
 */
#include "tests/unit/fs/jobs/fixture.h"

/* The Makefile wraps what is called __wrap_ here. */
int __wrap_api_start(struct api *api, const struct api_request *request,
	uint64_t now_ms, api_done *done, void *ctx, struct api_call **out);
void __wrap_api_cancel(struct api_call *call);
int __wrap_worker_submit(struct worker *worker, void (*work)(void *ctx),
	void (*done)(void *ctx), void *ctx);

enum { START_MS = 1000000, POLLS_MAX = 1000, BROKEN = 400, MANY = 40000 };

/* A poll, sent at at_ms after the start; `GET /jobs` has an empty id. */
struct poll {
	unsigned at_ms;
	char id[16];
	enum api_priority priority;
	api_done *done;
	void *ctx;
	struct api_call **call;
};

static struct poll polls[POLLS_MAX];
static unsigned poll_count;
static int start_err; /* returned by api_start */

int __wrap_api_start(struct api *api, const struct api_request *request,
	uint64_t now_ms, api_done *done, void *ctx, struct api_call **out)
{
	struct poll *poll = &polls[poll_count];
	(void)api;

	assert_true(
		request->endpoint == API_JOB || request->endpoint == API_JOBS);
	if (start_err)
		return start_err;
	assert_true(poll_count < POLLS_MAX);
	poll_count++;
	poll->at_ms = now_ms - START_MS;
	poll->priority = request->priority;
	snprintf(poll->id, sizeof(poll->id), "%s",
		request->id ? request->id : "");
	poll->done = done;
	poll->ctx = ctx;
	poll->call = out;
	*out = (struct api_call *)poll;
	return 0;
}

void __wrap_api_cancel(struct api_call *call)
{
	((struct poll *)call)->done = NULL;
}

int __wrap_worker_submit(struct worker *worker, void (*work)(void *ctx),
	void (*done)(void *ctx), void *ctx)
{
	(void)worker;
	work(ctx);
	done(ctx);
	return 0;
}

/* ---- time passes, and the API answers ---- */

static struct fixture fixture;

static int setup(void **state)
{
	(void)state;
	poll_count = 0;
	start_err = 0;
	fixture_open(&fixture);
	fixture.core.now_ms = START_MS;
	fixture.core.api = (struct api *)&fixture; /* only passed on */
	assert_int_equal(jobs_load(&fixture.core), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	runs_clear(&fixture.core);
	poller_clear(&fixture.core);
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
	return 0;
}

static struct job *accepted(const char *id)
{
	struct job *job = job_new(&fixture.core);

	assert_non_null(job);
	assert_int_equal(job_set_id(job, id), 0);
	job->is_async = job->was_accepted = true;
	poller_add(job);
	return job;
}

static int busy_status; /* of EBUSY; 0: it was not sent */

static void answer_poll(struct poll *poll, const char *text, int err)
{
	struct api_answer answer = {
		.err = err,
		.json = text ? json_read(text, strlen(text)) : NULL,
		.status = err == -ENOENT ? 404
			: err == -EBUSY	 ? busy_status
			: err		 ? 0
					 : 200,
		.message = "",
		.sent_ms = START_MS + poll->at_ms,
	};
	api_done *done = poll->done;

	poll->done = NULL;
	assert_non_null(done);
	*poll->call = NULL;
	done(poll->ctx, &answer);
	json_decref(answer.json);
}

/* The answers to every poll of a job and of the list. */
static const char *job_text = "{\"status\":\"running\"}";
static const char *list_text = "{\"jobs\":[]}";
static int job_err, list_err;

static void answer_all(void)
{
	for (unsigned i = 0; i < poll_count; i++) {
		bool is_list = !*polls[i].id;
		if (polls[i].done)
			answer_poll(&polls[i], is_list ? list_text : job_text,
				is_list ? list_err : job_err);
	}
}

/* Lets time pass until ms after the start. */
static void pass(unsigned ms, bool answers)
{
	struct core *core = &fixture.core;

	while (timers_next(&core->timers) <= START_MS + ms) {
		core->now_ms = timers_next(&core->timers);
		timers_fire(&core->timers, core->now_ms);
		if (answers)
			answer_all();
	}
	core->now_ms = START_MS + ms;
}

/* expected: "AT[:ID] ..." of the polls from number first on. */
static void assert_polls(unsigned first, const char *expected)
{
	char text[4000] = "";
	size_t at = 0;

	for (unsigned i = first; i < poll_count; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%u%s%s",
			i == first ? "" : " ", polls[i].at_ms,
			*polls[i].id ? ":" : "", polls[i].id);
	assert_string_equal(text, expected);
}

static const char all_run[] = "[{\"job_id\":\"a\",\"status\":\"running\"},"
			      "{\"id\":\"b\",\"status\":\"running\"},"
			      "{\"id\":\"c\",\"status\":\"running\"}]";

static const char ended_text[] =
	"{\"status\":\"completed\",\"stdout\":\"x\\n\"}";

static void set_answers(const char *job, int of_job, const char *list, int err)
{
	job_text = job;
	job_err = of_job;
	list_text = list;
	list_err = err;
}

static void answers_that_run(void)
{
	set_answers("{\"status\":\"running\"}", 0, all_run, 0);
}

/* ---- the schedule ---- */

static void test_one_reader(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	answers_that_run();
	poller_watch(job, false);
	pass(11000, true);
	assert_polls(0,
		"300:a 750:a 1450:a 2350:a 3000:a 4600:a 6600:a 8600:a "
		"10600:a");
	for (unsigned i = 0; i < poll_count; i++)
		assert_int_equal(polls[i].priority, API_READER);
}

/* Polls are sent when the job should end, as long after its start as the
 * previous run took: by the API's answer, or by the polls. */
static void test_time_of_the_previous_run(void **state)
{
	static const char *const ended[] = {
		"{\"status\":\"completed\",\"total_time_ms\":1300,"
		"\"stdout\":\"x\"}",
		"{\"status\":\"completed\",\"stdout\":\"x\"}",
	};
	struct job *job = accepted("a"), *before;
	(void)state;

	answers_that_run();
	poller_watch(job, true);
	pass(1400, true);
	job_text = ended[0];
	pass(2000, true);
	assert_polls(0, "300:a 750:a 1450:a");
	assert_int_equal(job->took_ms, 1300);

	/* It takes longer this time. */
	before = job;
	job = accepted("b");
	poller_expect(job, before);
	answers_that_run();
	poller_watch(job, true);
	pass(3700, true);
	job_text = ended[1];
	pass(6000, true);
	assert_polls(3, "3370:b 3440:b 3580:b 3860:b");
	assert_int_equal(job->took_ms, 1860);

	/* There is output before its end: from then on, the usual schedule. */
	before = job;
	job = accepted("c");
	poller_expect(job, before);
	set_answers("{\"status\":\"running\",\"stdout\":\"x\"}", 0, all_run, 0);
	poller_watch(job, true);
	pass(8500, true);
	assert_polls(7, "7948:c 8398:c");
	job_text = ended[0];
	pass(10000, true);
	assert_int_equal(job->took_ms, 0);
}

/* A long run is also polled before its expected end; for an edited program
 * nothing is expected. */
static void test_long_and_edited_programs(void **state)
{
	struct job before = { .took_ms = 20000, .code_size = 5 };
	struct job *job = accepted("a");
	(void)state;

	answers_that_run();
	poller_expect(job, &before);
	job->code_size = 5;
	poller_watch(job, false);
	pass(22000, true);
	assert_polls(0, "10000:a 20000:a 20655:a 21310:a");
	job->code_size = 6;
	pass(25000, true);
	assert_polls(4, "22620:a 24220:a");
}

/* The first poll sees a change of state, so the second comes soon. */
static void test_no_reader(void **state)
{
	(void)state;

	answers_that_run();
	accepted("a");
	pass(40000, true);
	assert_polls(0, "1000 2000 4000 8000 16000 26000 36000");
	assert_int_equal(polls[0].priority, API_POLL);
}

/* A change of state was seen at 300 ms, and nothing new since. */
static void test_a_reader_that_stops(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	answers_that_run();
	poller_watch(job, true);
	pass(700, true);
	poller_unwatch(job, true);
	pass(10000, true);
	assert_polls(1, "2300 6300");
}

/* One poll a second for all: the list, or an output in turn. */
static void test_several_readers(void **state)
{
	struct job *a = accepted("a"), *b = accepted("b"), *c = accepted("c");
	(void)state;

	answers_that_run();
	poller_watch(a, true);
	poller_watch(b, true);
	poller_watch(c, false);
	pass(8000, true);
	assert_polls(0, "0:a 1000 2000:b 3000 4000:a 5000 6000:b 7000 8000:a");
	assert_int_equal(polls[1].priority, API_READER);
}

/* While an answer is pending, the job is not polled again. */
static void test_slow_answers(void **state)
{
	(void)state;

	answers_that_run();
	poller_watch(accepted("a"), false);
	pass(20000, false);
	assert_polls(0, "300:a");
	answer_all();
	pass(20001, false);
	assert_polls(1, "20000:a");
}

/* If every poll is answered 429, polling goes on without an error. */
static void test_limited(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	busy_status = 429;
	set_answers(NULL, -EBUSY, NULL, -EBUSY);
	poller_watch(job, false);
	pass(600000, true);
	busy_status = 0;
	assert_false(poller_has_given_up(job));
	assert_in_range(poll_count, 60, 80);
	set_answers("{\"status\":\"completed\",\"exit_code\":0}", 0, NULL, 0);
	pass(611000, true);
	assert_int_equal(job->status, JOB_COMPLETED);
}

static void test_nothing_runs(void **state)
{
	struct job *job = job_new(&fixture.core);
	(void)state;

	poller_watch(job, true); /* its run was not accepted */
	pass(60000, true);
	assert_int_equal(poll_count, 0);
}

/* A read with O_NONBLOCK counts as a reader for three seconds. */
static void test_asked(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	answers_that_run();
	poller_asked(job);
	pass(1000, true);
	poller_asked(job);
	pass(20000, true);
	assert_polls(0, "300:a 750:a 1450:a 2350:a 3000:a 13000");
	assert_int_equal(job->watchers, 0);
	assert_int_equal(job->watching_output, 0);
}

/* A queued run waits for the end of any job: the list is polled at once. */
static void test_hurry(void **state)
{
	(void)state;

	answers_that_run();
	accepted("a");
	pass(16000, true);
	poller_hurry(&fixture.core);
	pass(16500, true);
	assert_polls(4, "16000");
}

/* While it waits, the list is polled once a second. */
static void test_queued_run(void **state)
{
	struct run run = { .core = &fixture.core };
	(void)state;

	answers_that_run();
	accepted("a");
	pass(60000, true);
	unsigned before = poll_count;
	fixture.jobs.runs.limit = 1;
	run_queue(&run);
	pass(63500, true);
	assert_polls(before, "60000 61000 62000 63000");
	assert_int_equal(polls[before].priority, API_READER);
	TAILQ_REMOVE(&fixture.jobs.runs.queue, &run, link);
}

/* Jobs of an earlier mount are loaded without an API, and polled later. */
static void test_after_a_start(void **state)
{
	struct api *api = fixture.core.api;
	(void)state;

	answers_that_run();
	fixture.core.api = NULL;
	struct job *job = accepted("a");
	fixture.core.api = api;
	poller_add(job);
	pass(1000, true);
	assert_polls(0, "1000");
}

/* ---- answers to polls ---- */

static void test_listed_states(void **state)
{
	struct job *ends = accepted("a"), *runs = accepted("b"),
		   *left = accepted("d");
	(void)state;

	set_answers("{\"status\":\"completed\",\"stdout\":\"x\\n\"}", 0,
		"{\"jobs\":[{\"id\":\"a\",\"status\":\"completed\"},"
		"{\"job_id\":\"b\",\"status\":\"running\"},"
		"{\"id\":\"other\",\"status\":\"completed\"},{},7]}",
		0);
	fixture.core.now_ms++; /* the list is sent after them */
	poller_hurry(&fixture.core);
	pass(1, true);
	assert_polls(0, "1 1:a 1:d");
	assert_int_equal(ends->status, JOB_COMPLETED);
	assert_int_equal(left->status, JOB_COMPLETED);
	assert_int_equal(left->output_size[JOB_STDOUT], 2);
	assert_int_equal(runs->status, JOB_RUNNING);
	assert_int_equal(fixture.jobs.poller.count, 1);
}

/* A list that was requested before a job was submitted does not have it. */
static void test_older_list(void **state)
{
	(void)state;

	accepted("a");
	pass(1000, false);
	accepted("d");
	list_text = all_run;
	answer_poll(&polls[0], all_run, 0);
	assert_polls(0, "1000");
}

static void test_failures(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	set_answers(NULL, -EIO, NULL, -EIO);
	poller_watch(job, false);
	pass(28300, true);
	assert_int_equal(poll_count, 15);
	assert_int_equal(polls[14].at_ms, 28300);
	assert_false(poller_has_given_up(job));
	pass(178300, true);
	assert_int_equal(poll_count, 30);
	assert_true(poller_has_given_up(job));
	assert_int_equal(job->poll_err, -EIO);
	assert_false(job_is_final(job));
	answers_that_run();
	pass(188300, true);
	assert_false(poller_has_given_up(job));
}

static void test_failing_lists(void **state)
{
	(void)state;

	set_answers(NULL, -EIO, NULL, -EIO);
	accepted("a");
	accepted("b");
	pass(60000, true);
	assert_polls(0,
		"0 2000 4000 6000 8000 10000 12000 14000 16000 18000 "
		"20000 22000 24000 26000 28000 38000 48000 58000");
}

static void test_not_found(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	set_answers(NULL, -ENOENT, NULL, 0);
	poller_watch(job, false);
	pass(10299, true);
	assert_int_equal(job->status, JOB_PENDING);
	pass(60000, true);
	assert_polls(0, "300:a 2300:a 4300:a 6300:a 8300:a 10300:a");
	assert_int_equal(job->status, JOB_ERROR);
	assert_int_equal(job->err, -ENOENT);
	assert_non_null(strstr(job->error, "may have run"));
}

/* The answer to a poll that comes while the result of a DELETE is stored. */
static void test_one_answer_at_a_time(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	set_answers(ended_text, 0, "{\"jobs\":[]}", 0);
	poller_watch(job, false);
	pass(300, false);
	job->is_storing = true;
	answer_all();
	assert_int_equal(job->status, JOB_PENDING);
	assert_int_equal(job->output_size[JOB_STDOUT], 0);
	job->is_storing = false;
	poller_update(job);
	pass(2000, true);
	assert_int_equal(job->status, JOB_COMPLETED);
	poller_unwatch(job, false);
}

/* After a malformed answer readers get an error soon. The job goes on, and ends
 * with a valid answer. */
static void test_malformed(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	set_answers("0", 0, NULL, 0);
	poller_watch(job, false);
	pass(8299, true);
	assert_false(poller_has_given_up(job));
	pass(28300, true);
	assert_polls(0,
		"300:a 2300:a 4300:a 6300:a 8300:a 10300:a 12300:a 14300:a "
		"16300:a 18300:a 20300:a 22300:a 24300:a 26300:a 28300:a");
	assert_true(poller_has_given_up(job));
	assert_int_equal(job->poll_err, -EPROTO);
	job_text = ended_text;
	pass(38300, true);
	assert_int_equal(job->status, JOB_COMPLETED);
}

/* Each way to break answers, without a reader: the polls of each minute. */
static void test_many_broken(void **state)
{
	static const struct {
		const char *job, *list;
		int job_err, list_err;
	} rows[] = {
		{ NULL, "{\"jobs\":[]}", -EPROTO, 0 },
		{ "0", "{\"jobs\":[]}", 0, 0 },
		{ "{}", "[]", 0, 0 },
		{ NULL, "{\"jobs\":[0,{\"id\":\"n1\"}]}", -EIO, 0 },
		{ "{\"status\":\"running\"}", "{\"jobs\":[]}", 0, 0 },
		{ NULL, NULL, -EPROTO, -EPROTO },
	};
	char id[16];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		teardown(state);
		setup(state);
		for (unsigned n = 0; n < BROKEN; n++) {
			snprintf(id, sizeof(id), "n%u", n);
			accepted(id);
		}
		set_answers(rows[i].job, rows[i].job_err, rows[i].list,
			rows[i].list_err);
		pass(60000, true);
		assert_in_range(poll_count, 1, BROKEN + 40);
		unsigned before = poll_count;
		pass(120000, true);
		assert_in_range(poll_count - before, 1, 13);
	}
}

/* When one of them has ended, all others are polled soon. */
static void test_broken_no_more(void **state)
{
	char id[16];
	(void)state;

	for (unsigned n = 0; n < BROKEN; n++) {
		snprintf(id, sizeof(id), "n%u", n);
		accepted(id);
	}
	set_answers("0", 0, "{\"jobs\":[]}", 0);
	pass(60000, true);
	assert_int_equal(fixture.jobs.poller.count, BROKEN);
	job_text = ended_text;
	pass(180000, true);
	assert_int_equal(fixture.jobs.poller.count, 0);
}

/* The client's rate limit refuses the poll. */
static void test_not_sent(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	set_answers(NULL, -EBUSY, NULL, -EBUSY);
	poller_watch(job, false);
	pass(1450, true);
	assert_polls(0, "300:a 750:a 1450:a");
	assert_int_equal(job->poll_failures, 0);
}

/* Out of memory, a poll is retried, since the job was accepted and runs. */
static void test_no_memory(void **state)
{
	struct job *job = accepted("a");
	(void)state;

	answers_that_run();
	poller_watch(job, false);
	start_err = -ENOMEM;
	pass(300, true);
	assert_false(job_is_final(job));
	start_err = 0;
	pass(2300, true);
	assert_polls(0, "2300:a");
	start_err = -EINVAL;
	pass(5000, true);
	assert_int_equal(job->status, JOB_ERROR);
}

/* ---- many ---- */

/* Each event takes the same time however many jobs are polled. */
static void test_many(void **state)
{
	uint64_t began = cpu_ms();
	struct job *job;
	char id[16];
	(void)state;

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "%u", i);
		accepted(id);
	}
	TAILQ_FOREACH(job, &fixture.jobs.all, link)
	{
		poller_watch(job, false);
		poller_update(job);
		poller_unwatch(job, false);
	}
	print_message("%u ms of CPU time\n", (unsigned)(cpu_ms() - began));
	assert_true(cpu_ms() - began < 5000);
	assert_int_equal(fixture.jobs.poller.count, MANY);
	assert_int_equal(fixture.jobs.poller.own, MANY);
	assert_int_equal(fixture.jobs.poller.pollable, MANY);
	assert_int_equal(fixture.jobs.poller.watched, 0);
	poller_clear(&fixture.core);
	assert_int_equal(fixture.jobs.poller.count, 0);
	assert_int_equal(fixture.jobs.poller.own, 0);
	assert_int_equal(fixture.jobs.poller.pollable, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_one_reader),
		CASE(test_time_of_the_previous_run),
		CASE(test_long_and_edited_programs),
		CASE(test_no_reader),
		CASE(test_a_reader_that_stops),
		CASE(test_several_readers),
		CASE(test_slow_answers),
		CASE(test_limited),
		CASE(test_nothing_runs),
		CASE(test_asked),
		CASE(test_hurry),
		CASE(test_queued_run),
		CASE(test_after_a_start),
		CASE(test_listed_states),
		CASE(test_older_list),
		CASE(test_failures),
		CASE(test_failing_lists),
		CASE(test_not_found),
		CASE(test_one_answer_at_a_time),
		CASE(test_malformed),
		CASE(test_many_broken),
		CASE(test_broken_no_more),
		CASE(test_not_sent),
		CASE(test_no_memory),
		CASE(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
