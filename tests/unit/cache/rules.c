/* SPDX-License-Identifier: MIT */
/* tests/unit/cache/rules.c - which endpoints are kept, what an answer means */
#include "cache/kind.h"
#include "cache/verdict.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LIST 1
#define DETAIL 2

/* What reads, and only that; all other endpoints are to be refused. */
static const struct {
	enum api_endpoint endpoint;
	int shape;
	enum cache_kind kind;
} kept[] = {
	{ API_KEYS_VALIDATE, LIST, CACHE_KEY },
	{ API_HEALTH, LIST, CACHE_SYSTEM },
	{ API_JOBS, LIST, CACHE_JOBS },
	{ API_JOB, DETAIL, CACHE_JOBS },
	{ API_LANGUAGES, LIST, CACHE_STATIC },
	{ API_SHELLS, LIST, CACHE_STATIC },
	{ API_CLUSTER, LIST, CACHE_SYSTEM },
	{ API_POOLS, LIST, CACHE_SYSTEM },
	{ API_STATS, LIST, CACHE_SYSTEM },
	{ API_SESSIONS, LIST, CACHE_LIST },
	{ API_SESSION, DETAIL, CACHE_DETAIL },
	{ API_SERVICES, LIST, CACHE_LIST },
	{ API_SERVICE, DETAIL, CACHE_DETAIL },
	{ API_SERVICE_LOGS, DETAIL, CACHE_LOG },
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

		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
			if ((int)kept[i].endpoint != endpoint)
				continue;
			shape = kept[i].shape;
			kind = kept[i].kind;
		}
		check_kind(endpoint, NULL, shape & LIST, kind);
		check_kind(endpoint, "web", shape & DETAIL, kind);
		check_kind(endpoint, "", 0, kind);
	}
	check_kind(API_ENDPOINTS, NULL, 0, 0);
	check_kind((enum api_endpoint) - 1, NULL, 0, 0);
}

static const struct verdict_case {
	const char *name;
	int err, status;
	bool has_json;
	enum verdict wanted;
	int wanted_err;
} verdicts[] = {
	{ "200", 0, 200, true, VERDICT_GOOD, 0 },
	{ "200 without JSON", 0, 200, false, VERDICT_BROKEN, -EPROTO },
	{ "not what is promised", -EPROTO, 200, false, VERDICT_BROKEN,
		-EPROTO },
	{ "half an answer", -EPROTO, 0, false, VERDICT_BROKEN, -EPROTO },
	{ "past the limit", -EFBIG, 200, false, VERDICT_REFUSED, -EFBIG },
	{ "past the limit, unread", -EFBIG, 0, false, VERDICT_REFUSED, -EFBIG },
	{ "no memory", -ENOMEM, 200, false, VERDICT_NO_MEMORY, -ENOMEM },
	{ "no memory to send", -ENOMEM, 0, false, VERDICT_NO_MEMORY, -ENOMEM },
	{ "a bad id", -EINVAL, 0, false, VERDICT_REFUSED, -EINVAL },
	{ "400", -EINVAL, 400, true, VERDICT_REFUSED, -EINVAL },
	{ "401", -EKEYREJECTED, 401, true, VERDICT_REFUSED, -EKEYREJECTED },
	{ "403", -EACCES, 403, true, VERDICT_REFUSED, -EACCES },
	{ "404", -ENOENT, 404, true, VERDICT_ABSENT, -ENOENT },
	{ "no such host", -ENOENT, 0, false, VERDICT_AWAY, -ENOENT },
	{ "409", -EBUSY, 409, true, VERDICT_REFUSED, -EBUSY },
	{ "428", -EPERM, 428, true, VERDICT_REFUSED, -EPERM },
	{ "429", -EBUSY, 429, true, VERDICT_AWAY, -EBUSY },
	{ "429, of runs", -EDQUOT, 429, true, VERDICT_AWAY, -EDQUOT },
	{ "500", -EREMOTEIO, 500, true, VERDICT_BROKEN, -EREMOTEIO },
	{ "501", -EREMOTEIO, 501, false, VERDICT_BROKEN, -EREMOTEIO },
	{ "502", -EREMOTEIO, 502, false, VERDICT_AWAY, -EREMOTEIO },
	{ "503", -EREMOTEIO, 503, false, VERDICT_AWAY, -EREMOTEIO },
	{ "504", -EREMOTEIO, 504, false, VERDICT_AWAY, -EREMOTEIO },
	{ "refused", -ECONNREFUSED, 0, false, VERDICT_AWAY, -ECONNREFUSED },
	{ "no route", -EHOSTUNREACH, 0, false, VERDICT_AWAY, -EHOSTUNREACH },
	{ "a hang", -ETIMEDOUT, 0, false, VERDICT_AWAY, -ETIMEDOUT },
	{ "a hang in the body", -ETIMEDOUT, 200, false, VERDICT_AWAY,
		-ETIMEDOUT },
	{ "a reset in the body", -ECONNRESET, 200, false, VERDICT_AWAY,
		-ECONNRESET },
	{ "a reset in a 404's body", -ECONNRESET, 404, false, VERDICT_AWAY,
		-ECONNRESET },
	{ "200 and an error", -EIO, 200, false, VERDICT_BROKEN, -EIO },
	{ "no turn in time", -EBUSY, 0, false, VERDICT_LATE, -EBUSY },
};

static void test_verdict(void **state)
{
	const struct verdict_case *row = *state;
	struct api_answer reply = { .err = row->err,
		.status = row->status,
		.json = row->has_json ? json_null() : NULL };
	int err = 1;

	assert_int_equal(verdict_of(&reply, &err), row->wanted);
	assert_int_equal(err, row->wanted_err);
}

#define VERDICTS (sizeof(verdicts) / sizeof(verdicts[0]))

int main(void)
{
	struct CMUnitTest tests[VERDICTS + 1] = {
		{ .name = "what reads is kept, nothing else",
			.test_func = test_kinds },
	};

	for (size_t i = 0; i < VERDICTS; i++)
		tests[i + 1] = (struct CMUnitTest){ .name = verdicts[i].name,
			.test_func = test_verdict,
			.initial_state = (void *)&verdicts[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
