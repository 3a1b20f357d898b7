/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/base/log.c - logged lines are escaped, and the newest are kept
 */
#include "fs/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>
#include <fuse_log.h>

#include "api/api.h"

struct escape_case {
	const char *name;
	const char *text;
	size_t out_len;
	const char *want;
};

static const struct escape_case escape_cases[] = {
	{ "plain", "plain text", 64, "plain text" },
	{ "empty", "", 64, "" },
	{ "newline and tab", "a\nb\tc", 64, "a\\x0ab\\x09c" },
	{ "terminal sequence", "\033[31mred\a\177", 64,
		"\\x1b[31mred\\x07\\x7f" },
	{ "UTF-8", "gr\303\274n \342\202\254 \360\237\230\200", 64,
		"gr\303\274n \342\202\254 \360\237\230\200" },
	{ "C1 as UTF-8", "a\302\233b", 64, "a\\xc2\\x9bb" },
	{ "first after C1", "\302\240", 64, "\302\240" },
	{ "C1 as a byte", "a\233b", 64, "a\\x9bb" },
	{ "overlong", "\300\200\340\200\257", 64, "\\xc0\\x80\\xe0\\x80\\xaf" },
	{ "surrogate", "\355\240\200", 64, "\\xed\\xa0\\x80" },
	{ "past Unicode", "\364\220\200\200\365", 64,
		"\\xf4\\x90\\x80\\x80\\xf5" },
	{ "cut short", "\342\202", 64, "\\xe2\\x82" },
	{ "full", "abcdef", 4, "abc" },
	{ "no half escape", "ab\n", 6, "ab" },
	{ "whole escape", "ab\n", 7, "ab\\x0a" },
	{ "no half character", "a\303\274", 3, "a" },
	{ "room for nothing", "abc", 1, "" },
};

static void escapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(escape_cases) / sizeof(escape_cases[0]);
		i++) {
		const struct escape_case *row = &escape_cases[i];
		char out[64];

		memset(out, 'X', sizeof(out));
		line_escape(row->text, out, row->out_len);
		if (strcmp(out, row->want))
			fail_msg("%s: %s", row->name, out);
	}
}

/* A file that gets stderr from stderr_catch to stderr_release. */
static FILE *stderr_file;
static int stderr_fd;

static void stderr_catch(void)
{
	fflush(stderr);
	stderr_fd = dup(2);
	stderr_file = tmpfile();
	assert_non_null(stderr_file);
	dup2(fileno(stderr_file), 2);
}

static void stderr_release(char *out, size_t out_len)
{
	fflush(stderr);
	dup2(stderr_fd, 2);
	close(stderr_fd);
	rewind(stderr_file);
	out[fread(out, 1, out_len - 1, stderr_file)] = '\0';
	fclose(stderr_file);
}

static char *ring(void)
{
	size_t len;
	char *text = log_text(&len);

	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	return text;
}

static void lines_reach_stderr_and_the_ring(void **state)
{
	char shown[1024], *text;

	(void)state;
	log_open(true, false);
	stderr_catch();
	log_line(LOG_WARNING, "job %d says %s", 7, "a\033b\n");
	log_line(LOG_DEBUG, "not asked for");
	log_line(LOG_INFO, "\n");
	fuse_log(FUSE_LOG_ERR, "fuse: %s\n", "mount failed");
	stderr_release(shown, sizeof(shown));

	assert_string_equal(shown,
		"unsandboxfs: job 7 says a\\x1bb\n"
		"unsandboxfs: fuse: mount failed\n");
	text = ring();
	assert_non_null(strstr(text, "Z warning: job 7 says a\\x1bb\n"));
	assert_non_null(strstr(text, "Z error: fuse: mount failed\n"));
	assert_null(strstr(text, "not asked for"));
	free(text);
}

static void debug_lines_are_kept_when_asked_for(void **state)
{
	char shown[256];

	(void)state;
	log_open(true, true);
	stderr_catch();
	log_line(LOG_DEBUG, "asked for");
	stderr_release(shown, sizeof(shown));
	log_open(true, false);
	assert_string_equal(shown, "unsandboxfs: asked for\n");
}

static void the_background_start_is_quiet(void **state)
{
	char shown[256], *text;

	(void)state;
	log_open(false, false);
	stderr_catch();
	log_line(LOG_INFO, "keys: here");
	log_line(LOG_WARNING, "no answer");
	stderr_release(shown, sizeof(shown));
	log_open(true, false);
	assert_string_equal(shown, "unsandboxfs: no answer\n");
	text = ring();
	assert_non_null(strstr(text, "Z info: keys: here\n"));
	free(text);
}

static void the_newest_stay(void **state)
{
	char shown[65536], *text, *last;

	(void)state;
	stderr_catch();
	for (int i = 0; i < 1000; i++)
		log_line(LOG_INFO, "line %d", i);
	stderr_release(shown, sizeof(shown));
	text = ring();
	assert_null(strstr(text, "line 743\n"));
	assert_non_null(strstr(text, "line 744\n"));
	last = strstr(text, "line 999\n");
	assert_non_null(last);
	assert_string_equal(last, "line 999\n");
	free(text);
}

static void a_long_line_is_cut(void **state)
{
	char shown[4096], long_text[3000], *text;

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	stderr_catch();
	log_line(LOG_INFO, "%s", long_text);
	log_line(LOG_INFO, "next");
	stderr_release(shown, sizeof(shown));
	assert_in_range(strlen(shown), 400, 600);
	text = ring();
	assert_non_null(strstr(text, "x\n"));
	assert_non_null(strstr(text, "Z info: next\n"));
	free(text);
}

static void with_syslog_stderr_is_silent(void **state)
{
	char shown[256], *text;

	(void)state;
	log_to_syslog();
	stderr_catch();
	log_line(LOG_INFO, "after the fork");
	stderr_release(shown, sizeof(shown));
	assert_string_equal(shown, "");
	text = ring();
	assert_non_null(strstr(text, "Z info: after the fork\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(lines_reach_stderr_and_the_ring),
		cmocka_unit_test(debug_lines_are_kept_when_asked_for),
		cmocka_unit_test(the_background_start_is_quiet),
		cmocka_unit_test(the_newest_stay),
		cmocka_unit_test(a_long_line_is_cut),
		cmocka_unit_test(with_syslog_stderr_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
