/* SPDX-License-Identifier: MIT */
/* tests/unit/api/faults.c - each fault, its errno, and how often it is sent */
#include <errno.h>
#include <signal.h>

#include "tests/unit/api/fixture.h"

/*
 * Each row is played twice, as a GET and as a POST. A GET that is retried gets
 * the last step of the script again.
 */
struct fault {
	const char *name;
	struct server_step steps[3];
	int steps_count;
	int get_err, post_err;
	int get_seen, post_seen; /* requests at the server */
	const char *message;	 /* a part of it; NULL: any */
	unsigned waits_s;	 /* how long both take, by the client's clock */
};

#define ANSWER(status, body)                                                   \
	{                                                                      \
		status, NULL, body, NULL, 0, 0                                 \
	}
#define HEADED(status, headers, body)                                          \
	{                                                                      \
		status, headers, body, NULL, 0, 0                              \
	}
#define RAW(text, after)                                                       \
	{                                                                      \
		0, NULL, NULL, text, after, 0                                  \
	}
#define SILENT(after)                                                          \
	{                                                                      \
		0, NULL, NULL, NULL, after, 0                                  \
	}
#define OK ANSWER(200, "{\"a\":1}")
#define HEAD "HTTP/1.1 200 OK\r\n"

static const struct fault faults[] = {
	{ "fine", { OK }, 1, 0, 0, 1, 1, "", 0 },
	{ "an array", { ANSWER(200, "[1]") }, 1, 0, 0, 1, 1, "", 0 },
	{ "202", { ANSWER(202, "{}") }, 1, 0, 0, 1, 1, "", 0 },
	{ "invalid UTF-8", { ANSWER(200, "{\"a\":\"\xff\"}") }, 1, 0, 0, 1, 1,
		"", 0 },
	{ "chunked",
		{ RAW(HEAD "Transfer-Encoding: chunked\r\n\r\n"
			   "3\r\n{\"a\r\n5\r\n\":1} \r\n0\r\n\r\n",
			AFTER_KEEP) },
		1, 0, 0, 1, 1, "", 0 },
	{ "100 first",
		{ RAW("HTTP/1.1 100 Continue\r\n\r\n" HEAD
		      "Content-Length: 2\r\n\r\n{}",
			AFTER_KEEP) },
		1, 0, 0, 1, 1, "", 0 },
	{ "no length", { RAW(HEAD "\r\n{}", AFTER_CLOSE) }, 1, 0, 0, 1, 1, "",
		0 },

	{ "closed before", { SILENT(AFTER_CLOSE) }, 1, -ECONNRESET, -ECONNRESET,
		3, 1, NULL, 0 },
	{ "reset before", { SILENT(AFTER_RESET) }, 1, -ECONNRESET, -ECONNRESET,
		3, 1, NULL, 0 },
	{ "closed before, then fine", { SILENT(AFTER_CLOSE), OK }, 2, 0,
		-ECONNRESET, 2, 1, NULL, 0 },
	{ "reset in the headers", { RAW("HTTP/1.1 200 O", AFTER_RESET) }, 1,
		-ECONNRESET, -ECONNRESET, 3, 1, NULL, 0 },
	{ "half a body", { RAW(HEAD "Content-Length: 9\r\n\r\n{\"a", 1) }, 1,
		-EPROTO, -EPROTO, 3, 1, NULL, 0 },
	{ "half a body, reset",
		{ RAW(HEAD "Content-Length: 9\r\n\r\n{\"a", AFTER_RESET) }, 1,
		-ECONNRESET, -ECONNRESET, 3, 1, NULL, 0 },
	{ "half a chunk",
		{ RAW(HEAD "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"a", 1) },
		1, -EPROTO, -EPROTO, 3, 1, NULL, 0 },
	{ "half a body, then fine",
		{ RAW(HEAD "Content-Length: 9\r\n\r\n{\"a", 1), OK }, 2, 0,
		-EPROTO, 2, 1, NULL, 0 },

	{ "no JSON", { ANSWER(200, "{\"a\":") }, 1, -EPROTO, -EPROTO, 1, 1,
		"not JSON", 0 },
	{ "HTML", { ANSWER(200, "<html>hello</html>") }, 1, -EPROTO, -EPROTO, 1,
		1, "not JSON", 0 },
	{ "empty", { ANSWER(200, "") }, 1, -EPROTO, -EPROTO, 1, 1, "empty", 0 },
	{ "204", { RAW("HTTP/1.1 204 X\r\n\r\n", 0) }, 1, -EPROTO, -EPROTO, 1,
		1, "empty", 0 },
	{ "null", { ANSWER(200, "null") }, 1, -EPROTO, -EPROTO, 1, 1, "object",
		0 },
	{ "a number", { ANSWER(200, "7") }, 1, -EPROTO, -EPROTO, 1, 1, "object",
		0 },
	{ "garbage", { RAW("\x01\x02\x03\r\n\r\n", AFTER_CLOSE) }, 1, -EPROTO,
		-EPROTO, 1, 1, NULL, 0 },
	{ "a bad status line", { RAW("HTTP/1.1 banana\r\n\r\n", AFTER_CLOSE) },
		1, -EPROTO, -EPROTO, 1, 1, NULL, 0 },
	{ "an invalid length",
		{ RAW(HEAD "Content-Length: x\r\n\r\n{}", AFTER_CLOSE) }, 1,
		-EPROTO, -EPROTO, 1, 1, NULL, 0 },
	{ "two lengths",
		{ RAW(HEAD "Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
			AFTER_CLOSE) },
		1, -EPROTO, -EPROTO, 3, 1, NULL, 0 },
	{ "a body that is not gzip",
		{ HEADED(200, "Content-Encoding: gzip\r\n", "{}") }, 1, -EPROTO,
		-EPROTO, 1, 1, NULL, 0 },

	{ "301", { HEADED(301, "Location: http://127.0.0.1:1/\r\n", "{}") }, 1,
		-EPROTO, -EPROTO, 1, 1, "redirects are not followed", 0 },
	{ "302", { HEADED(302, "Location: /jobs\r\n", "") }, 1, -EPROTO,
		-EPROTO, 1, 1, "HTTP 302", 0 },
	{ "307", { HEADED(307, "Location: /jobs\r\n", "") }, 1, -EPROTO,
		-EPROTO, 1, 1, "HTTP 307", 0 },
	{ "308", { HEADED(308, "Location: /jobs\r\n", "") }, 1, -EPROTO,
		-EPROTO, 1, 1, "HTTP 308", 0 },

	{ "400", { ANSWER(400, "{\"error\":\"no ttl\"}") }, 1, -EINVAL, -EINVAL,
		1, 1, "no ttl", 0 },
	{ "400 in plain text", { ANSWER(400, " Bad ttl\r\nat line 7\r\n") }, 1,
		-EINVAL, -EINVAL, 1, 1, "Bad ttl", 0 },
	{ "400 as one string", { ANSWER(400, "\"no ttl\"") }, 1, -EINVAL,
		-EINVAL, 1, 1, "no ttl", 0 },
	{ "409 in plain text", { ANSWER(409, "name is taken") }, 1, -EEXIST,
		-EEXIST, 1, 1, "name is taken", 0 },
	{ "401", { ANSWER(401, "{\"error\":\"no key\"}") }, 1, -EKEYREJECTED,
		-EKEYREJECTED, 1, 1, "no key", 0 },
	{ "401 expired", { ANSWER(401, "{\"error\":\"key expired\"}") }, 1,
		-EKEYEXPIRED, -EKEYEXPIRED, 1, 1, "key expired", 0 },
	{ "401 timestamp", { ANSWER(401, "{\"error\":\"timestamp\"}"), OK }, 2,
		0, 0, 2, 2, "", 0 },
	{ "401 timestamp in plain text", { ANSWER(401, "old timestamp"), OK },
		2, 0, 0, 2, 2, "", 0 },
	{ "401 timestamp somewhere",
		{ ANSWER(401,
			  "{\"errors\":[{\"word\":\"invalid_timestamp\"}]}"),
			OK },
		2, 0, 0, 2, 2, "", 0 },
	{ "401 signature",
		{ ANSWER(401, "{\"error\":\":invalid_signature\"}") }, 1,
		-EKEYREJECTED, -EKEYREJECTED, 1, 1, ":invalid_signature", 0 },
	{ "401 signature somewhere",
		{ ANSWER(401,
			"{\"errors\":[{\"code\":\"invalid_signature\"}]}") },
		1, -EKEYREJECTED, -EKEYREJECTED, 1, 1, "HTTP 401", 0 },
	{ "402", { ANSWER(402, "{}") }, 1, -EACCES, -EACCES, 1, 1, "HTTP 402",
		0 },
	{ "403", { ANSWER(403, "{}") }, 1, -EACCES, -EACCES, 1, 1, "HTTP 403",
		0 },
	{ "403 locked", { ANSWER(403, "{\"code\":\"RESOURCE_LOCKED\"}") }, 1,
		-EPERM, -EPERM, 1, 1, "HTTP 403", 0 },
	{ "404", { ANSWER(404, "{\"message\":\"none\"}") }, 1, -ENOENT, -ENOENT,
		1, 1, "none", 0 },
	{ "408", { ANSWER(408, "{}") }, 1, -ETIMEDOUT, -ETIMEDOUT, 1, 1,
		"HTTP 408", 0 },
	{ "409", { ANSWER(409, "{}") }, 1, -EBUSY, -EBUSY, 1, 1, NULL, 0 },
	{ "409 taken", { ANSWER(409, "{\"error\":\"name taken\"}") }, 1,
		-EEXIST, -EEXIST, 1, 1, NULL, 0 },
	{ "413", { ANSWER(413, "{}") }, 1, -EFBIG, -EFBIG, 1, 1, NULL, 0 },
	{ "422", { ANSWER(422, "{}") }, 1, -EINVAL, -EINVAL, 1, 1, NULL, 0 },
	{ "428", { ANSWER(428, "{}") }, 1, -EPERM, -EPERM, 1, 1, NULL, 0 },
	{ "500", { ANSWER(500, "{}") }, 1, -EREMOTEIO, -EREMOTEIO, 1, 1,
		"HTTP 500", 0 },
	{ "500, half",
		{ RAW("HTTP/1.1 500 X\r\nContent-Length: 9\r\n\r\n{", 1) }, 1,
		-EPROTO, -EPROTO, 3, 1, NULL, 0 },
	{ "502", { ANSWER(502, "<html>") }, 1, -EREMOTEIO, -EREMOTEIO, 3, 1,
		"HTTP 502", 0 },
	{ "503", { ANSWER(503, "{}") }, 1, -EREMOTEIO, -EREMOTEIO, 3, 1, NULL,
		0 },
	{ "504, then fine", { ANSWER(504, "{}"), OK }, 2, 0, -EREMOTEIO, 2, 1,
		NULL, 0 },
	{ "503 with a time, then fine",
		{ HEADED(503, "Retry-After: 7\r\n", "{}"), OK }, 2, 0, 0, 2, 2,
		"", 7 },
	{ "503 with a time that is too late",
		{ HEADED(503, "Retry-After: 700\r\n", "{}") }, 1, -EREMOTEIO,
		-EREMOTEIO, 1, 1, NULL, 0 },
	{ "429 with a time, then fine",
		{ HEADED(429, "Retry-After: 5\r\n", "{}"), OK }, 2, 0, 0, 2, 2,
		"", 5 },
	{ "429 with a time beyond all numbers",
		{ HEADED(429, "Retry-After: 18446744073709552\r\n", "{}"), OK },
		1, -EBUSY, -EBUSY, 1, 1, NULL, 0 },
	{ "429 twice",
		{ HEADED(429, "Retry-After: 5\r\n", "{}"),
			HEADED(429, "Retry-After: 4\r\n", "{}"), OK },
		3, 0, 0, 3, 3, "", 9 },
	{ "429 with a reset, then fine",
		{ HEADED(429,
			  "X-RateLimit-Remaining: 0\r\n"
			  "X-RateLimit-Reset: 6\r\n",
			  "{}"),
			OK },
		2, 0, 0, 2, 2, "", 6 },
	{ "429 that is too late",
		{ HEADED(429, "Retry-After: 300\r\n", "{\"error\":\"slow\"}") },
		1, -EBUSY, -EBUSY, 1, 1, "slow", 0 },
	{ "429 bare", { ANSWER(429, "{}") }, 1, -EBUSY, -EBUSY, 2, 1, NULL, 0 },
	{ "429 of runs",
		{ HEADED(429, "Retry-After: 1\r\n",
			"{\"error\":\"concurrency_limit_reached\"}") },
		1, -EDQUOT, -EDQUOT, 1, 1, NULL, 0 },

	{ "hang before", { SILENT(AFTER_HANG) }, 1, -ETIMEDOUT, -ETIMEDOUT, 1,
		1, NULL, 120 },
	{ "hang in the headers", { RAW("HTTP/1.1 200 O", AFTER_HANG) }, 1,
		-ETIMEDOUT, -ETIMEDOUT, 1, 1, NULL, 120 },
	{ "hang in the body",
		{ RAW(HEAD "Content-Length: 9\r\n\r\n{\"a", AFTER_HANG) }, 1,
		-ETIMEDOUT, -ETIMEDOUT, 1, 1, NULL, 120 },
};

static void play(const struct fault *fault, bool is_get)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	int want = is_get ? fault->get_err : fault->post_err;
	int seen = is_get ? fault->get_seen : fault->post_seen;
	const char *kind = is_get ? "GET" : "POST";
	struct outcome *outcome = &fixture->outcome;
	uint64_t took_s;

	fixture_start(fixture);
	server_script(
		&fixture->server, fault->steps, (size_t)fault->steps_count);
	start(fixture, is_get ? API_JOBS : API_EXECUTE, NULL,
		is_get ? NULL : "{}", outcome);
	if (want == -ETIMEDOUT && fault->waits_s) {
		until_seen(fixture, seen);
		fixture->now_ms += 1000 * fault->waits_s;
	}
	settle(fixture);
	took_s = (fixture->now_ms - START_MS) / 1000;
	if (outcome->count != 1 || outcome->err != want)
		fail_msg("%s %s: %d, %s", kind, fault->name, outcome->err,
			outcome->message);
	if (server_seen_count(&fixture->server) != seen)
		fail_msg("%s %s: %d requests", kind, fault->name,
			server_seen_count(&fixture->server));
	if (fault->message && !strstr(outcome->message, fault->message))
		fail_msg("%s %s: %s", kind, fault->name, outcome->message);
	if (want && !outcome->message[0])
		fail_msg("%s %s: no message", kind, fault->name);
	if (fault->waits_s &&
		(took_s < fault->waits_s || took_s > fault->waits_s + 1))
		fail_msg("%s %s: %d s", kind, fault->name, (int)took_s);
	if (!fault->waits_s && took_s > 1)
		fail_msg("%s %s: %d s", kind, fault->name, (int)took_s);
	if (fixture->errors != (want != 0))
		fail_msg("%s %s: %d errors reported", kind, fault->name,
			fixture->errors);

	/* after any fault, the next request succeeds */
	SCRIPT(fixture, OK);
	fixture->now_ms += 120000;
	ask(fixture, API_JOBS, NULL, NULL);
	if (outcome->err)
		fail_msg("%s %s: the next request: %d", kind, fault->name,
			outcome->err);
	fixture_stop(fixture);
	free(fixture);
}

static void each_fault_of_a_get(void **state)
{
	play(*state, true);
}

static void each_fault_of_a_post(void **state)
{
	play(*state, false);
}

/* An action with status 200 has succeeded, whatever its body is. */
static void actions_take_any_answer(void **state)
{
	static const char *const bodies[] = { "OK", "", "null", "[", "<html>",
		"{\"success\":true}" };
	static const enum api_endpoint endpoints[] = { API_SESSION_DELETE,
		API_SERVICE_FREEZE, API_SERVICE_PATCH, API_SERVICE_ENV_SET,
		API_IMAGE_LOCK };
	struct fixture fixture;
	size_t i, j;
	(void)state;

	fixture_start(&fixture);
	for (i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		for (j = 0; j < sizeof(endpoints) / sizeof(*endpoints); j++) {
			struct server_step step = ANSWER(200, bodies[i]);
			server_script(&fixture.server, &step, 1);
			ask(&fixture, endpoints[j], "id", j ? "{}" : NULL);
			assert_int_equal(fixture.outcome.err, 0);
		}
	}
	/* Creating something needs an answer. */
	SCRIPT(&fixture, ANSWER(200, "OK"));
	ask(&fixture, API_SERVICE_CREATE, NULL, "{}");
	assert_int_equal(fixture.outcome.err, -EPROTO);
	fixture_stop(&fixture);
}

/*
 * The connection of an answered request is reused, but the server has closed
 * it. By default, curl would send the request again.
 */
static void a_kept_connection_dies(void **state)
{
	static const struct {
		enum api_endpoint endpoint;
		const char *id, *body;
		int err, seen;
	} rows[] = {
		{ API_JOBS, NULL, NULL, 0, 3 },
		{ API_EXECUTE, NULL, "{}", -ECONNRESET, 2 },
		{ API_SERVICE_ENV_SET, "web", "A=1", -ECONNRESET, 2 },
		{ API_SERVICE_PATCH, "web", "{}", -ECONNRESET, 2 },
		{ API_SERVICE_DELETE, "web", NULL, -ECONNRESET, 2 },
		{ API_KEYS_VALIDATE, NULL, NULL, -ECONNRESET, 2 },
	};
	struct fixture *fixture = malloc(sizeof(*fixture));
	enum server_after after;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct server_step steps[] = { OK, SILENT(0), OK };

		after = i % 2 ? AFTER_RESET : AFTER_CLOSE;
		steps[1].after = after;
		fixture_start(fixture);
		server_script(&fixture->server, steps, 3);
		ask(fixture, API_JOBS, NULL, NULL);
		ask(fixture, rows[i / 2].endpoint, rows[i / 2].id,
			rows[i / 2].body);
		if (fixture->outcome.err != rows[i / 2].err ||
			server_seen_count(&fixture->server) != rows[i / 2].seen)
			fail_msg("%s: %d, %d requests",
				api_endpoint_method(rows[i / 2].endpoint),
				fixture->outcome.err,
				server_seen_count(&fixture->server));
		/* it was sent over the kept connection */
		assert_int_equal(fixture->server.seen[1].connection, 1);
		fixture_stop(fixture);
	}
	free(fixture);
}

/* Sends a request and returns when the server has received it, but before the
 * client reads an answer. */
static void until_answered(struct fixture *fixture, const char *body)
{
	struct pollfd fd = { .fd = worker_fd(fixture->worker),
		.events = POLLIN };

	outcome_clear(&fixture->outcome);
	start(fixture, body ? API_EXECUTE : API_JOBS, NULL, body,
		&fixture->outcome);
	for (;;) {
		assert_int_equal(
			api_poll(fixture->api, &fd, 1, fixture->now_ms, 10), 0);
		if (server_seen_count(&fixture->server) > 0)
			return;
		api_run(fixture->api, fixture->now_ms);
	}
}

/* Time in which the process was stopped does not count as waiting. */
static void stopped_for_an_hour(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	(void)state;
	fixture_start(fixture);
	SCRIPT(fixture, OK);
	until_answered(fixture, "{}");
	fixture->now_ms += 3600000;
	api_run(fixture->api, fixture->now_ms);
	settle(fixture);
	assert_int_equal(fixture->outcome.err, 0);
	assert_int_equal(server_seen_count(&fixture->server), 1);

	SCRIPT(fixture, SILENT(AFTER_HANG));
	until_answered(fixture, "{}");
	fixture->now_ms += 3600000;
	api_run(fixture->api, fixture->now_ms);
	assert_int_equal(fixture->outcome.count, 0);
	fixture->now_ms += 119000;
	turn(fixture, 0);
	assert_int_equal(fixture->outcome.count, 0);
	fixture->now_ms += 1000;
	settle(fixture);
	assert_int_equal(fixture->outcome.err, -ETIMEDOUT);
	assert_non_null(strstr(fixture->outcome.message, "no whole answer"));
	fixture_stop(fixture);
	free(fixture);
}

static void connection_refused(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int bound = socket(AF_INET, SOCK_STREAM, 0);
	char url[64];

	(void)state;
	fixture_start(fixture);
	api_free(fixture->api);
	/* a port that is bound but does not listen */
	assert_int_equal(bind(bound, (struct sockaddr *)&address, len), 0);
	getsockname(bound, (struct sockaddr *)&address, &len);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d",
		ntohs(address.sin_port));
	client_start(fixture, url, NULL);
	ask(fixture, API_EXECUTE, NULL, "{}");
	assert_int_equal(fixture->outcome.err, -ECONNREFUSED);
	ask(fixture, API_JOBS, NULL, NULL);
	assert_int_equal(fixture->outcome.err, -ECONNREFUSED);
	assert_int_equal(fixture->now_ms, START_MS);
	assert_int_equal(api_stats(fixture->api)->sent[API_EXECUTE], 0);
	close(bound);
	fixture_stop(fixture);
	free(fixture);
}

static char *spaces(size_t size)
{
	char *text = malloc(size + 1);

	memset(text, ' ', size);
	memcpy(text, "{}", 2);
	text[size] = '\0';
	return text;
}

static void answers_have_a_limit(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	static const struct {
		enum api_endpoint endpoint;
		const char *id;
		size_t mib;
		const char *option;
	} rows[] = {
		{ API_LANGUAGES, NULL, 8, "answer_max" },
		{ API_SERVICE, "web", 8, "answer_max" },
		{ API_JOBS, NULL, 64, "list_max" },
		{ API_SNAPSHOTS, NULL, 64, "list_max" },
		{ API_JOB, "j", 256, "output_max" },
	};
	char *text = spaces((256 << 20) + 1);
	struct server_step step = { 200, NULL, text, NULL, 0, 0 };

	(void)state;
	fixture_start(fixture);
	server_script(&fixture->server, &step, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		step.body_len = rows[i].mib << 20;
		ask(fixture, rows[i].endpoint, rows[i].id, NULL);
		assert_int_equal(fixture->outcome.err, 0);
		step.body_len++;
		ask(fixture, rows[i].endpoint, rows[i].id, NULL);
		assert_int_equal(fixture->outcome.err, -EPROTO);
		assert_non_null(
			strstr(fixture->outcome.message, rows[i].option));
	}
	/* an error status counts, however long the body is */
	step.status = 404;
	ask(fixture, API_LANGUAGES, NULL, NULL);
	assert_int_equal(fixture->outcome.err, -ENOENT);
	assert_true(fixture->outcome.text_len <= 64 * 1024);
	assert_string_equal(fixture->outcome.message, "HTTP 404");
	fixture_stop(fixture);
	free(fixture);
	free(text);
}

static void headers_have_a_limit(void **state)
{
	static const char *const lines[] = { "A: b\r\n", "a" };
	struct fixture *fixture = malloc(sizeof(*fixture));
	size_t size = 2 << 20, i;
	char *text = malloc(size + 1);
	struct server_step step = { 0, NULL, NULL, text, AFTER_HANG, 0 };

	(void)state;
	fixture_start(fixture);
	for (unsigned line = 0; line < 2; line++) {
		for (i = 0; i < size; i++)
			text[i] = lines[line][i % strlen(lines[line])];
		text[size] = '\0';
		memcpy(text, "HTTP/1.1 200 OK\r\nX:", 19);
		server_script(&fixture->server, &step, 1);
		ask(fixture, API_EXECUTE, NULL, "{}");
		assert_int_equal(fixture->outcome.err, -EPROTO);
		assert_string_equal(fixture->outcome.message,
			"the answer's headers are too long");
	}
	fixture_stop(fixture);
	free(fixture);
	free(text);
}

struct key_case {
	const char *body;
	int err;
	const char *message;
};

static const struct key_case keys[] = {
	{ "{\"valid\":true,\"rate_per_minute\":60}", 0, "" },
	{ "{\"rate_per_minute\":60}", 0, "" },
	{ "{\"valid\":false,\"reason\":\"invalid_key\"}", -EKEYREJECTED,
		"invalid_key" },
	{ "{\"valid\":false,\"reason\":\"suspended\"}", -EKEYREJECTED,
		"suspended" },
	{ "{\"valid\":false,\"reason\":\"expired\"}", -EKEYEXPIRED, "expired" },
	{ "{\"valid\":false,\"error\":\"no\"}", -EKEYREJECTED, "no" },
	{ "{\"valid\":false}", -EKEYREJECTED, "the key is not valid" },
};

static void a_key_may_be_refused_with_200(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	struct server_step step = { 200, NULL, NULL, NULL, 0, 0 };
	size_t i;

	(void)state;
	fixture_start(fixture);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		step.body = keys[i].body;
		server_script(&fixture->server, &step, 1);
		ask(fixture, API_KEYS_VALIDATE, NULL, NULL);
		assert_int_equal(fixture->outcome.err, keys[i].err);
		assert_string_equal(fixture->outcome.message, keys[i].message);
	}
	fixture_stop(fixture);
	free(fixture);
}

static void the_reason_of_the_api_is_reported(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	(void)state;
	fixture_start(fixture);
	SCRIPT(fixture,
		ANSWER(404,
			"{\"message\":\"no \\u001b[31m\\nsuch\","
			"\"code\":\"NOT_FOUND\"}"));
	ask(fixture, API_JOB, "j", NULL);
	assert_string_equal(fixture->outcome.message, "no \\x1b[31m\\x0asuch");
	assert_string_equal(fixture->outcome.code, "NOT_FOUND");
	SCRIPT(fixture, ANSWER(409, "{\"error\":\"no_pool\"}"));
	ask(fixture, API_EXECUTE, NULL, "{}");
	assert_string_equal(fixture->outcome.code, "no_pool");
	SCRIPT(fixture, ANSWER(409, "{\"error\":\"a sentence\"}"));
	ask(fixture, API_EXECUTE, NULL, "{}");
	assert_string_equal(fixture->outcome.code, "");
	fixture_stop(fixture);
	free(fixture);
}

/* A request that cannot be sent before its time-out fails at once. */
static void the_rate_limit_is_kept(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	struct outcome outcome = { 0 };
	int i;

	(void)state;
	fixture_start(fixture);
	SCRIPT(fixture, HEADED(200, "X-RateLimit-Remaining: 0\r\n", "{}"));
	api_set_rate(fixture->api, 60, 10, fixture->now_ms);
	for (i = 0; i < 50; i++)
		start(fixture, API_JOBS, NULL, NULL, &outcome);
	turn(fixture, 0);
	assert_int_equal(outcome.count, 11); /* 39 of 50 can be sent in 30 s */
	assert_int_equal(outcome.err, -EBUSY);
	settle(fixture);
	assert_int_equal(outcome.count, 50);
	assert_int_equal(outcome.err, 0);
	assert_int_equal(server_seen_count(&fixture->server), 39);
	assert_in_range(fixture->now_ms - START_MS, 28900, 29500);
	outcome_clear(&outcome);
	fixture_stop(fixture);
	free(fixture);
}

/* A 429 holds back all requests, unless it is about the number of runs. */
static void a_429_holds_back_all_requests(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	(void)state;
	fixture_start(fixture);
	SCRIPT(fixture, HEADED(429, "Retry-After: 200\r\n", "{}"), OK);
	ask(fixture, API_EXECUTE, NULL, "{}");
	assert_int_equal(fixture->outcome.err, -EBUSY);
	/* refused without being sent */
	ask(fixture, API_JOBS, NULL, NULL);
	assert_int_equal(fixture->outcome.err, -EBUSY);
	assert_int_equal(fixture->now_ms, START_MS);
	assert_int_equal(server_seen_count(&fixture->server), 1);
	/* the limit is not believed for more than a minute */
	fixture->now_ms += 50000;
	ask(fixture, API_JOBS, NULL, NULL);
	assert_int_equal(fixture->outcome.err, 0);
	assert_in_range(fixture->now_ms - START_MS, 60000, 60100);

	SCRIPT(fixture,
		HEADED(429, "Retry-After: 20\r\n",
			"{\"error\":\"concurrency_limit_reached\"}"),
		OK);
	ask(fixture, API_EXECUTE, NULL, "{}");
	assert_int_equal(fixture->outcome.err, -EDQUOT);
	ask(fixture, API_JOBS, NULL, NULL);
	assert_int_equal(fixture->outcome.err, 0);
	assert_in_range(fixture->now_ms - START_MS, 60000, 60100);
	fixture_stop(fixture);
	free(fixture);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(a_kept_connection_dies),
		cmocka_unit_test(connection_refused),
		cmocka_unit_test(stopped_for_an_hour),
		cmocka_unit_test(answers_have_a_limit),
		cmocka_unit_test(actions_take_any_answer),
		cmocka_unit_test(headers_have_a_limit),
		cmocka_unit_test(a_key_may_be_refused_with_200),
		cmocka_unit_test(the_reason_of_the_api_is_reported),
		cmocka_unit_test(the_rate_limit_is_kept),
		cmocka_unit_test(a_429_holds_back_all_requests),
	};
	enum {
		ROWS = sizeof(faults) / sizeof(faults[0]),
		OTHERS = sizeof(others) / sizeof(others[0])
	};
	struct CMUnitTest tests[2 * ROWS + OTHERS];
	int i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < 2 * ROWS; i++)
		tests[i] = (struct CMUnitTest){
			.name = faults[i / 2].name,
			.test_func = i % 2 ? each_fault_of_a_post
					   : each_fault_of_a_get,
			.initial_state = (void *)&faults[i / 2],
		};
	memcpy(&tests[2 * ROWS], others, sizeof(others));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
