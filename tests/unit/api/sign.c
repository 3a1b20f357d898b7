/* SPDX-License-Identifier: MIT */
/* tests/unit/api/sign.c - signatures compared with those of openssl dgst */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/sign.h"

#define SECRET "unsb-sk-test0-vault-unlck-12345"

struct sign_case {
	const char *secret;
	int64_t unix_s;
	const char *method;
	const char *path;
	const char *body;
	size_t body_len;
	const char *signature;
};

/* Each made by: printf %s MESSAGE | openssl dgst -sha256 -hmac SECRET */
static const struct sign_case cases[] = {
	{ SECRET, 1700000000, "GET", "/jobs", NULL, 0,
		"15afdd8d7a5278f420287c80647dd1e3"
		"9b7d514177640fc556680bc0810ee2af" },
	{ SECRET, 1700000000, "POST", "/execute",
		"{\"language\":\"python\",\"code\":\"print(1)\"}", 39,
		"8e6eee9dd8f01d4ac637c7c6bdb9c8ac"
		"c5c56a371a8dac431402b3d43ae22a60" },
	{ SECRET, 1700000001, "DELETE", "/services/my%20web", "", 0,
		"9cae8634c272b388d39f5d21ee1b3892"
		"ca2a1c30e7f445581a5370eae2afb1ba" },
	{ SECRET, 1700000000, "GET", "/services/web/logs?all=true", NULL, 0,
		"0cda9e96f20388377cdd058cafdf1a0b"
		"cf89774f20811ed3467a8cd8da3cecb9" },
	{ SECRET, 0, "PUT", "/services/web/env", "A=1\nB=\xc3\xa4\n", 9,
		"7c02be8496f4560733c31c93433458e7"
		"055cb5ea2d6bd7dc77305de3510b1816" },
	{ SECRET, 1700000000, "POST", "/run", "a\0b\xff", 4,
		"3ae4bc3cb22b21123f527136c41fc62d"
		"aa425990a45a5d36bf0dbc414e72a9b8" },
	{ "x", 1700000000, "GET", "/jobs", NULL, 0,
		"a960fdfe24e52a8a6fc899c102404fd4"
		"3399d5f9560559432937617010628a7b" },
};

static void signatures_equal_those_of_openssl(void **state)
{
	char signature[SIGNATURE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sign_case *row = &cases[i];

		assert_int_equal(sign_request(signature, row->secret,
					 row->unix_s, row->method, row->path,
					 row->body, row->body_len),
			0);
		assert_string_equal(signature, row->signature);
	}
}

static void the_time_is_that_of_the_wall_clock(void **state)
{
	(void)state;
	assert_true(sign_unix_s() > 1700000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_equal_those_of_openssl),
		cmocka_unit_test(the_time_is_that_of_the_wall_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
