/* SPDX-License-Identifier: MIT */
/* tests/unit/api/request_url.c - URLs that are used, and those refused */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/otp.h"
#include "api/request_url.h"

struct base_case {
	const char *url;
	const char *base; /* NULL: refused */
	bool is_tls;
};

static const struct base_case bases[] = {
	{ "https://api.unsandbox.com", "https://api.unsandbox.com", true },
	{ "https://api.unsandbox.com/", "https://api.unsandbox.com", true },
	{ "HTTPS://Api.example:8443", "https://Api.example:8443", true },
	{ "https://[2001:db8::1]:444", "https://[2001:db8::1]:444", true },
	{ "https://10.0.0.1", "https://10.0.0.1", true },
	{ "http://127.0.0.1:8080", "http://127.0.0.1:8080", false },
	{ "http://127.1.2.3", "http://127.1.2.3", false },
	{ "http://localhost:80", "http://localhost:80", false },
	{ "http://LOCALHOST:80", "http://LOCALHOST:80", false },
	{ "http://[::1]:8080/", "http://[::1]:8080", false },
	{ "http://api.unsandbox.com", NULL, false },
	{ "http://10.0.0.1", NULL, false },
	{ "http://128.0.0.1", NULL, false },
	{ "http://0.0.0.0", NULL, false },
	{ "http://[::2]", NULL, false },
	{ "http://localhost.example.com", NULL, false },
	{ "http://127.0.0.1.example.com", NULL, false },
	{ "http://127.0.0.1@example.com", NULL, false },
	{ "http://user:pw@127.0.0.1", NULL, false },
	{ "https://user@api.unsandbox.com", NULL, false },
	{ "https://api.unsandbox.com/v1", NULL, false },
	{ "https://api.unsandbox.com?x=1", NULL, false },
	{ "https://api.unsandbox.com#x", NULL, false },
	{ "ftp://127.0.0.1", NULL, false },
	{ "file:///etc/passwd", NULL, false },
	{ "api.unsandbox.com", NULL, false },
	{ "https://", NULL, false },
	{ "https://a b", NULL, false },
	{ "https://x\r\nX-A: b", NULL, false },
	{ "", NULL, false },
	{ NULL, NULL, false },
};

static void only_https_or_loopback(void **state)
{
	char why[200], *base;
	bool is_tls;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		const struct base_case *row = &bases[i];

		is_tls = !row->is_tls;
		why[0] = '\0';
		err = request_url_base(
			row->url, &base, &is_tls, why, sizeof(why));
		if (!row->base && (err != -EINVAL || base || !why[0]))
			fail_msg("%s: %d, %s", row->url, err, why);
		if (row->base &&
			(err || strcmp(base, row->base) != 0 ||
				is_tls != row->is_tls))
			fail_msg("%s: %d, %s", row->url, err, err ? why : base);
		free(base);
	}
}

struct url_case {
	enum api_endpoint endpoint;
	const char *id;
	struct api_param query[3];
	const char *path;
	const char *path_query;
	int err;
};

static const struct url_case urls[] = {
	{ API_JOBS, NULL, { { NULL, NULL } }, "/jobs", "/jobs" },
	{ API_JOB, "9f1c-a.b_c~d", { { NULL, NULL } }, "/jobs/9f1c-a.b_c~d",
		"/jobs/9f1c-a.b_c~d" },
	{ API_SERVICE_ENV, "my web", { { NULL, NULL } },
		"/services/my%20web/env", "/services/my%20web/env" },
	{ API_JOB, "../../keys?x#y%00", { { NULL, NULL } },
		"/jobs/..%2F..%2Fkeys%3Fx%23y%2500",
		"/jobs/..%2F..%2Fkeys%3Fx%23y%2500" },
	{ API_JOB, "a\r\nb\xc3\xa4", { { NULL, NULL } }, "/jobs/a%0D%0Ab%C3%A4",
		"/jobs/a%0D%0Ab%C3%A4" },
	{ API_JOB, "...", { { NULL, NULL } }, "/jobs/...", "/jobs/..." },
	{ API_SERVICE_LOGS, "web", { { "all", "true" }, { "x y", "&=" } },
		"/services/web/logs",
		"/services/web/logs?all=true&x%20y=%26%3D" },
	{ API_SESSION_DELETE, "s", { { "audit", "1" } }, "/sessions/s",
		"/sessions/s?audit=1" },
	{ API_JOB, NULL, { { NULL, NULL } }, NULL, NULL, -EPROTO },
	{ API_JOB, "", { { NULL, NULL } }, NULL, NULL, -EPROTO },
	{ API_JOB, ".", { { NULL, NULL } }, NULL, NULL, -EPROTO },
	{ API_JOB, "..", { { NULL, NULL } }, NULL, NULL, -EPROTO },
	{ API_JOBS, "x", { { NULL, NULL } }, NULL, NULL, -EINVAL },
};

static void ids_cannot_change_the_path(void **state)
{
	struct request_url target;
	char id[2000];
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		const struct url_case *row = &urls[i];

		err = request_url_init(&target, "https://h",
			endpoint_row(row->endpoint), row->id, row->query);
		assert_int_equal(err, row->err);
		if (err) {
			assert_null(target.url);
			continue;
		}
		assert_string_equal(target.path, row->path);
		assert_string_equal(target.path_query, row->path_query);
		assert_memory_equal(target.url, "https://h/", 10);
		assert_string_equal(target.url + 9, row->path_query);
		request_url_clear(&target);
	}
	memset(id, 'a', sizeof(id));
	id[1999] = '\0';
	assert_int_equal(request_url_init(&target, "https://h",
				 endpoint_row(API_JOB), id, NULL),
		-EPROTO);
}

static void the_portal_has_its_own_host(void **state)
{
	static const char *const hosts[][2] = {
		{ "https://api.unsandbox.com", "https://unsandbox.com" },
		{ "https://api.unsandbox.com:444",
			"https://api.unsandbox.com:444" },
		{ "http://127.0.0.1:80", "http://127.0.0.1:80" },
	};
	static const char path[] = "/keys/am-i-throttled";
	struct request_url target;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		len = strlen(hosts[i][1]);
		assert_int_equal(
			request_url_init(&target, hosts[i][0],
				endpoint_row(API_KEY_THROTTLE), NULL, NULL),
			0);
		assert_memory_equal(target.url, hosts[i][1], len);
		assert_string_equal(target.url + len, path);
		assert_string_equal(target.path, path);
		request_url_clear(&target);
		assert_int_equal(request_url_init(&target, hosts[i][0],
					 endpoint_row(API_JOBS), NULL, NULL),
			0);
		assert_memory_equal(
			target.url, hosts[i][0], strlen(hosts[i][0]));
		request_url_clear(&target);
	}
}

/* Every row of the table, also of rows to be added. */
static void every_row_keeps_the_rules(void **state)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH",
		"DELETE" };
	int a, b;
	size_t i;

	(void)state;
	assert_null(endpoint_row(API_ENDPOINTS));
	assert_null(endpoint_row((enum api_endpoint) - 1));
	assert_null(api_endpoint_method(API_ENDPOINTS));
	for (a = 0; a < API_ENDPOINTS; a++) {
		const struct endpoint *row = endpoint_row(a);

		assert_non_null(row->method);
		assert_int_equal(row->path[0], '/');
		assert_in_range(row->kind, 0, API_ANSWER_KINDS - 1);
		/* paths that list resources have is_list */
		if (row->is_list)
			assert_int_equal(row->kind, API_ANSWER_LIST);
		if (row->is_program)
			assert_int_equal(row->kind, API_ANSWER_OUTPUT);
		for (i = 0; strcmp(methods[i], row->method) != 0; i++)
			assert_true(i + 1 < 5);
		assert_int_equal(endpoint_is_safe(row), i == 0);
		assert_ptr_equal(api_endpoint_path(a), row->path);
		assert_ptr_equal(api_endpoint_method(a), row->method);
		for (b = 0; b < a; b++)
			if (!strcmp(row->path, endpoint_row(b)->path) &&
				!strcmp(row->method, endpoint_row(b)->method))
				fail_msg("%s %s twice", row->method, row->path);
	}
	assert_int_equal(
		endpoint_timeout_ms(endpoint_row(API_JOBS), 30000), 30000);
	assert_int_equal(
		endpoint_timeout_ms(endpoint_row(API_EXECUTE), 30000), 120000);
	assert_int_equal(
		endpoint_timeout_ms(endpoint_row(API_EXECUTE), 900000), 900000);
}

static void a_code_is_used_once(void **state)
{
	struct otp_answer answer = { "", "" };
	struct otp otp;
	char path[32];
	int i;

	(void)state;
	otp_init(&otp);
	assert_false(otp_take(&otp, "DELETE", "/services/a", &answer));
	assert_int_equal(otp_set(&otp, "123456"), 0);
	/* not for a request that was not challenged */
	assert_false(otp_take(&otp, "DELETE", "/services/a", &answer));
	otp_challenged(&otp, "DELETE", "/services/a", "c1");
	otp_challenged(&otp, "DELETE", "/services/a", "c2");
	assert_false(otp_take(&otp, "POST", "/services/a", &answer));
	assert_false(otp_take(&otp, "DELETE", "/services/ab", &answer));
	assert_true(otp_take(&otp, "DELETE", "/services/a", &answer));
	assert_string_equal(answer.code, "123456");
	assert_string_equal(answer.challenge, "c2");
	assert_int_equal(otp.code[0], 0);
	otp_challenged(&otp, "DELETE", "/services/a", NULL);
	assert_false(otp_take(&otp, "DELETE", "/services/a", &answer));
	otp_set(&otp, "7");
	assert_true(otp_take(&otp, "DELETE", "/services/a", &answer));
	assert_string_equal(answer.challenge, "");
	otp_answer_clear(&answer);
	assert_string_equal(answer.code, "");
	/* the oldest are forgotten */
	for (i = 0; i < 40; i++) {
		sprintf(path, "/services/%d", i);
		otp_challenged(&otp, "DELETE", path, "c");
	}
	otp_set(&otp, "8");
	assert_false(otp_take(&otp, "DELETE", "/services/7", &answer));
	assert_true(otp_take(&otp, "DELETE", "/services/8", &answer));
	otp_clear(&otp);
}

static void a_code_cannot_break_a_header(void **state)
{
	struct otp_answer answer = { "", "" };
	char code[70];
	struct otp otp;

	(void)state;
	otp_init(&otp);
	assert_int_equal(otp_set(&otp, "1\r\nX: y"), -EINVAL);
	assert_int_equal(otp_set(&otp, "\xc3\xa4"), -EINVAL);
	memset(code, '1', sizeof(code));
	code[65] = '\0';
	assert_int_equal(otp_set(&otp, code), -EINVAL);
	code[64] = '\0';
	assert_int_equal(otp_set(&otp, code), 0);
	otp_challenged(&otp, "DELETE", "/a", "c\r\nX: y");
	assert_true(otp_take(&otp, "DELETE", "/a", &answer));
	assert_string_equal(answer.challenge, "");
	otp_set(&otp, "1");
	otp_set(&otp, NULL);
	otp_challenged(&otp, "DELETE", "/a", "c");
	assert_false(otp_take(&otp, "DELETE", "/a", &answer));
	otp_set(&otp, "1");
	otp_set(&otp, "");
	assert_false(otp_take(&otp, "DELETE", "/a", &answer));
	otp_clear(&otp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_https_or_loopback),
		cmocka_unit_test(ids_cannot_change_the_path),
		cmocka_unit_test(the_portal_has_its_own_host),
		cmocka_unit_test(every_row_keeps_the_rules),
		cmocka_unit_test(a_code_is_used_once),
		cmocka_unit_test(a_code_cannot_break_a_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
