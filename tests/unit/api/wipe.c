/* SPDX-License-Identifier: MIT */
/* tests/unit/api/wipe.c - no secret stays in freed memory */
#include <errno.h>
#include <malloc.h>
#include <signal.h>

#include "tests/unit/api/fixture.h"

#define VAULT "VAULT-TEXT-THAT-NOBODY-ELSE-MAY-READ"

/* No block may contain these when it is freed. */
static const char *const secrets[] = { VAULT,
	"X-Signature: ", "X-Sudo-OTP: ", ONE_TIME_CODE };

static _Thread_local bool is_watching;
static int leaks;
static char leak[100];

static inline void look_into(const char *block, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (!memmem(block, size, secrets[i], strlen(secrets[i])))
			continue;
		leaks++;
		snprintf(leak, sizeof(leak), "%s in a block of %zu bytes",
			secrets[i], size);
	}
}

/* A sanitizer's free cannot be replaced: nothing is checked then. */
#ifdef __SANITIZE_ADDRESS__
#define CAN_WATCH_ALL false
#elif defined(__SANITIZE_THREAD__)
#define CAN_WATCH_ALL false
#else
#define CAN_WATCH_ALL true

void *__libc_malloc(size_t size);
void __libc_free(void *block);

/* Replaces libc's free, for all libraries. */
void free(void *block)
{
	int saved_errno = errno;

	if (block && is_watching)
		look_into(block, malloc_usable_size(block));
	__libc_free(block);
	errno = saved_errno;
}

void *realloc(void *old, size_t size)
{
	void *block = __libc_malloc(size);

	if (!block || !old)
		return block;
	memcpy(block, old,
		malloc_usable_size(old) < size ? malloc_usable_size(old)
					       : size);
	free(old);
	return block;
}
#endif

static void send_body(
	struct fixture *fixture, enum api_endpoint endpoint, size_t size)
{
	struct api_request request = {
		.endpoint = endpoint,
		.id = "web",
		.body = malloc(size),
		.body_len = size,
	};
	struct outcome outcome = { 0 };
	size_t i;

	for (i = 0; i < size; i++)
		request.body[i] = (VAULT "\n")[i % sizeof(VAULT)];
	assert_int_equal(api_start(fixture->api, &request, fixture->now_ms,
				 on_done, &outcome, NULL),
		0);
	settle(fixture);
	assert_int_equal(outcome.count, 1);
	outcome_clear(&outcome);
}

static void a_request_leaves_nothing(void **state)
{
	static const size_t sizes[] = { 100, 1000, 20000, 100000, 2000000 };
	struct fixture *fixture;
	size_t i;

	(void)state;
	if (!CAN_WATCH_ALL)
		skip();
	fixture = malloc(sizeof(*fixture));
	fixture_start(fixture);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		SCRIPT(fixture,
			{ 428, NULL, "{\"challenge_id\":\"c\"}", NULL, 0, 0 },
			{ 503, "Retry-After: 1\r\n", "{}", NULL, 0, 0 },
			{ 200, NULL, "{}", NULL, 0, 0 },
			{ 0, NULL, NULL, NULL, AFTER_RESET, 0 });
		is_watching = true;
		assert_int_equal(api_set_otp(fixture->api, ONE_TIME_CODE), 0);
		send_body(fixture, API_SERVICE_ENV_SET, sizes[i]);
		send_body(fixture, API_SERVICE_ENV_SET, sizes[i]);
		is_watching = false;
	}
	is_watching = true;
	api_free(fixture->api);
	is_watching = false;
	fixture->api = NULL;
	if (leaks)
		fail_msg("%d leaks, the last: %s", leaks, leak);
	fixture_stop(fixture);
	free(fixture);
}

/* Text that grows while it is written may be a request's body. */
static void written_json_leaves_nothing(void **state)
{
	json_t *json;
	char *text;
	size_t len;
	int i;

	(void)state;
	if (!CAN_WATCH_ALL)
		skip();
	json = json_array();
	for (i = 0; i < 1000; i++)
		json_array_append_new(json, json_string(VAULT));
	is_watching = true;
	text = json_write(json, &len);
	is_watching = false;
	assert_non_null(text);
	if (leaks)
		fail_msg("%d leaks, the last: %s", leaks, leak);
	free(text);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_leaves_nothing),
		cmocka_unit_test(written_json_leaves_nothing),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
