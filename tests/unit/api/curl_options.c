/* SPDX-License-Identifier: MIT */
/* tests/unit/api/curl_options.c - an option that libcurl refuses is reported */
#include <errno.h>
#include <signal.h>

#include <curl/curl.h>

#include "tests/unit/api/fixture.h"

/* Counted down; the option that makes it 0 is refused. */
static int refuse_at;
static CURLcode refused_with;
static CURLMcode multi_refused_with;

CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, void *value);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, void *value);
CURLMcode __real_curl_multi_setopt(
	CURLM *multi, CURLMoption option, void *value);
CURLMcode __wrap_curl_multi_setopt(
	CURLM *multi, CURLMoption option, void *value);

/* Each value fits a pointer: it is a long, a pointer or a curl_off_t. */
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, void *value)
{
	if (refuse_at && --refuse_at == 0)
		return refused_with;
	return __real_curl_easy_setopt(easy, option, value);
}

CURLMcode __wrap_curl_multi_setopt(
	CURLM *multi, CURLMoption option, void *value)
{
	if (multi_refused_with)
		return multi_refused_with;
	return __real_curl_multi_setopt(multi, option, value);
}

struct refusal {
	CURLcode code;
	int err;
};

static const struct refusal refusals[] = {
	{ CURLE_UNKNOWN_OPTION, -ENOSYS },
	{ CURLE_NOT_BUILT_IN, -ENOSYS },
	{ CURLE_BAD_FUNCTION_ARGUMENT, -EINVAL },
	{ CURLE_OUT_OF_MEMORY, -ENOMEM },
};

static void each_refused_option_is_reported(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	int n, left;

	(void)state;
	fixture_start(fixture);
	SCRIPT(fixture, { 200, NULL, "{}", NULL, 0, 0 });
	for (n = 1, left = 0; !left; n++) {
		const struct refusal *row = &refusals[n % 4];

		refuse_at = n;
		refused_with = row->code;
		ask(fixture, API_EXECUTE, NULL, "{}");
		left = refuse_at;
		refuse_at = 0;
		if (left)
			break;
		if (fixture->outcome.err != row->err)
			fail_msg("option %d: %d instead of %d", n,
				fixture->outcome.err, row->err);
		assert_string_equal(fixture->outcome.message,
			curl_easy_strerror(row->code));
	}
	assert_int_equal(fixture->outcome.err, 0);
	assert_true(n > 20);
	fixture_stop(fixture);
	free(fixture);
}

static void a_client_needs_its_options(void **state)
{
	struct api_config config = { .url = "https://h" };
	struct api *api;
	char why[200];

	(void)state;
	multi_refused_with = CURLM_UNKNOWN_OPTION;
	assert_int_equal(api_new(&config, &api, why, sizeof(why)), -ENOSYS);
	assert_true(why[0]);
	multi_refused_with = CURLM_OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_refused_option_is_reported),
		cmocka_unit_test(a_client_needs_its_options),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
