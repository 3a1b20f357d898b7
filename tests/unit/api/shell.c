/* SPDX-License-Identifier: MIT */
/* tests/unit/api/shell.c - live shells, with a scripted server */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <time.h>

#include "tests/unit/alloc_fail.h"
#include "tests/unit/api/fixture.h"

struct seen {
	int opened, ended, writable;
	char output[8192];
	size_t output_len;
	struct api_shell_ended end;
	struct api_answer answer; /* of end */
	char message[600];
};

static void on_opened(void *ctx)
{
	((struct seen *)ctx)->opened++;
}

static void on_output(void *ctx, const void *bytes, size_t len)
{
	struct seen *seen = ctx;

	if (seen->output_len + len < sizeof(seen->output))
		memcpy(seen->output + seen->output_len, bytes, len);
	seen->output_len += len;
}

static void on_writable(void *ctx)
{
	((struct seen *)ctx)->writable++;
}

static void on_ended(void *ctx, const struct api_shell_ended *ended)
{
	struct seen *seen = ctx;

	seen->ended++;
	seen->end = *ended;
	seen->answer = *ended->answer;
	seen->end.answer = &seen->answer;
	snprintf(seen->message, sizeof(seen->message), "%s",
		ended->answer->message);
}

static const struct api_shell_events events = {
	.opened = on_opened,
	.output = on_output,
	.writable = on_writable,
	.ended = on_ended,
};

static struct api_shell *shell_open(struct fixture *fixture, struct seen *seen)
{
	struct api_shell *shell;

	memset(seen, 0, sizeof(*seen));
	assert_int_equal(api_shell_open(fixture->api, "unsb-session-1", &events,
				 seen, fixture->now_ms, &shell),
		0);
	return shell;
}

/* Opens it, runs until it has ended, and closes it. */
static void shell_play(struct fixture *fixture, struct seen *seen)
{
	struct api_shell *shell = shell_open(fixture, seen);

	while (!seen->ended)
		turn(fixture, 10);
	api_shell_close(shell);
	turn(fixture, 0);
	assert_int_equal(seen->ended, 1);
}

static struct fixture *fixture_new(void)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	fixture_start(fixture);
	return fixture;
}

static void fixture_end(struct fixture *fixture)
{
	fixture_stop(fixture);
	free(fixture);
}

/* ---- its end ---- */

#define BYTES(bytes) .body = (bytes), .body_len = sizeof(bytes) - 1

struct ending {
	const char *name;
	struct server_step step;
	enum api_shell_end end;
	int err, status;
	bool is_retried;
	const char *message;
};

static const struct ending endings[] = {
	{ "exit",
		{ 101,
			BYTES("\x82\x02hi\x81\x1f{\"type\":\"exit\","
			      "\"exit_code\":130}") },
		SHELL_EXITED, 0, 130, false, "" },
	{ "exit without a status",
		{ 101,
			BYTES("\x82\x02hi\x81\x0f"
			      "{\"type\":\"exit\"}") },
		SHELL_EXITED, 0, -1, false, "" },
	{ "detached",
		{ 101,
			BYTES("\x82\x02hi\x81\x13"
			      "{\"type\":\"detached\"}") },
		SHELL_DETACHED, 0, -1, false, "" },
	{ "a plain close", { 101, BYTES("\x82\x02hi\x88\x00") }, SHELL_EXITED,
		0, -1, false, "" },
	{ "a normal close", { 101, BYTES("\x82\x02hi\x88\x02\x03\xe8") },
		SHELL_EXITED, 0, -1, false, "" },
	{ "the server goes away", { 101, BYTES("\x82\x02hi\x88\x02\x03\xe9") },
		SHELL_LOST, -ECONNRESET, -1, true,
		"the server closed the connection: code 1001" },
	{ "an error of the server",
		{ 101, BYTES("\x82\x02hi\x88\x02\x03\xf3") }, SHELL_LOST,
		-ECONNRESET, -1, true,
		"the server closed the connection: code 1011" },
	{ "the server restarts", { 101, BYTES("\x82\x02hi\x88\x02\x03\xf4") },
		SHELL_LOST, -ECONNRESET, -1, true,
		"the server closed the connection: code 1012" },
	{ "a code of its own", { 101, BYTES("\x82\x02hi\x88\x02\x0f\xa1") },
		SHELL_LOST, -ECONNRESET, -1, true,
		"the server closed the connection: code 4001" },
	{ "the connection is closed",
		{ 101, BYTES("\x82\x02hi"), .after = AFTER_CLOSE }, SHELL_LOST,
		-ECONNRESET, -1, true, "the connection was lost" },
	{ "no frames", { 101, BYTES("\x82\x02hiHTTP/1.1 200 OK\r\n\r\n") },
		SHELL_LOST, -EPROTO, -1, false,
		"the server's frames are not WebSocket frames" },
	{ "a masked frame", { 101, BYTES("\x82\x02hi\x82\x81kkkka") },
		SHELL_LOST, -EPROTO, -1, false,
		"the server's frames are not WebSocket frames" },
};

static void ends(void **state)
{
	/* One each: the server may still use the previous one. */
	static struct server_step steps[sizeof(endings) / sizeof(*endings)];
	struct fixture *fixture = fixture_new();
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		const struct ending *row = &endings[i];
		steps[i] = row->step;
		if (steps[i].after == AFTER_KEEP)
			steps[i].after = AFTER_HANG;
		server_script(&fixture->server, &steps[i], 1);
		shell_play(fixture, &seen);
		if (seen.end.end != row->end || seen.answer.err != row->err ||
			seen.end.status != row->status ||
			(api_shell_retry_ms(&seen.end, 1) >= 0) !=
				row->is_retried ||
			strcmp(seen.message, row->message) != 0)
			fail_msg("%s: %d %d %d %s", row->name, seen.end.end,
				seen.answer.err, seen.end.status, seen.message);
		assert_int_equal(seen.opened, 1);
		assert_int_equal(seen.output_len, 2);
		server_forget(&fixture->server);
	}
	fixture_end(fixture);
}

/* ---- refusals ---- */

struct refused {
	const char *name;
	struct server_step step;
	int http_status, err;
	bool is_retried;
	const char *message;
	int requests;
};

#define CHUNKED "HTTP/1.1 409 X\r\nTransfer-Encoding: chunked\r\n\r\n"

static const struct refused refusals[] = {
	{ "not there", { 404, .body = "{\"error\":\"session not found\"}" },
		404, -ENOENT, false, "session not found", 1 },
	{ "frozen", { 409, .body = "{\"error\":\"it is frozen\"}" }, 409,
		-EBUSY, false, "it is frozen", 1 },
	{ "a body that is cut",
		{ .raw = "HTTP/1.1 409 X\r\nContent-Length: 99\r\n\r\n{\"er",
			.after = AFTER_CLOSE },
		409, -EBUSY, false, "HTTP 409", 1 },
	{ "a body that is cut by RST",
		{ .raw = "HTTP/1.1 409 X\r\nContent-Length: 99\r\n\r\n{\"er",
			.after = AFTER_RESET },
		409, -EBUSY, false, "HTTP 409", 1 },
	{ "chunks",
		{ .raw = CHUNKED "9;x=y\r\n{\"error\":\r\n"
				 "00b\r\n\"it froze\"}\r\n0\r\n\r\n" },
		409, -EBUSY, false, "it froze", 1 },
	{ "chunks that are cut",
		{ .raw = CHUNKED "14\r\n{\"error\":\"it froze\"}\r\n",
			.after = AFTER_CLOSE },
		409, -EBUSY, false, "it froze", 1 },
	{ "a chunk that is cut",
		{ .raw = CHUNKED "14\r\n{\"err", .after = AFTER_CLOSE }, 409,
		-EBUSY, false, "HTTP 409", 1 },
	{ "no chunks", { .raw = CHUNKED "-1\r\n{\"error\":\"x\"}\r\n" }, 409,
		-EBUSY, false, "HTTP 409", 1 },
	{ "a chunk without end", { .raw = CHUNKED "fffffff\r\nx" }, 409, -EBUSY,
		false, "HTTP 409", 1 },
	{ "a chunk that is longer than it says",
		{ .raw = CHUNKED "2\r\n{}}\r\n0\r\n\r\n" }, 409, -EBUSY, false,
		"HTTP 409", 1 },
	{ "no body", { .raw = "HTTP/1.1 404 X\r\n\r\n" }, 404, -ENOENT, false,
		"HTTP 404", 1 },
	{ "no body, and closed",
		{ .raw = "HTTP/1.1 404 X\r\n\r\n", .after = AFTER_CLOSE }, 404,
		-ENOENT, false, "HTTP 404", 1 },
	{ "the key, however it is sent",
		{ 401, .body = "{\"error\":\"invalid signature\"}" }, 401,
		-EKEYREJECTED, false, "invalid signature", 3 },
	{ "the key has expired", { 401, .body = "{\"error\":\"key expired\"}" },
		401, -EKEYEXPIRED, false, "key expired", 3 },
	{ "not allowed", { 403, .body = "{\"error\":\"not yours\"}" }, 403,
		-EACCES, false, "not yours", 3 },
	{ "no WebSocket here", { 426 }, 426, -EOPNOTSUPP, false, "HTTP 426",
		1 },
	{ "a limit", { 429, .headers = "Retry-After: 7\r\n" }, 429, -EBUSY,
		true, "HTTP 429", 1 },
	{ "an error", { 500 }, 500, -EREMOTEIO, true, "HTTP 500", 1 },
	{ "maintenance",
		{ 503, .headers = "Retry-After: 7\r\n",
			.body = "{\"error\":\"later\"}" },
		503, -EREMOTEIO, true, "later", 1 },
	{ "a redirect", { 302, .headers = "Location: /\r\n" }, 302, -EPROTO,
		false, "HTTP 302: redirects are not followed", 1 },
	{ "success", { 200, .body = "{}" }, 200, -EPROTO, false, "HTTP 200",
		1 },
	{ "another key",
		{ .raw = "HTTP/1.1 101 X\r\nSec-WebSocket-Accept: "
			 "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n" },
		101, -EPROTO, false,
		"the answer does not accept the WebSocket's key", 1 },
	{ "no HTTP", { .raw = "SSH-2.0-OpenSSH\r\n" }, 0, -EPROTO, false,
		"the answer is not HTTP/1.1", 1 },
	{ "half a head",
		{ .raw = "HTTP/1.1 101 X\r\nUpg", .after = AFTER_CLOSE }, 0,
		-ECONNRESET, true, "the connection was closed", 1 },
	{ "nothing", { .after = AFTER_CLOSE }, 0, -ECONNRESET, true,
		"the connection was closed", 1 },
};

static void refuses(void **state)
{
	struct fixture *fixture = fixture_new();
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refused *row = &refusals[i];
		server_script(&fixture->server, &row->step, 1);
		shell_play(fixture, &seen);
		if (seen.opened || seen.end.end != SHELL_REFUSED ||
			seen.answer.err != row->err ||
			seen.answer.status != row->http_status ||
			(api_shell_retry_ms(&seen.end, 1) >= 0) !=
				row->is_retried ||
			strcmp(seen.message, row->message) != 0)
			fail_msg("%s: %d %d %s", row->name, seen.answer.err,
				seen.answer.status, seen.message);
		if (server_seen_count(&fixture->server) != row->requests)
			fail_msg("%s: %d requests", row->name,
				server_seen_count(&fixture->server));
		if (row->step.headers && row->is_retried)
			assert_true(api_shell_retry_ms(&seen.end, 1) >= 7000);
		server_forget(&fixture->server);
	}
	fixture_end(fixture);
}

/* The wait grows, and is never shorter than that of requests. */
static void backs_off(void **state)
{
	struct api_answer answer = { .err = -ECONNRESET };
	struct api_shell_ended ended = {
		.end = SHELL_LOST, .answer = &answer, .wait_s = -1
	};
	int64_t last_ms = 0;

	(void)state;
	for (unsigned tries = 1; tries < 100; tries++) {
		int64_t ms = api_shell_retry_ms(&ended, tries);
		assert_true(ms >= 300 && ms < 50000);
		if (tries <= 8)
			assert_true(ms > last_ms);
		last_ms = ms;
	}
	ended.wait_s = INT64_MAX;
	assert_int_equal(api_shell_retry_ms(&ended, 1), 3600 * 1000);
	ended.end = SHELL_EXITED;
	assert_int_equal(api_shell_retry_ms(&ended, 1), -1);
}

/* If the server's clock differs, the request is signed again, once. */
static void clock_differs(void **state)
{
	struct fixture *fixture = fixture_new();
	time_t now = time(NULL), server_s = now + 360;
	char date[100];
	struct tm utc;
	struct server_step steps[] = {
		{ 401, .headers = date,
			.body = "{\"error\":\"timestamp out of range\"}" },
		{ 101, BYTES("\x88\x00"), .after = AFTER_HANG },
	};
	struct seen seen;

	(void)state;
	strftime(date, sizeof(date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n",
		gmtime_r(&server_s, &utc));
	server_script(&fixture->server, steps, 2);
	shell_play(fixture, &seen);
	assert_int_equal(seen.opened, 1);
	assert_int_equal(server_seen_count(&fixture->server), 2);
	long stamp =
		atol(server_header(&fixture->server.seen[1], "X-Timestamp"));
	assert_true(stamp >= now + 355 && stamp <= now + 365);
	assert_true(api_stats(fixture->api)->skew_s >= 355);
	assert_non_null(strstr(fixture->log, "the clock differs"));
	/* If refused again, the other ways are tried; the first error counts.
	 */
	server_script(&fixture->server, steps, 1);
	shell_play(fixture, &seen);
	assert_int_equal(server_seen_count(&fixture->server), 4);
	assert_int_equal(seen.answer.err, -EKEYREJECTED);
	assert_string_equal(seen.message, "timestamp out of range");
	fixture_end(fixture);
}

/* A server that does not answer is given up after 15 s. */
static void slow(void **state)
{
	struct fixture *fixture = fixture_new();
	struct api_shell *shell;
	struct seen seen;

	(void)state;
	SCRIPT(fixture, { .after = AFTER_HANG });
	shell = shell_open(fixture, &seen);
	until_seen(fixture, 1);
	fixture->now_ms += 14999;
	turn(fixture, 0);
	assert_int_equal(seen.ended, 0);
	fixture->now_ms += 1;
	turn(fixture, 0);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.answer.err, -ETIMEDOUT);
	assert_true(api_shell_retry_ms(&seen.end, 1) > 0);
	api_shell_close(shell);
	fixture_end(fixture);
}

/* While it is paused, the server must wait; no output is lost. */
static void pauses(void **state)
{
	static char body[8 << 20];
	static const char head[10] = "\x82\x7f\0\0\0\0\0\x80\0";
	struct fixture *fixture = fixture_new();
	struct server_step step = { 101, .body = body, .body_len = sizeof(body),
		.after = AFTER_HANG };
	struct api_shell *shell;
	struct seen seen;

	(void)state;
	memset(body, 'x', sizeof(body));
	memcpy(body, head, sizeof(head));
	server_script(&fixture->server, &step, 1);
	shell = shell_open(fixture, &seen);
	while (!seen.opened)
		turn(fixture, 10);
	api_shell_pause(shell, true);
	size_t before = seen.output_len;
	for (int i = 0; i < 100; i++)
		turn(fixture, 0);
	/* What was already received may still follow. */
	assert_true(seen.output_len - before < 65536);
	api_shell_pause(shell, false);
	while (seen.output_len < sizeof(body) - sizeof(head))
		turn(fixture, 10);
	assert_int_equal(seen.output_len, sizeof(body) - sizeof(head));
	api_shell_close(shell);
	fixture_end(fixture);
}

/* Input waits in a queue of limited size, and changes of the terminal's size
 * take no more memory, however many there are. */
static void types(void **state)
{
	static const char typed[1 << 20];
	struct fixture *fixture = fixture_new();
	struct api_shell *shell;
	struct seen seen;

	(void)state;
	SCRIPT(fixture, { 101, .after = AFTER_HANG });
	shell = shell_open(fixture, &seen);
	assert_int_equal(api_shell_write(shell, "early", 5), 0);
	while (!seen.opened)
		turn(fixture, 10);
	/* The server reads nothing meanwhile. */
	pthread_mutex_lock(&fixture->server.lock);
	while (api_shell_write(shell, typed, sizeof(typed)) > 0)
		turn(fixture, 0);
	assert_false(api_shell_has_room(shell));
	size_t before = mallinfo2().uordblks;
	for (unsigned i = 0; i < 20000; i++) {
		api_shell_resize(shell, 80 + i % 9, 24);
		turn(fixture, 0);
	}
	assert_true(mallinfo2().uordblks < before + 65536);
	while (api_shell_write(shell, typed, sizeof(typed)) > 0)
		turn(fixture, 0);
	seen.writable = 0;
	pthread_mutex_unlock(&fixture->server.lock);
	while (!seen.writable && !seen.ended)
		turn(fixture, 10);
	api_shell_close(shell);
	fixture_end(fixture);
}

/* ---- out of memory ---- */

static void out_of_memory(void **state)
{
	static const struct server_step script[] = { { 101,
		BYTES("\x82\x02hi\x81\x1f{\"type\":\"exit\","
		      "\"exit_code\":130}\x88\x00"),
		.after = AFTER_HANG } };
	struct fixture *fixture = fixture_new();
	int refused = 0, failed = 0;
	struct api_shell *shell;
	struct seen seen;

	(void)state;
	for (long n = 1;; n++) {
		memset(&seen, 0, sizeof(seen));
		server_script(&fixture->server, script, 1);
		alloc_fail_at = n;
		int err = api_shell_open(fixture->api, "unsb-session-1",
			&events, &seen, fixture->now_ms, &shell);
		while (!err && !seen.ended)
			turn(fixture, 10);
		bool is_last = alloc_fail_at;
		alloc_fail_at = 0;
		assert_true(err == 0 || err == -ENOMEM);
		api_shell_close(shell);
		if (is_last)
			break;
		refused += err != 0;
		failed += !err && seen.answer.err == -ENOMEM;
	}
	assert_int_equal(seen.answer.err, 0);
	assert_int_equal(seen.end.status, 130);
	assert_true(refused >= 3);
	assert_true(failed >= 2);
	fixture_end(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(refuses),
		cmocka_unit_test(backs_off),
		cmocka_unit_test(clock_differs),
		cmocka_unit_test(slow),
		cmocka_unit_test(pauses),
		cmocka_unit_test(types),
		cmocka_unit_test(out_of_memory),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
