/* SPDX-License-Identifier: MIT */
/* tests/unit/api/errno.c - errors as errno values and as lines of text */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/api.h"
#include "api/errno.h"

struct status_case {
	int status;
	const char *body;
	int err;
	const char *message; /* of api_error_of */
};

static const struct status_case statuses[] = {
	{ 200, "{}", 0, "" },
	{ 202, "{}", 0, "" },
	{ 204, "", 0, "" },
	{ 299, "{}", 0, "" },
	{ 0, "", -EPROTO, "" },
	{ 100, "", -EPROTO, "" },
	{ 301, "{}", -EPROTO, "" },
	{ 302, "{}", -EPROTO, "" },
	{ 307, "{}", -EPROTO, "" },
	{ 400, "{\"error\":\"bad\"}", -EINVAL, "bad" },
	{ 401, "{\"error\":\"a\",\"message\":\"b\"}", -EKEYREJECTED, "b" },
	{ 401, "{\"error\":\"key expired\"}", -EKEYEXPIRED, "key expired" },
	{ 401, "{\"code\":\"KEY_EXPIRED\"}", -EKEYEXPIRED, "" },
	{ 401, "{\"message\":\"Timestamp expired\"}", -EKEYREJECTED,
		"Timestamp expired" },
	{ 401, "<html>expired</html>", -EKEYREJECTED, "" },
	{ 402, "{}", -EACCES, "" },
	{ 403, "{\"error\":\"suspended\"}", -EACCES, "suspended" },
	{ 403, "{\"code\":\"RESOURCE_LOCKED\",\"error\":\"no\"}", -EPERM,
		"no" },
	{ 403, "{\"message\":\"the service is Locked\"}", -EPERM,
		"the service is Locked" },
	{ 403, "{\"message\":\"this account is blocked\"}", -EACCES,
		"this account is blocked" },
	{ 403, "{\"message\":\"it is unlocked\"}", -EACCES, "it is unlocked" },
	{ 403, "{\"error\":\"key_expired\"}", -EKEYEXPIRED, "key_expired" },
	{ 404, "{\"details\":\"no such job\"}", -ENOENT, "no such job" },
	{ 405, "", -EOPNOTSUPP, "" },
	{ 408, "", -ETIMEDOUT, "" },
	{ 409, "{\"error\":\"not running\"}", -EBUSY, "not running" },
	{ 409, "{\"error\":\"name already taken\"}", -EEXIST,
		"name already taken" },
	{ 409, "{\"error\":\"name_taken\"}", -EEXIST, "name_taken" },
	{ 409, "{\"error\":\"it already exists\"}", -EEXIST,
		"it already exists" },
	{ 409, "{\"message\":\"mistaken\"}", -EBUSY, "mistaken" },
	{ 410, "", -ENOENT, "" },
	{ 413, "", -EFBIG, "" },
	{ 422, "", -EINVAL, "" },
	{ 423, "", -EPERM, "" },
	{ 426, "", -EOPNOTSUPP, "" },
	{ 428, "{\"challenge_id\":\"c\"}", -EPERM, "" },
	{ 429, "{\"error\":\"rate_limit_exceeded\"}", -EBUSY,
		"rate_limit_exceeded" },
	{ 429, "{\"error\":\"concurrency_limit_reached\"}", -EDQUOT,
		"concurrency_limit_reached" },
	{ 429, "{\"message\":\"no free slots\"}", -EDQUOT, "no free slots" },
	{ 429, "", -EBUSY, "" },
	{ 451, "", -EACCES, "" },
	{ 418, "{\"reason\":\"tea\"}", -EINVAL, "tea" },
	{ 500, "{\"error\":null,\"message\":7,\"reason\":\"r\"}", -EREMOTEIO,
		"r" },
	{ 500, "{\"error\":{\"message\":\"deep\",\"code\":\"C\"}}", -EREMOTEIO,
		"deep" },
	{ 500, "{\"errors\":{\"detail\":\"Internal\"}}", -EREMOTEIO,
		"Internal" },
	{ 502, "<html>", -EREMOTEIO, "" },
	{ 503, "[]", -EREMOTEIO, "" },
	{ 504, "\"late\"", -EREMOTEIO, "late" },
	{ 599, "null", -EREMOTEIO, "" },
	{ 600, "{}", -EPROTO, "" },
	{ 999, "{}", -EPROTO, "" },
};

static void statuses_are_errnos(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		const struct status_case *row = &statuses[i];
		json_t *json = json_read(row->body, strlen(row->body));
		struct api_error words = api_error_of(json);
		int err = errno_of_status(row->status, &words);

		if (err != row->err || strcmp(words.message, row->message) != 0)
			fail_msg("%d %s: %d, %s", row->status, row->body, err,
				words.message);
		json_decref(json);
	}
}

static void errors_about_the_clock(void **state)
{
	struct api_error words = { "Invalid Timestamp", "", "" };

	(void)state;
	assert_true(api_error_is_about_clock(&words));
	words = (struct api_error){ "", "TIMESTAMP_INVALID", "" };
	assert_true(api_error_is_about_clock(&words));
	words = (struct api_error){ "invalid key", "INVALID_KEY",
		"unauthorized" };
	assert_false(api_error_is_about_clock(&words));
}

struct curl_case {
	CURLcode code;
	long os_errno;
	int err;
};

static const struct curl_case codes[] = {
	{ CURLE_OK, 0, 0 },
	{ CURLE_COULDNT_CONNECT, ECONNREFUSED, -ECONNREFUSED },
	{ CURLE_COULDNT_CONNECT, EHOSTUNREACH, -EHOSTUNREACH },
	{ CURLE_COULDNT_CONNECT, ENETUNREACH, -ENETUNREACH },
	{ CURLE_COULDNT_CONNECT, ETIMEDOUT, -ETIMEDOUT },
	{ CURLE_COULDNT_CONNECT, 0, -ECONNREFUSED },
	{ CURLE_COULDNT_RESOLVE_HOST, 0, -EHOSTUNREACH },
	{ CURLE_OPERATION_TIMEDOUT, 0, -ETIMEDOUT },
	{ CURLE_RECV_ERROR, ECONNRESET, -ECONNRESET },
	{ CURLE_SEND_ERROR, EPIPE, -ECONNRESET },
	{ CURLE_GOT_NOTHING, 0, -ECONNRESET },
	{ CURLE_ABORTED_BY_CALLBACK, 0, -ECONNRESET },
	{ CURLE_PARTIAL_FILE, 0, -EPROTO },
	{ CURLE_WEIRD_SERVER_REPLY, 0, -EPROTO },
	{ CURLE_PEER_FAILED_VERIFICATION, 0, -EPROTO },
	{ CURLE_SSL_CONNECT_ERROR, 0, -EPROTO },
	{ CURLE_OUT_OF_MEMORY, 0, -ENOMEM },
	{ CURLE_UNKNOWN_OPTION, 0, -ENOSYS },
	{ CURLE_NOT_BUILT_IN, 0, -ENOSYS },
	{ CURLE_BAD_FUNCTION_ARGUMENT, 0, -EINVAL },
	{ CURLE_UNSUPPORTED_PROTOCOL, 0, -EPROTO },
	{ CURLE_BAD_CONTENT_ENCODING, 0, -EPROTO },
};

static void curl_codes_are_errnos(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (errno_of_curl(codes[i].code, codes[i].os_errno) !=
			codes[i].err)
			fail_msg("%d, %ld", codes[i].code, codes[i].os_errno);
	assert_int_equal(errno_of_curl_multi(CURLM_OK), 0);
	assert_int_equal(errno_of_curl_multi(CURLM_OUT_OF_MEMORY), -ENOMEM);
	assert_int_equal(errno_of_curl_multi(CURLM_UNKNOWN_OPTION), -ENOSYS);
	assert_int_equal(
		errno_of_curl_multi(CURLM_BAD_FUNCTION_ARGUMENT), -EINVAL);
	assert_int_equal(errno_of_curl_multi(CURLM_INTERNAL_ERROR), -EIO);
}

struct line_case {
	const char *from;
	const char *line;
};

static const struct line_case lines[] = {
	{ "plain", "plain" }, { "", "" },
	{ "\xc3\xa4 \xe2\x82\xac", "\xc3\xa4 \xe2\x82\xac" },
	{ "a\nb\tc\r",
		"a\\x0a"
		"b\\x09c\\x0d" },
	{ "\x1b[31mred", "\\x1b[31mred" }, { "\x7f", "\\x7f" },
	{ "\xc2\x9b"
	  "31m",
		"\\xc2\\x9b31m" }, /* CSI in one character */
	{ "\xc2\xa0", "\xc2\xa0" }, { "\xff\xfe", "\\xff\\xfe" },
	{ "\xf4\x8f\xbf\xbf", "\\xff" }, /* escaped by json_read */
};

static void messages_are_one_harmless_line(void **state)
{
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		error_message_put(out, sizeof(out), lines[i].from);
		assert_string_equal(out, lines[i].line);
	}
	/* cut off between characters, never within one or within an escape */
	error_message_put(out, 4, "ab\xe2\x82\xac");
	assert_string_equal(out, "ab");
	error_message_put(out, 6, "ab\n");
	assert_string_equal(out, "ab");
	error_message_put(out, 7, "ab\ncd");
	assert_string_equal(out, "ab\\x0a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_are_errnos),
		cmocka_unit_test(errors_about_the_clock),
		cmocka_unit_test(curl_codes_are_errnos),
		cmocka_unit_test(messages_are_one_harmless_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
