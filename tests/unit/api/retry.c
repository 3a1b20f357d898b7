/* SPDX-License-Identifier: MIT */
/* tests/unit/api/retry.c - which requests are retried, and when */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/headers.h"
#include "api/retry.h"

#define NEVER 0
#define NOW 1000000

struct retry_case {
	const char *name;
	bool is_safe;
	unsigned tries;
	CURLcode curl;
	int status;
	int64_t wait_s;
	uint64_t left_ms;
	uint64_t after_ms; /* NEVER: not resent */
};

#define GET true
#define POST false

static const struct retry_case cases[] = {
	{ "GET reset", GET, 1, CURLE_RECV_ERROR, 0, -1, 30000, 300 },
	{ "GET reset twice", GET, 2, CURLE_RECV_ERROR, 0, -1, 30000, 600 },
	{ "GET reset thrice", GET, 3, CURLE_RECV_ERROR, 0, -1, 30000, NEVER },
	{ "GET send", GET, 1, CURLE_SEND_ERROR, 0, -1, 30000, 300 },
	{ "GET nothing", GET, 1, CURLE_GOT_NOTHING, 0, -1, 30000, 300 },
	{ "GET half", GET, 1, CURLE_PARTIAL_FILE, 200, -1, 30000, 300 },
	{ "GET stream", GET, 1, CURLE_HTTP2_STREAM, 0, -1, 30000, 300 },
	{ "GET stopped", GET, 1, CURLE_ABORTED_BY_CALLBACK, 0, -1, 30000, 300 },
	{ "GET timeout", GET, 1, CURLE_OPERATION_TIMEDOUT, 0, -1, 25000, 300 },
	{ "GET timeout, no time", GET, 1, CURLE_OPERATION_TIMEDOUT, 0, -1, 0,
		NEVER },
	{ "GET no time for it", GET, 1, CURLE_RECV_ERROR, 0, -1, 350, NEVER },
	{ "GET refused", GET, 1, CURLE_COULDNT_CONNECT, 0, -1, 30000, NEVER },
	{ "GET no name", GET, 1, CURLE_COULDNT_RESOLVE_HOST, 0, -1, 30000,
		NEVER },
	{ "GET certificate", GET, 1, CURLE_PEER_FAILED_VERIFICATION, 0, -1,
		30000, NEVER },
	{ "GET too large", GET, 1, CURLE_WRITE_ERROR, 200, -1, 30000, NEVER },
	{ "GET 500", GET, 1, CURLE_OK, 500, -1, 30000, NEVER },
	{ "GET 502", GET, 1, CURLE_OK, 502, -1, 30000, 300 },
	{ "GET 503", GET, 2, CURLE_OK, 503, -1, 30000, 600 },
	{ "GET 504", GET, 1, CURLE_OK, 504, -1, 30000, 300 },
	{ "GET 504 thrice", GET, 3, CURLE_OK, 504, -1, 30000, NEVER },
	{ "GET 503 with a time", GET, 3, CURLE_OK, 503, 7, 30000, 7000 },
	{ "GET 502 with a time", GET, 1, CURLE_OK, 502, 7, 30000, 300 },
	{ "GET 429 bare", GET, 1, CURLE_OK, 429, -1, 30000, 1000 },
	{ "GET 429 bare twice", GET, 2, CURLE_OK, 429, -1, 30000, NEVER },
	{ "GET 429 with a time", GET, 5, CURLE_OK, 429, 2, 30000, 2000 },
	{ "GET 429 too late", GET, 1, CURLE_OK, 429, 30, 30000, NEVER },
	{ "GET 404", GET, 1, CURLE_OK, 404, -1, 30000, NEVER },
	{ "GET 404 with a time", GET, 1, CURLE_OK, 404, 1, 30000, NEVER },
	{ "GET 302", GET, 1, CURLE_OK, 302, -1, 30000, NEVER },
	{ "GET 200", GET, 1, CURLE_OK, 200, -1, 30000, NEVER },
	{ "POST reset", POST, 1, CURLE_RECV_ERROR, 0, -1, 30000, NEVER },
	{ "POST send", POST, 1, CURLE_SEND_ERROR, 0, -1, 30000, NEVER },
	{ "POST nothing", POST, 1, CURLE_GOT_NOTHING, 0, -1, 30000, NEVER },
	{ "POST half", POST, 1, CURLE_PARTIAL_FILE, 200, -1, 30000, NEVER },
	{ "POST stopped", POST, 1, CURLE_ABORTED_BY_CALLBACK, 0, -1, 30000,
		NEVER },
	{ "POST timeout", POST, 1, CURLE_OPERATION_TIMEDOUT, 0, -1, 25000,
		NEVER },
	{ "POST refused", POST, 1, CURLE_COULDNT_CONNECT, 0, -1, 30000, NEVER },
	{ "POST 500", POST, 1, CURLE_OK, 500, -1, 30000, NEVER },
	{ "POST 502", POST, 1, CURLE_OK, 502, -1, 30000, NEVER },
	{ "POST 502 with a time", POST, 1, CURLE_OK, 502, 1, 30000, NEVER },
	{ "POST 503", POST, 1, CURLE_OK, 503, -1, 30000, NEVER },
	{ "POST 503 with a time", POST, 1, CURLE_OK, 503, 1, 30000, 1000 },
	{ "POST 504", POST, 1, CURLE_OK, 504, -1, 30000, NEVER },
	{ "POST 504 with a time", POST, 1, CURLE_OK, 504, 1, 30000, NEVER },
	{ "POST 429 bare", POST, 1, CURLE_OK, 429, -1, 30000, NEVER },
	{ "POST 429 with a time", POST, 9, CURLE_OK, 429, 3, 30000, 3000 },
	{ "POST 429 at once", POST, 1, CURLE_OK, 429, 0, 30000, 300 },
	{ "POST 429 too late", POST, 1, CURLE_OK, 429, 60, 30000, NEVER },
	{ "POST 429 for ever", POST, 1, CURLE_OK, 429, INT64_MAX / 1000 - 1,
		30000, NEVER },
	{ "POST 408", POST, 1, CURLE_OK, 408, 1, 30000, NEVER },
	{ "POST 401", POST, 1, CURLE_OK, 401, 1, 30000, NEVER },
};

static struct retry retry_of(const struct retry_case *row)
{
	return (struct retry){
		.is_safe = row->is_safe,
		.tries = row->tries,
		.curl = row->curl,
		.status = row->status,
		.wait_s = row->wait_s,
		.now_ms = NOW,
		.deadline_ms = NOW + row->left_ms,
	};
}

static void each_case_is_decided(void **state)
{
	uint64_t at;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct retry retry = retry_of(&cases[i]);
		bool is_again = retry_at(&retry, &at);

		if (is_again != (cases[i].after_ms != NEVER) ||
			(is_again && at != NOW + cases[i].after_ms))
			fail_msg("%s: %d", cases[i].name, is_again);
	}
}

static void a_limit_of_runs_is_not_retried(void **state)
{
	uint64_t at;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct retry retry = retry_of(&cases[i]);

		retry.is_quota = true;
		if (cases[i].status == 429 && retry_at(&retry, &at))
			fail_msg("%s", cases[i].name);
	}
}

/* A retry is never earlier than the answer asks, nor after the deadline. */
static void random_only_adds(void **state)
{
	uint64_t at;
	uint32_t random;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (random = 1; random; random <<= 1) {
			struct retry retry = retry_of(&cases[i]);

			retry.random = random - 1;
			if (!retry_at(&retry, &at))
				continue;
			if (cases[i].after_ms == NEVER ||
				at < NOW + cases[i].after_ms ||
				at > NOW + cases[i].after_ms + 400 ||
				at >= retry.deadline_ms)
				fail_msg("%s", cases[i].name);
		}
}

struct wait_case {
	const char *lines; /* between newlines */
	int64_t wait_s;
	int64_t reset_s;
};

#define DATE "Date: Sat, 11 Jan 2025 12:00:00 GMT\n" /* 1736596800 */

static const struct wait_case waits[] = {
	{ "HTTP/1.1 429 X\n", -1, -1 },
	{ "HTTP/1.1 429 X\nRetry-After: 5\n", 5, -1 },
	{ "HTTP/2 503\nretry-after:5\n", 5, -1 },
	{ "HTTP/1.1 503 X\nRETRY-AFTER:  12  \n", 12, -1 },
	{ "HTTP/1.1 429 X\nRetry-After: -5\n", -1, -1 },
	{ "HTTP/1.1 429 X\nRetry-After: soon\n", -1, -1 },
	{ "HTTP/1.1 429 X\nRetry-After:\n", -1, -1 },
	{ "HTTP/1.1 429 X\n" DATE
	  "Retry-After: Sat, 11 Jan 2025 12:00:30 GMT\n",
		30, -1 },
	{ "HTTP/1.1 429 X\n" DATE
	  "Retry-After: Sat, 11 Jan 2025 11:00:30 GMT\n",
		0, -1 },
	{ "HTTP/1.1 429 X\nRetry-After: Sat, 11 Jan 2025 12:00:30 GMT\n", 130,
		-1 },
	{ "HTTP/1.1 429 X\n" DATE "X-RateLimit-Remaining: 0\n"
	  "X-RateLimit-Reset: 1736596810\n",
		10, 10 },
	{ "HTTP/1.1 429 X\nX-RateLimit-Remaining: 0\n"
	  "X-RateLimit-Reset: 1736596710\n",
		10, 10 },
	{ "HTTP/1.1 429 X\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 7\n", 7,
		7 },
	{ "HTTP/1.1 429 X\nX-RateLimit-Remaining: 3\nX-RateLimit-Reset: 7\n",
		-1, 7 },
	{ "HTTP/1.1 200 X\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 7\n",
		-1, 7 },
	{ "HTTP/1.1 429 X\n" DATE "X-RateLimit-Remaining: 0\n"
	  "X-RateLimit-Reset: 99999999999\n",
		-1, -1 },
	{ "HTTP/1.1 100 Continue\nRetry-After: 9\nHTTP/1.1 503 X\n", -1, -1 },
	{ "Retry-After: 5\nno header\n: 1\n", 5, -1 },
};

static void headers_are_parsed(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		const char *line = waits[i].lines;
		struct headers headers;

		headers_init(&headers);
		for (; *line; line += strcspn(line, "\n") + 1)
			assert_int_equal(headers_line(&headers, line,
						 strcspn(line, "\n")),
				0);
		if (headers_wait_s(&headers, 1736596700) != waits[i].wait_s ||
			headers_reset_s(&headers, 1736596700) !=
				waits[i].reset_s)
			fail_msg("%s", waits[i].lines);
	}
}

static void headers_have_an_end(void **state)
{
	char line[1000];
	struct headers headers;
	int i, err = 0;

	(void)state;
	memset(line, 'a', sizeof(line));
	headers_init(&headers);
	for (i = 0; i < 1000 && !err; i++)
		err = headers_line(&headers, line, sizeof(line));
	assert_in_range(i, 200, 300);
	/* interim answers do not restart the count */
	err = headers_line(&headers, "HTTP/1.1 100 X\r\n", 16);
	assert_true(err < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_is_decided),
		cmocka_unit_test(a_limit_of_runs_is_not_retried),
		cmocka_unit_test(random_only_adds),
		cmocka_unit_test(headers_are_parsed),
		cmocka_unit_test(headers_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
