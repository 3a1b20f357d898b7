/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/resources/held_log.c - a copy of a log that grows by the log's
 * last lines */
#include "fs/resources/held_log.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/api.h"
#include "tests/unit/alloc_fail.h"

struct overlap_case {
	const char *held, *tail;
	size_t covered;
};

static const struct overlap_case cases[] = {
	{ "", "", 0 },
	{ "", "1\n", 0 },
	{ "1\n2\n", "", 0 },
	{ "1\n2\n3\n", "1\n2\n3\n", 6 },
	{ "1\n2\n3\n", "2\n3\n4\n", 4 },
	{ "1\n2\n3\n", "1\n2\n3\n4\n", 6 },
	{ "3\n", "1\n2\n3\n", 0 }, /* the tail's beginning is missing */
	{ "1\n2\n3\n", "4\n5\n", 0 },
	/* One byte in common does not count. */
	{ "1\n2\n3\nx", "xabcdefghijklmnop", 0 },
	/* With equal lines the place is ambiguous. */
	{ "t\nt\nt\nt\n", "t\nt\nt\nt\n", 0 },
	{ "t\nt\nt\nt\n", "t\nt\nt\nx\n", 0 },
	{ "a\nb\na\nb\n", "a\nb\nc\n", 4 },
};

/* The beginning of the tail is in many places, the whole in none: the search
 * takes linear time. */
static void a_search_in_vain_is_fast(void **state)
{
	enum { LEN = 8 << 20 };
	char *held = malloc(LEN), *tail = malloc(LEN);

	(void)state;
	memset(held, 'a', LEN);
	memset(tail, 'a', LEN);
	held[LEN - 1] = 'b';
	assert_int_equal(log_overlap(held, LEN, tail, LEN), 0);
	free(held);
	free(tail);
}

static void tails_overlap_the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct overlap_case *row = &cases[i];

		size_t covered = log_overlap(row->held, strlen(row->held),
			row->tail, strlen(row->tail));
		if (covered != row->covered)
			fail_msg("%s | %s: %zu", row->held, row->tail, covered);
	}
}

/* For any first part of a log and any last lines, the overlap is correct, or
 * none is found. */
static void an_overlap_is_correct(void **state)
{
	char text[4096];
	size_t starts[201], len = 0;

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		starts[i] = len;
		len += snprintf(text + len, sizeof(text) - len, "line %zu\n",
			i * 7919 % 211);
	}
	starts[200] = len;
	for (size_t held = 0; held <= 200; held += 7) {
		for (size_t first = 0; first <= 200; first += 3) {
			size_t tail_len = len - starts[first];
			size_t covered = log_overlap(text, starts[held],
				text + starts[first], tail_len);
			if (!covered)
				continue;
			assert_int_equal(starts[held], starts[first] + covered);
		}
	}
}

/* ---- a log and its copy ---- */

static struct {
	char dir[32];
	struct held_log held;
	char *text; /* the log */
	size_t len, room;
	unsigned wholes; /* how often the whole log was requested */
	uint64_t asked;	 /* bytes that were requested */
} service;

static int setup(void **state)
{
	(void)state;
	memset(&service, 0, sizeof(service));
	strcpy(service.dir, "/tmp/fs_service_log.XXXXXX");
	assert_non_null(mkdtemp(service.dir));
	service.held.dir_fd = open(service.dir, O_RDONLY | O_DIRECTORY);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fclose(service.held.file);
	close(service.held.dir_fd);
	assert_int_equal(rmdir(service.dir), 0);
	free(service.text);
	return 0;
}

static void print(const char *line, size_t times)
{
	size_t len = strlen(line), wanted = service.len + len * times + 1;

	if (service.room < wanted) {
		service.room = 2 * wanted;
		service.text = realloc(service.text, service.room);
		assert_non_null(service.text);
	}
	for (; times; times--) {
		memcpy(service.text + service.len, line, len);
		service.len += len;
	}
}

static void print_numbers(unsigned from, unsigned count)
{
	char line[32];

	for (; count; count--) {
		snprintf(line, sizeof(line), "line %u\n", from++);
		print(line, 1);
	}
}

static const char *tail(unsigned lines)
{
	const char *at = service.text + service.len;

	if (at > service.text && at[-1] == '\n')
		at--;
	while (at > service.text && (at[-1] != '\n' || --lines))
		at--;
	return at;
}

/* Answers with the requested lines, at most `cut` lines if that is not 0. */
static int answer(unsigned cut)
{
	unsigned lines = service.held.lines;
	FILE *old = service.held.file;
	const char *at = service.text;
	size_t len = service.len;

	if (lines) {
		at = tail(cut && cut < lines ? cut : lines);
		len = service.text + service.len - at;
	}
	service.wholes += !lines;
	service.asked += len;
	long fail_at = alloc_fail_at;
	alloc_fail_at = 0;
	json_t *json = json_pack("{s:o}", "log", json_from_bytes(at, len));
	alloc_fail_at = fail_at;
	int err = held_log_take(&service.held, json, NULL);
	json_decref(json);
	if (old && old != service.held.file)
		fclose(old);
	return err;
}

static void read_whole(void)
{
	service.held.lines = 0;
	assert_int_equal(answer(0), 0);
}

/* Updates the copy. `cut`: the API's limit of lines; 0: none. */
static void follow_cut(unsigned cut)
{
	int err;

	while ((err = answer(cut)))
		assert_int_equal(err, -EAGAIN);
}

static void follow(void)
{
	follow_cut(0);
}

static void is_held(void)
{
	char *got = malloc(service.held.size + 1);

	assert_int_equal(service.held.size, service.len);
	assert_int_equal(
		pread(fileno(service.held.file), got, service.held.size, 0),
		service.held.size);
	assert_memory_equal(got, service.text, service.len);
	free(got);
}

static void a_long_log_is_read_whole_once(void **state)
{
	(void)state;
	print_numbers(0, 100000);
	read_whole();
	service.asked = 0;
	for (unsigned i = 0; i < 50; i++) {
		print_numbers(100000 + i * 100, 100);
		follow();
		is_held();
	}
	assert_int_equal(service.wholes, 1);
	assert_true(service.asked < 50 * 1000 * 12);
}

static void a_short_log_is_never_asked_for_whole(void **state)
{
	(void)state;
	print("begin\n", 1);
	read_whole();
	for (unsigned i = 0; i < 100; i++) {
		print("tick\n", 3);
		follow();
		is_held();
	}
	assert_int_equal(service.wholes, 1);
}

/* With thousands of equal lines none is lost; as many lines are requested as
 * are needed to reach the first of them. */
static void a_log_that_repeats_itself(void **state)
{
	(void)state;
	print_numbers(0, 200000);
	print("GET /health 200\n", 5000);
	read_whole();
	service.asked = 0;
	for (unsigned i = 0; i < 20; i++) {
		print("GET /health 200\n", 1 + i);
		follow();
		is_held();
	}
	assert_int_equal(service.wholes, 1);
	assert_true(service.asked < 20 * 8500 * 16);
	print_numbers(0, 1000);
	follow();
	follow();
	is_held();
	assert_int_equal(service.held.lines, 500);
}

/* A few other lines among thousands of equal ones are enough. */
static void a_log_that_hardly_changes(void **state)
{
	(void)state;
	print_numbers(0, 1000);
	for (unsigned i = 0; i < 100; i++) {
		print("GET /health 200\n", 2000);
		print_numbers(i, 1);
	}
	read_whole();
	service.asked = 0;
	for (unsigned i = 0; i < 50; i++) {
		print("GET /health 200\n", 100);
		follow();
		is_held();
	}
	assert_in_range(service.wholes, 1, 3);
	assert_in_range(service.asked, 0, 50 * 16000 * 16);
}

/* With too many equal lines the whole log is fetched, less often. */
static void a_log_of_equal_lines(void **state)
{
	(void)state;
	print("GET /health 200\n", 500000);
	read_whole();
	assert_int_equal(held_log_pause_ms(&service.held), 8000);
	for (unsigned i = 0; i < 5; i++) {
		print("GET /health 200\n", 1);
		follow();
		is_held();
	}
	print("an end\n", 1);
	follow();
	is_held();
	print_numbers(0, 1000);
	follow();
	is_held();
	assert_int_equal(service.held.lines, 500 + 2 * 1000);
	assert_int_equal(held_log_pause_ms(&service.held), 1000);
}

static void many_lines_at_once(void **state)
{
	(void)state;
	print_numbers(0, 10000);
	read_whole();
	for (unsigned i = 1; i < 10; i++) {
		print_numbers(i * 10000, 10000);
		follow();
		is_held();
	}
	assert_int_equal(service.wholes, 2); /* then more lines are requested */
}

static void another_log_replaces_it(void **state)
{
	(void)state;
	print_numbers(0, 1000);
	read_whole();
	service.len = 0;
	print_numbers(990, 10); /* only its last lines */
	follow();
	is_held();
	assert_int_equal(service.wholes, 2);
	service.len = 0;
	print_numbers(5000, 2000);
	follow();
	is_held();
}

/* If the API returns 100 lines at most, the whole log is fetched once more. */
static void lines_that_are_cut(void **state)
{
	(void)state;
	print_numbers(0, 3000);
	read_whole();
	for (unsigned i = 0; i < 10; i++) {
		print_numbers(3000 + i, 1);
		follow_cut(100);
		is_held();
	}
	assert_int_equal(service.wholes, 2);
}

/* If an allocation fails, nothing is lost, and the next answer is taken. */
static void a_log_without_memory(void **state)
{
	long n = 0;

	(void)state;
	print_numbers(0, 100);
	service.text[0] = '\xff'; /* which needs memory */
	for (int err = -1; err; n++) {
		alloc_fail_at = n + 1;
		err = answer(0);
		alloc_fail_at = 0;
		assert_true(!err || err == -ENOMEM);
	}
	assert_true(n > 1);
	is_held();
	for (n = 1; n < 20; n++) {
		print_numbers(100 * n, 100);
		alloc_fail_at = n;
		int err = answer(0);
		alloc_fail_at = 0;
		assert_true(!err || err == -ENOMEM || err == -EAGAIN);
		while (err)
			err = answer(0);
		is_held();
	}
}

static void set_file_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Lines that cannot be written do not count, and are written later. */
static void a_log_without_room(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	print_numbers(0, 100000);
	set_file_limit(100000);
	assert_int_equal(answer(0), -EFBIG);
	assert_null(service.held.file);
	set_file_limit(RLIM_INFINITY);
	read_whole();
	print_numbers(100000, 400);
	set_file_limit(service.held.size + 1000);
	assert_int_equal(answer(0), -EFBIG);
	assert_int_not_equal(service.held.size, service.len);
	set_file_limit(RLIM_INFINITY);
	follow();
	is_held();
	assert_int_equal(service.wholes, 2);
}

/* ---- answers ---- */

static const struct {
	const char *name, *answer, *text; /* NULL: -EPROTO */
} answers[] = {
	{ "a string", "{\"log\":\"a\\nb\"}", "a\nb" },
	{ "output", "{\"output\":\"a\\n\"}", "a\n" },
	{ "bare lines", "[\"a\",\"b\"]", "a\nb\n" },
	{ "stdout", "{\"stdout\":\"a\\n\"}", "a\n" },
	{ "lines", "{\"lines\":[\"a\",1,\"b\"]}", "a\nb\n" },
	{ "lines of several sources",
		"{\"logs\":[{\"source\":\"api\",\"line\":\"a\"},{}]}",
		"api a\n" },
	{ "no bytes", "{\"log\":\"\"}", "" },
	{ "no log", "{}", NULL },
	{ "a number", "{\"log\":1}", NULL },
};

static void answers_are_printed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		const char *text = answers[i].answer, *wanted = answers[i].text;
		json_t *json = json_read(text, strlen(text));
		char *bytes;
		size_t len;
		FILE *out = open_memstream(&bytes, &len);

		print_message("%s\n", answers[i].name);
		assert_int_equal(
			log_text_print(json, out), wanted ? 0 : -EPROTO);
		fclose(out);
		assert_string_equal(bytes, wanted ? wanted : "");
		free(bytes);
		json_decref(json);
	}
}

/* Long texts are printed in pieces without losing characters. */
static void any_bytes_are_printed(void **state)
{
	static const char some[] = "a\xc3\xa4\xff\xf0\x9f\x98\x80\0\n";

	(void)state;
	for (size_t shift = 0; shift < sizeof(some); shift++) {
		size_t size = 1 << 20, len;
		char *bytes = malloc(size), *printed;
		FILE *out = open_memstream(&printed, &len);

		for (size_t i = 0; i < size; i++)
			bytes[i] = some[(i + shift) % (sizeof(some) - 1)];
		json_t *json =
			json_pack("{s:o}", "log", json_from_bytes(bytes, size));
		assert_int_equal(log_text_print(json, out), 0);
		fclose(out);
		assert_int_equal(len, size);
		assert_memory_equal(printed, bytes, size);
		free(bytes);
		free(printed);
		json_decref(json);
	}
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tails_overlap_the_end),
		cmocka_unit_test(a_search_in_vain_is_fast),
		cmocka_unit_test(an_overlap_is_correct),
		cmocka_unit_test(answers_are_printed),
		cmocka_unit_test(any_bytes_are_printed),
		CASE(a_long_log_is_read_whole_once),
		CASE(a_short_log_is_never_asked_for_whole),
		CASE(a_log_that_repeats_itself),
		CASE(a_log_that_hardly_changes),
		CASE(a_log_of_equal_lines),
		CASE(many_lines_at_once),
		CASE(another_log_replaces_it),
		CASE(lines_that_are_cut),
		CASE(a_log_without_memory),
		CASE(a_log_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
