/* SPDX-License-Identifier: MIT */
/* tests/unit/api/client.c - requests as the server receives them */
#include <errno.h>
#include <signal.h>

#include "api/sign.h"
#include "tests/unit/api/fixture.h"

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

static void check_signature(
	const struct server_seen *seen, const char *method, const char *path)
{
	char want[SIGNATURE_SIZE];
	int64_t stamp = atoll(server_header(seen, "X-Timestamp"));

	assert_int_equal(sign_request(want, SECRET_KEY, stamp, method, path,
				 seen->body, seen->body_len),
		0);
	assert_string_equal(server_header(seen, "X-Signature"), want);
}

struct wire_case {
	enum api_endpoint endpoint;
	const char *id;
	const char *body;
	const char *line;
	const char *type; /* Content-Type, NULL: none */
	const char *length;
};

static const struct wire_case wires[] = {
	{ API_JOBS, NULL, NULL, "GET /jobs HTTP/1.1\r\n", NULL, NULL },
	{ API_JOB, "a/b c", NULL, "GET /jobs/a%2Fb%20c HTTP/1.1\r\n", NULL,
		NULL },
	{ API_KEYS_VALIDATE, NULL, NULL, "POST /keys/validate HTTP/1.1\r\n",
		NULL, "0" },
	{ API_EXECUTE, NULL, "{\"code\":\"\xff\"}",
		"POST /execute HTTP/1.1\r\n", "application/json", "12" },
	{ API_SERVICE_FREEZE, "web", "{}",
		"POST /services/web/freeze HTTP/1.1\r\n", "application/json",
		"2" },
	{ API_SERVICE_PATCH, "web", "{\"vcpu\":2}",
		"PATCH /services/web HTTP/1.1\r\n", "application/json", "10" },
	{ API_SERVICE_DOMAINS, "web", "{\"add\":[]}",
		"PUT /services/web/domains HTTP/1.1\r\n", "application/json",
		"10" },
	{ API_SERVICE_ENV_SET, "web", "A=1\n",
		"PUT /services/web/env HTTP/1.1\r\n", "text/plain", "4" },
	{ API_SERVICE_ENV_DELETE, "web", NULL,
		"DELETE /services/web/env HTTP/1.1\r\n", NULL, NULL },
	{ API_SESSION_DELETE, "s", NULL, "DELETE /sessions/s HTTP/1.1\r\n",
		NULL, NULL },
	{ API_RUN, NULL, "#!/bin/sh\n", "POST /run HTTP/1.1\r\n", "text/plain",
		"10" },
};

static void check_header(
	const struct server_seen *seen, const char *name, const char *want)
{
	const char *got = server_header(seen, name);

	if (!got != !want || (got && want && strcmp(got, want) != 0))
		fail_msg("%.30s: %s is %s", seen->head, name,
			got ? got : "missing");
}

static void requests_are_signed_as_sent(void **state)
{
	struct fixture *fixture = *state;
	const struct server_seen *seen = fixture->server.seen;
	size_t i;

	for (i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
		const struct wire_case *row = &wires[i];
		char path[64];

		SCRIPT(fixture, { 200, NULL, "{\"a\":1}", NULL, 0, 0 });
		ask(fixture, row->endpoint, row->id, row->body);
		assert_int_equal(fixture->outcome.err, 0);
		assert_int_equal(fixture->outcome.status, 200);
		assert_string_equal(fixture->outcome.text, "{\"a\":1}");
		assert_string_equal(fixture->outcome.message, "");
		assert_int_equal(server_seen_count(&fixture->server), 1);
		assert_memory_equal(seen->head, row->line, strlen(row->line));
		sscanf(row->line, "%*s %63s", path);
		check_signature(seen, api_endpoint_method(row->endpoint), path);
		check_header(seen, "Authorization", "Bearer " PUBLIC_KEY);
		check_header(seen, "Content-Type", row->type);
		check_header(seen, "Content-Length", row->length);
		check_header(seen, "User-Agent", "test/1");
		check_header(seen, "X-Sudo-OTP", NULL);
		assert_int_equal(
			seen->body_len, row->body ? strlen(row->body) : 0);
		assert_true(llabs(atoll(server_header(seen, "X-Timestamp")) -
				    sign_unix_s()) <= 2);
	}
	/* all of them over one connection */
	assert_int_equal(fixture->server.connections, 1);
	assert_int_equal(fixture->errors, 0);
}

static void health_is_not_signed(void **state)
{
	struct fixture *fixture = *state;

	SCRIPT(fixture, { 200, NULL, "{\"status\":\"ok\"}", NULL, 0, 0 });
	ask(fixture, API_HEALTH, NULL, NULL);
	assert_int_equal(fixture->outcome.err, 0);
	assert_null(server_header(fixture->server.seen, "Authorization"));
	assert_null(server_header(fixture->server.seen, "X-Signature"));
}

static void long_bodies_are_sent_whole(void **state)
{
	struct fixture *fixture = *state;
	size_t size = 2 * 1024 * 1024, i;
	char *body = malloc(size + 1);

	for (i = 0; i < size; i++)
		body[i] = (char)('a' + i % 26);
	body[size] = '\0';
	SCRIPT(fixture, { 200, NULL, "{}", NULL, 0, 0 });
	ask(fixture, API_EXECUTE, NULL, body);
	assert_int_equal(fixture->outcome.err, 0);
	assert_int_equal(fixture->server.seen[0].body_len, size);
	assert_memory_equal(fixture->server.seen[0].body, body, size);
	check_signature(&fixture->server.seen[0], "POST", "/execute");
	assert_int_equal(api_stats(fixture->api)->bytes_sent, size);
	free(body);
}

static void ask_logs(struct fixture *fixture, enum api_endpoint endpoint)
{
	struct api_param query[] = { { "all", "true" }, { NULL, NULL } };
	struct api_request request = {
		.endpoint = endpoint,
		.id = "web",
		.query = query,
	};

	outcome_clear(&fixture->outcome);
	assert_int_equal(api_start(fixture->api, &request, fixture->now_ms,
				 on_done, &fixture->outcome, NULL),
		0);
	settle(fixture);
}

#define LOGS "/services/web/logs"
#define DELETION "/sessions/web"
#define REFUSED                                                                \
	{                                                                      \
		401, NULL, "{\"error\":\"bad signature\"}", NULL, 0, 0         \
	}
#define FINE                                                                   \
	{                                                                      \
		200, NULL, "{}", NULL, 0, 0                                    \
	}

static void a_query_is_signed_or_not(void **state)
{
	struct fixture *fixture = *state;
	struct server_seen *seen = fixture->server.seen;

	SCRIPT(fixture, FINE);
	ask_logs(fixture, API_SERVICE_LOGS);
	check_signature(&seen[0], "GET", LOGS "?all=true");
	SCRIPT(fixture, FINE);
	ask_logs(fixture, API_SESSION_DELETE);
	check_signature(&seen[0], "DELETE", DELETION);

	/* refused: sent again, signed the other way, which is remembered */
	SCRIPT(fixture, REFUSED, FINE);
	ask_logs(fixture, API_SESSION_DELETE);
	assert_int_equal(fixture->outcome.err, 0);
	check_signature(&seen[0], "DELETE", DELETION);
	check_signature(&seen[1], "DELETE", DELETION "?all=true");
	SCRIPT(fixture, FINE);
	ask_logs(fixture, API_SESSION_DELETE);
	check_signature(&seen[0], "DELETE", DELETION "?all=true");

	/* refused both ways: the key is wrong, and nothing is remembered */
	SCRIPT(fixture, REFUSED);
	ask_logs(fixture, API_SERVICE_LOGS);
	assert_int_equal(fixture->outcome.err, -EKEYREJECTED);
	assert_int_equal(server_seen_count(&fixture->server), 2);
	SCRIPT(fixture, FINE);
	ask_logs(fixture, API_SERVICE_LOGS);
	check_signature(&seen[0], "GET", LOGS "?all=true");
	/* queries may contain secrets */
	assert_null(strstr(fixture->log, "all=true"));
}

#define AHEAD_S 360
#define STALE "{\"error\":\"unauthorized\",\"message\":\"Invalid timestamp\"}"

static char *late_date(void)
{
	static char line[100];
	time_t then = time(NULL) + AHEAD_S;
	struct tm tm;

	strftime(line, sizeof(line), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n",
		gmtime_r(&then, &tm));
	return line;
}

static void the_clock_difference_is_learned(void **state)
{
	struct fixture *fixture = *state;
	struct server_seen *seen = fixture->server.seen;
	struct server_step steps[] = {
		{ 401, late_date(), STALE, NULL, 0, 0 },
		FINE,
	};
	int64_t now;

	server_script(&fixture->server, steps, 2);
	ask(fixture, API_EXECUTE, NULL, "{\"a\":1}");
	now = time(NULL);
	assert_int_equal(fixture->outcome.err, 0);
	assert_int_equal(server_seen_count(&fixture->server), 2);
	assert_true(llabs(atoll(server_header(&seen[0], "X-Timestamp")) -
			    now) <= 2);
	assert_true(llabs(atoll(server_header(&seen[1], "X-Timestamp")) - now -
			    AHEAD_S) <= 2);
	check_signature(&seen[1], "POST", "/execute");
	assert_string_equal(seen[1].body, "{\"a\":1}");
	assert_true(llabs(api_stats(fixture->api)->skew_s - AHEAD_S) <= 2);

	/* the next request has the right time at once */
	SCRIPT(fixture, FINE);
	ask(fixture, API_JOBS, NULL, NULL);
	assert_true(llabs(atoll(server_header(&seen[0], "X-Timestamp")) - now -
			    AHEAD_S) <= 2);

	/* refused each time: one more attempt only */
	server_script(&fixture->server, steps, 1);
	ask(fixture, API_EXECUTE, NULL, "{\"a\":1}");
	assert_int_equal(fixture->outcome.err, -EKEYREJECTED);
	assert_int_equal(server_seen_count(&fixture->server), 2);
	assert_int_equal(api_stats(fixture->api)->resigned, 2);
	assert_string_equal(fixture->outcome.message, "Invalid timestamp");
}

#define CHALLENGE(id)                                                          \
	{                                                                      \
		428, NULL, "{\"error\":\"sudo\",\"challenge_id\":\"" id "\"}", \
			NULL, 0, 0                                             \
	}

static void a_one_time_code_is_sent_when_challenged(void **state)
{
	struct fixture *fixture = *state;
	struct server_seen *seen = fixture->server.seen;

	/* without a code the challenge is an error, and remembered */
	SCRIPT(fixture, CHALLENGE("c1"));
	ask(fixture, API_SERVICE_DELETE, "web", NULL);
	assert_int_equal(fixture->outcome.err, -EPERM);
	assert_int_equal(server_seen_count(&fixture->server), 1);

	/* with a code the same request sends it at once, others do not */
	assert_int_equal(api_set_otp(fixture->api, ONE_TIME_CODE), 0);
	SCRIPT(fixture, FINE);
	ask(fixture, API_SERVICE_DELETE, "other", NULL);
	ask(fixture, API_SERVICE_DELETE, "web", NULL);
	ask(fixture, API_SERVICE_DELETE, "web", NULL);
	check_header(&seen[0], "X-Sudo-OTP", NULL);
	check_header(&seen[1], "X-Sudo-OTP", ONE_TIME_CODE);
	check_header(&seen[1], "X-Sudo-Challenge", "c1");
	check_signature(&seen[1], "DELETE", "/services/web");
	check_header(&seen[2], "X-Sudo-OTP", NULL);

	/* a code set before answers a new challenge */
	api_set_otp(fixture->api, ONE_TIME_CODE);
	SCRIPT(fixture, CHALLENGE("c2"), FINE);
	ask(fixture, API_IMAGE_UNLOCK, "i", "{}");
	assert_int_equal(fixture->outcome.err, 0);
	check_header(&seen[0], "X-Sudo-OTP", NULL);
	check_header(&seen[1], "X-Sudo-OTP", ONE_TIME_CODE);
	check_header(&seen[1], "X-Sudo-Challenge", "c2");
	assert_string_equal(seen[1].body, "{}");

	/* a second challenge is an error */
	api_set_otp(fixture->api, ONE_TIME_CODE);
	SCRIPT(fixture, CHALLENGE("c3"));
	ask(fixture, API_SNAPSHOT_DELETE, "s", NULL);
	assert_int_equal(fixture->outcome.err, -EPERM);
	assert_int_equal(server_seen_count(&fixture->server), 2);

	/* a wrong code is not a wrong key */
	api_set_otp(fixture->api, ONE_TIME_CODE);
	SCRIPT(fixture,
		{ 401, NULL, "{\"error\":\"invalid code\"}", NULL, 0, 0 });
	ask(fixture, API_SNAPSHOT_DELETE, "s", NULL);
	assert_int_equal(fixture->outcome.err, -EPERM);
	assert_int_equal(server_seen_count(&fixture->server), 1);
}

static void bad_requests_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct api_request request = { .endpoint = API_SNAPSHOT_LOCK,
		.id = "..",
		.body = strdup("x"),
		.body_len = 1 };

	assert_int_equal(
		api_start(fixture->api, &request, 0, on_done, NULL, NULL),
		-EPROTO);
	request = (struct api_request){ .endpoint = API_JOB,
		.id = "a",
		.body = strdup("x"),
		.body_len = 1 };
	assert_int_equal(
		api_start(fixture->api, &request, 0, on_done, NULL, NULL),
		-EINVAL);
	request = (struct api_request){ .endpoint = API_ENDPOINTS };
	assert_int_equal(
		api_start(fixture->api, &request, 0, on_done, NULL, NULL),
		-EINVAL);
	request = (struct api_request){ .priority = (enum api_priority)7 };
	assert_int_equal(
		api_start(fixture->api, &request, 0, on_done, NULL, NULL),
		-EINVAL);
	request = (struct api_request){
		.endpoint = API_JOBS, .body = strdup("x"), .body_len = 1
	};
	assert_int_equal(
		api_start(fixture->api, &request, 0, on_done, NULL, NULL),
		-EINVAL);
}

static void loopback_uses_no_proxy(void **state)
{
	struct fixture *fixture = *state;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	SCRIPT(fixture, FINE);
	ask(fixture, API_JOBS, NULL, NULL);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	assert_int_equal(fixture->outcome.err, 0);
}

static void an_unsafe_url_is_refused(void **state)
{
	struct api_config config = { .url = "http://example.com" };
	struct api *api;
	char why[200];

	(void)state;
	assert_int_equal(api_new(&config, &api, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "http://example.com"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests_are_signed_as_sent),
		TEST(health_is_not_signed),
		TEST(long_bodies_are_sent_whole),
		TEST(a_query_is_signed_or_not),
		TEST(the_clock_difference_is_learned),
		TEST(a_one_time_code_is_sent_when_challenged),
		TEST(bad_requests_are_refused),
		TEST(loopback_uses_no_proxy),
		cmocka_unit_test(an_unsafe_url_is_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
