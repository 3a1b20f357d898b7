/* SPDX-License-Identifier: MIT */
/* tests/unit/api/calls.c - calls start, end, wait and are cancelled */
#include <errno.h>
#include <signal.h>

#include "tests/unit/api/fixture.h"

#define FINE                                                                   \
	{                                                                      \
		200, NULL, "{}", NULL, 0, 0                                    \
	}

/* The Makefile wraps our own calls of poll, not those of curl. */
int __real_poll(struct pollfd *fds, nfds_t nfds, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t nfds, int timeout_ms);

/* The server of the fixture polls in a thread of its own. */
static _Thread_local unsigned poll_count;

int __wrap_poll(struct pollfd *fds, nfds_t nfds, int timeout_ms)
{
	poll_count++;
	return __real_poll(fds, nfds, timeout_ms);
}

static int set_up(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	fixture_start(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	fixture_stop(*state);
	free(*state);
	return 0;
}

static char *big_json(size_t size)
{
	char *text = malloc(size + 1);

	memset(text, 'x', size);
	memcpy(text, "{\"stdout\":\"", 11);
	memcpy(text + size - 2, "\"}", 3);
	return text;
}

static void long_answers_are_parsed_by_the_worker(void **state)
{
	struct fixture *fixture = *state;
	char *text = big_json(3 * 1024 * 1024);
	struct server_step steps[] = { { 200, NULL, text, NULL, 0, 0 } };

	server_script(&fixture->server, steps, 1);
	ask(fixture, API_EXECUTE, NULL, "{}");
	assert_int_equal(fixture->outcome.err, 0);
	assert_int_equal(fixture->outcome.text_len, 3 * 1024 * 1024);
	assert_int_equal(json_string_length(json_object_get(
				 fixture->outcome.json, "stdout")),
		3 * 1024 * 1024 - 13);
	free(text);
}

/* Short answers are hashed in the loop, long ones by the worker. */
static void equal_texts_have_equal_hashes(void **state)
{
	struct fixture *fixture = *state;
	size_t sizes[] = { 100, 1024 * 1024 }, i;
	uint64_t hashes[4];
	int j;

	for (i = 0; i < 2; i++) {
		char *text = big_json(sizes[i]), *other = big_json(sizes[i]);
		struct server_step steps[] = {
			{ 200, NULL, text, NULL, 0, 0 },
			{ 200, NULL, text, NULL, 0, 0 },
			{ 200, NULL, other, NULL, 0, 0 },
			{ 200, NULL, "", NULL, 0, 0 },
		};

		other[sizes[i] / 2] = 'y';
		server_script(&fixture->server, steps, 4);
		for (j = 0; j < 4; j++) {
			ask(fixture, API_HEALTH, NULL, NULL);
			assert_int_equal(fixture->outcome.err, 0);
			hashes[j] = fixture->outcome.text_hash;
		}
		assert_true(hashes[0] == hashes[1]);
		assert_true(hashes[0] != hashes[2]);
		assert_int_equal(hashes[3], 0);
		free(text);
		free(other);
	}
}

/* Runs until the worker has the answer, which is not collected yet. */
static void until_parsing(struct fixture *fixture)
{
	while (!worker_pending(fixture->worker)) {
		api_poll(fixture->api, NULL, 0, fixture->now_ms, 10);
		api_run(fixture->api, fixture->now_ms);
	}
}

static void a_call_can_be_cancelled_while_parsed(void **state)
{
	struct fixture *fixture = *state;
	char *text = big_json(1024 * 1024);
	struct server_step steps[] = { { 200, NULL, text, NULL, 0, 0 } };
	struct outcome outcome = { 0 };
	struct api_call *call;

	server_script(&fixture->server, steps, 1);
	call = start(fixture, API_EXECUTE, NULL, "{}", &outcome);
	until_parsing(fixture);
	api_cancel(call);
	settle(fixture);
	assert_int_equal(outcome.count, 0);

	/* the client can be freed before the worker is done */
	start(fixture, API_EXECUTE, NULL, "{}", &outcome);
	until_parsing(fixture);
	api_free(fixture->api);
	fixture->api = NULL;
	while (worker_pending(fixture->worker))
		worker_collect(fixture->worker);
	assert_int_equal(outcome.count, 0);
	assert_int_equal(server_seen_count(&fixture->server), 2);
	free(text);
}

static void a_cancelled_call_has_no_done(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome = { 0 };
	struct api_call *call;

	SCRIPT(fixture, { 0, NULL, NULL, NULL, AFTER_HANG, 0 });
	call = start(fixture, API_EXECUTE, NULL, "{}", &outcome);
	assert_false(api_call_was_sent(call));
	api_cancel(call);
	settle(fixture);
	assert_int_equal(server_seen_count(&fixture->server), 0);

	call = start(fixture, API_EXECUTE, NULL, "{}", &outcome);
	until_seen(fixture, 1);
	assert_true(api_call_was_sent(call));
	assert_int_equal(api_stats(fixture->api)->in_flight, 1);
	api_cancel(call);
	assert_int_equal(api_stats(fixture->api)->in_flight, 0);
	settle(fixture);

	/* api_free does not call done either */
	start(fixture, API_JOBS, NULL, NULL, &outcome);
	until_seen(fixture, 2);
	start(fixture, API_JOBS, NULL, NULL, &outcome);
	api_free(fixture->api);
	fixture->api = NULL;
	assert_int_equal(outcome.count, 0);
}

struct chain {
	struct fixture *fixture;
	struct api_call *self, *other;
	struct outcome outcome;
	int count;
};

static void cancel_both(void *ctx, const struct api_answer *answer)
{
	struct chain *chain = ctx;

	assert_int_equal(answer->err, 0);
	chain->count++;
	api_cancel(chain->self); /* has no effect */
	api_cancel(chain->other);
	start(chain->fixture, API_JOBS, NULL, NULL, &chain->outcome);
}

static void done_can_start_and_cancel_calls(void **state)
{
	struct fixture *fixture = *state;
	struct chain chain = { .fixture = fixture };
	struct api_request request = { .endpoint = API_JOBS };

	SCRIPT(fixture, { 0, NULL, NULL, NULL, AFTER_HANG, 0 }, FINE);
	chain.other = start(fixture, API_STATS, NULL, NULL, &chain.outcome);
	until_seen(fixture, 1);
	assert_int_equal(api_start(fixture->api, &request, fixture->now_ms,
				 cancel_both, &chain, &chain.self),
		0);
	settle(fixture);
	assert_int_equal(chain.count, 1);
	assert_int_equal(chain.outcome.count, 1);
	outcome_clear(&chain.outcome);
}

static void many_calls_run_in_parallel(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome = { 0 };
	int i;

	SCRIPT(fixture, { 0, NULL, NULL, NULL, AFTER_HANG, 0 });
	for (i = 0; i < 60; i++)
		start(fixture, API_EXECUTE, NULL, "{}", &outcome);
	until_seen(fixture, 60);
	assert_int_equal(api_stats(fixture->api)->in_flight, 60);
	fixture->now_ms += 120000;
	settle(fixture);
	assert_int_equal(outcome.count, 60);
	assert_int_equal(outcome.err, -ETIMEDOUT);
	outcome_clear(&outcome);
}

static void done_and_out_are_optional(void **state)
{
	struct fixture *fixture = *state;
	struct api_request request = { .endpoint = API_SERVICE_FREEZE,
		.id = "web",
		.body = strdup("{}"),
		.body_len = 2 };

	SCRIPT(fixture, { 500, NULL, "{}", NULL, 0, 0 });
	assert_int_equal(api_start(fixture->api, &request, fixture->now_ms,
				 NULL, NULL, NULL),
		0);
	settle(fixture);
	assert_int_equal(server_seen_count(&fixture->server), 1);
	assert_int_equal(fixture->errors, 1);
	assert_string_equal(fixture->error, "POST /services/web/freeze -121");
}

static void poll_reports_the_callers_fds(void **state)
{
	struct fixture *fixture = *state;
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLOUT } };
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	fds[0].fd = ends[0];
	fds[1].fd = ends[1];
	poll_count = 0;
	assert_int_equal(api_poll(fixture->api, fds, 2, 0, -1), 0);
	assert_int_equal(fds[0].revents, 0);
	assert_int_equal(fds[1].revents, POLLOUT);
	assert_int_equal(poll_count, 0); /* curl_multi_poll was enough */
	close(ends[1]);
	assert_int_equal(api_poll(fixture->api, fds, 1, 0, -1), 0);
	assert_true(fds[0].revents & (POLLHUP | POLLIN));
	close(ends[0]);
	assert_int_equal(api_poll(fixture->api, fds, 17, 0, -1), -EINVAL);
}

/* With a burst of one, the priorities decide. */
static void priority_decides_the_order(void **state)
{
	struct fixture *fixture = *state;
	struct api_request poll_ = { .endpoint = API_JOBS,
		.priority = API_POLL };
	struct api_request reader = {
		.endpoint = API_JOB, .id = "j", .priority = API_READER
	};
	struct api_request person = { .endpoint = API_SHELLS };
	struct outcome outcome = { 0 };

	SCRIPT(fixture, FINE);
	api_set_rate(fixture->api, 60, 1, fixture->now_ms);
	ask(fixture, API_STATS, NULL, NULL);
	api_start(
		fixture->api, &poll_, fixture->now_ms, on_done, &outcome, NULL);
	api_start(fixture->api, &reader, fixture->now_ms, on_done, &outcome,
		NULL);
	api_start(fixture->api, &person, fixture->now_ms, on_done, &outcome,
		NULL);
	settle(fixture);
	assert_int_equal(outcome.count, 3);
	assert_memory_equal(fixture->server.seen[1].head, "GET /shells", 11);
	assert_memory_equal(fixture->server.seen[2].head, "GET /jobs/j", 11);
	assert_memory_equal(fixture->server.seen[3].head, "GET /jobs ", 10);
	/* one a second, with a margin for the server's bucket */
	assert_in_range(fixture->now_ms - START_MS, 3000, 3900);
	outcome_clear(&outcome);
}

static void statistics_are_counted(void **state)
{
	struct fixture *fixture = *state;
	const struct api_stats *stats = api_stats(fixture->api);

	SCRIPT(fixture,
		{ 200,
			"X-RateLimit-Limit: 60\r\nX-RateLimit-Remaining: 50\r\n"
			"X-RateLimit-Reset: 30\r\n",
			"{}", NULL, 0, 0 },
		{ 404, NULL, "{}", NULL, 0, 0 },
		{ 503, NULL, "{}", NULL, 0, 0 }, FINE);
	assert_int_equal(stats->limit, -1);
	ask(fixture, API_JOBS, NULL, NULL);
	ask(fixture, API_JOBS, NULL, NULL);
	ask(fixture, API_JOBS, NULL, NULL);
	assert_int_equal(stats->sent[API_JOBS], 4);
	assert_int_equal(stats->by_status[2], 2);
	assert_int_equal(stats->by_status[4], 1);
	assert_int_equal(stats->by_status[5], 1);
	assert_int_equal(stats->retries, 1);
	assert_int_equal(stats->limit, 60);
	assert_int_equal(stats->remaining, 50);
	assert_true(llabs(stats->reset_unix_s - time(NULL) - 30) <= 2);
	assert_int_equal(stats->bytes_received, 8);
	assert_int_equal(stats->in_flight, 0);
	assert_int_equal(stats->queued, 0);
	assert_int_equal(fixture->errors, 1);
}

/* The limits in an answer to an unsigned request are not those of the key. */
static void unsigned_answers_set_no_limit(void **state)
{
	struct fixture *fixture = *state;
	const struct api_stats *stats = api_stats(fixture->api);

	SCRIPT(fixture,
		{ 200,
			"X-RateLimit-Limit: 60\r\nX-RateLimit-Remaining: 0\r\n"
			"X-RateLimit-Reset: 30\r\n",
			"{}", NULL, 0, 0 },
		FINE);
	ask(fixture, API_HEALTH, NULL, NULL);
	assert_int_equal(stats->by_status[2], 1);
	assert_int_equal(stats->limit, -1);
	ask(fixture, API_JOBS, NULL, NULL);
	assert_int_equal(fixture->outcome.err, 0);
	assert_int_equal(fixture->now_ms, START_MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(long_answers_are_parsed_by_the_worker),
		TEST(equal_texts_have_equal_hashes),
		TEST(a_call_can_be_cancelled_while_parsed),
		TEST(a_cancelled_call_has_no_done),
		TEST(done_can_start_and_cancel_calls),
		TEST(many_calls_run_in_parallel),
		TEST(done_and_out_are_optional),
		TEST(poll_reports_the_callers_fds),
		TEST(priority_decides_the_order),
		TEST(statistics_are_counted),
		TEST(unsigned_answers_set_no_limit),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
