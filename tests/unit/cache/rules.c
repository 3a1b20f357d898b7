/* SPDX-License-Identifier: MIT */
/* tests/unit/cache/rules.c - which endpoints are cached, what a response means
 */
#include "cache/rules.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LIST 1
#define DETAIL 2

/* The endpoints that only read; all others must be refused. */
static const struct {
	enum api_endpoint endpoint;
	int shape;
	enum cache_kind kind;
} cached[] = {
	{ API_KEYS_VALIDATE, LIST, CACHE_KEY },
	{ API_KEY_SELF, LIST, CACHE_KEY },
	{ API_KEY_CONTACTS, LIST, CACHE_KEY },
	{ API_KEY_AUDIT, LIST, CACHE_SYSTEM },
	{ API_KEY_THROTTLE, LIST, CACHE_JOBS },
	{ API_HEALTH, LIST, CACHE_SYSTEM },
	{ API_JOBS, LIST, CACHE_JOBS },
	{ API_JOB, DETAIL, CACHE_JOBS },
	{ API_LANGUAGES, LIST, CACHE_STATIC },
	{ API_SHELLS, LIST, CACHE_STATIC },
	{ API_CLUSTER, LIST, CACHE_SYSTEM },
	{ API_POOLS, LIST, CACHE_SYSTEM },
	{ API_POOL_STATS, DETAIL, CACHE_SYSTEM },
	{ API_STATS, LIST, CACHE_SYSTEM },
	{ API_SESSIONS, LIST, CACHE_LIST },
	{ API_SESSION, DETAIL, CACHE_DETAIL },
	{ API_SERVICES, LIST, CACHE_LIST },
	{ API_SERVICE, DETAIL, CACHE_DETAIL },
	{ API_SERVICE_UPGRADE, DETAIL, CACHE_JOBS },
	{ API_SNAPSHOTS, LIST, CACHE_LIST },
	{ API_SNAPSHOT, DETAIL, CACHE_DETAIL },
	{ API_IMAGES, LIST, CACHE_LIST },
	{ API_IMAGES_OWNED, LIST, CACHE_LIST },
	{ API_IMAGES_SHARED, LIST, CACHE_LIST },
	{ API_IMAGES_PUBLIC, LIST, CACHE_LIST },
	{ API_IMAGE, DETAIL, CACHE_DETAIL },
	{ API_IMAGE_TRUSTED, DETAIL, CACHE_DETAIL },
};

static void check_kind(enum api_endpoint endpoint, const char *id, int shape,
	enum cache_kind wanted)
{
	enum cache_kind kind = CACHE_KINDS;
	int err = kind_of(endpoint, id, &kind);

	if (!shape) {
		assert_int_equal(err, -EINVAL);
		return;
	}
	assert_int_equal(err, 0);
	assert_int_equal(kind, wanted);
}

static void test_kinds(void **state)
{
	(void)state;
	for (int endpoint = 0; endpoint < API_ENDPOINTS; endpoint++) {
		enum cache_kind kind = CACHE_KINDS;
		int shape = 0;

		for (size_t i = 0; i < sizeof(cached) / sizeof(cached[0]);
			i++) {
			if ((int)cached[i].endpoint != endpoint)
				continue;
			shape = cached[i].shape;
			kind = cached[i].kind;
		}
		check_kind(endpoint, NULL, shape & LIST, kind);
		check_kind(endpoint, "web", shape & DETAIL, kind);
		check_kind(endpoint, "", 0, kind);
	}
	check_kind(API_ENDPOINTS, NULL, 0, 0);
	check_kind((enum api_endpoint) - 1, NULL, 0, 0);
}

static const struct result_case {
	const char *name;
	int err, status;
	bool has_json;
	enum result wanted;
	int wanted_err;
} results[] = {
	{ "200", 0, 200, true, RESULT_GOOD, 0 },
	{ "200 without JSON", 0, 200, false, RESULT_BROKEN, -EPROTO },
	{ "a malformed answer", -EPROTO, 200, false, RESULT_BROKEN, -EPROTO },
	{ "half an answer", -EPROTO, 0, false, RESULT_BROKEN, -EPROTO },
	{ "over the limit", -EFBIG, 200, false, RESULT_REFUSED, -EFBIG },
	{ "over the limit, no status", -EFBIG, 0, false, RESULT_REFUSED,
		-EFBIG },
	{ "no memory", -ENOMEM, 200, false, RESULT_NO_MEMORY, -ENOMEM },
	{ "no memory to send", -ENOMEM, 0, false, RESULT_NO_MEMORY, -ENOMEM },
	{ "a bad id", -EINVAL, 0, false, RESULT_REFUSED, -EINVAL },
	{ "400", -EINVAL, 400, true, RESULT_REFUSED, -EINVAL },
	{ "401", -EKEYREJECTED, 401, true, RESULT_REFUSED, -EKEYREJECTED },
	{ "403", -EACCES, 403, true, RESULT_REFUSED, -EACCES },
	{ "404", -ENOENT, 404, true, RESULT_ABSENT, -ENOENT },
	{ "no such host", -ENOENT, 0, false, RESULT_DOWN, -ENOENT },
	{ "409", -EBUSY, 409, true, RESULT_REFUSED, -EBUSY },
	{ "428", -EPERM, 428, true, RESULT_REFUSED, -EPERM },
	{ "429", -EBUSY, 429, true, RESULT_DOWN, -EBUSY },
	{ "429, of runs", -EDQUOT, 429, true, RESULT_DOWN, -EDQUOT },
	{ "500", -EREMOTEIO, 500, true, RESULT_BROKEN, -EREMOTEIO },
	{ "501", -EREMOTEIO, 501, false, RESULT_BROKEN, -EREMOTEIO },
	{ "502", -EREMOTEIO, 502, false, RESULT_DOWN, -EREMOTEIO },
	{ "503", -EREMOTEIO, 503, false, RESULT_DOWN, -EREMOTEIO },
	{ "504", -EREMOTEIO, 504, false, RESULT_DOWN, -EREMOTEIO },
	{ "refused", -ECONNREFUSED, 0, false, RESULT_DOWN, -ECONNREFUSED },
	{ "no route", -EHOSTUNREACH, 0, false, RESULT_DOWN, -EHOSTUNREACH },
	{ "a hang", -ETIMEDOUT, 0, false, RESULT_DOWN, -ETIMEDOUT },
	{ "a hang in the body", -ETIMEDOUT, 200, false, RESULT_DOWN,
		-ETIMEDOUT },
	{ "a reset in the body", -ECONNRESET, 200, false, RESULT_DOWN,
		-ECONNRESET },
	{ "a reset in a 404's body", -ECONNRESET, 404, false, RESULT_DOWN,
		-ECONNRESET },
	{ "200 with an error", -EIO, 200, false, RESULT_BROKEN, -EIO },
	{ "not sent in time", -EBUSY, 0, false, RESULT_NOT_SENT, -EBUSY },
};

static void test_result(void **state)
{
	const struct result_case *row = *state;
	struct api_answer reply = { .err = row->err,
		.status = row->status,
		.json = row->has_json ? json_null() : NULL };
	int err = 1;

	assert_int_equal(result_of(&reply, &err), row->wanted);
	assert_int_equal(err, row->wanted_err);
}

#define RESULTS (sizeof(results) / sizeof(results[0]))

int main(void)
{
	struct CMUnitTest tests[RESULTS + 1] = {
		{ .name = "only endpoints that read are cached",
			.test_func = test_kinds },
	};

	for (size_t i = 0; i < RESULTS; i++)
		tests[i + 1] = (struct CMUnitTest){ .name = results[i].name,
			.test_func = test_result,
			.initial_state = (void *)&results[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
