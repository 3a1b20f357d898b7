/* SPDX-License-Identifier: MIT */
/* tests/unit/api/memory.c - each allocation of the client fails once */
#include <errno.h>
#include <signal.h>

#include "tests/unit/alloc_fail.h"
#include "tests/unit/api/fixture.h"

static void api_new_fails_cleanly(void **state)
{
	struct api_config config = { .url = "https://h", .cacert = "/ca" };
	struct api *api = NULL;
	int failures = -1, err;
	char why[200];

	(void)state;
	do {
		alloc_fail_at = ++failures + 1;
		err = api_new(&config, &api, why, sizeof(why));
		alloc_fail_at = 0;
		if (err != 0 && err != -ENOMEM && err != -EINVAL)
			fail_msg("allocation %d: %d", failures + 1, err);
	} while (err);
	assert_true(failures > 5);
	api_free(api);
}

struct end {
	int count;
	int err;
};

/* on_done without its copies, which would allocate as well. */
static void on_end(void *ctx, const struct api_answer *answer)
{
	struct end *end = ctx;

	end->count++;
	end->err = answer->err;
}

/* A failed request calls done once, and the next one succeeds. */
static void a_request_fails_alone(void **state)
{
	static char text[200 * 1024];
	struct server_step steps[] = { { 200, NULL, text, NULL, 0, 0 } };
	struct fixture *fixture = malloc(sizeof(*fixture));
	struct api_param query[] = { { "all", "true" }, { NULL, NULL } };
	struct api_request request = {
		.endpoint = API_SERVICE_LOGS,
		.id = "a b",
		.query = query,
	};
	int failures = 0, refused = 0, err;
	struct end end;
	long n;

	(void)state;
	memset(text, ' ', sizeof(text) - 1);
	memcpy(text, "{}", 2);
	fixture_start(fixture);
	server_script(&fixture->server, steps, 1);
	for (n = 1;; n++) {
		memset(&end, 0, sizeof(end));
		alloc_fail_at = n;
		err = api_start(fixture->api, &request, fixture->now_ms, on_end,
			&end, NULL);
		if (!err)
			while (api_stats(fixture->api)->in_flight ||
				api_stats(fixture->api)->queued ||
				worker_pending(fixture->worker))
				turn(fixture, 10);
		if (alloc_fail_at)
			break; /* there were fewer allocations */
		if (!err)
			turn(fixture, 0);
		assert_int_equal(end.count, err == 0);
		assert_true(!end.err || end.err == -ENOMEM);
		refused += err != 0;
		failures += end.err != 0;
		/* a retry may have used the script */
		server_script(&fixture->server, steps, 1);
	}
	alloc_fail_at = 0;
	settle(fixture);
	assert_int_equal(end.err, 0);
	assert_true(refused >= 3);
	assert_true(failures >= 10);
	fixture_stop(fixture);
	free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(api_new_fails_cleanly),
		cmocka_unit_test(a_request_fails_alone),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
