/* SPDX-License-Identifier: MIT */
/* tests/unit/api/spool.c - long strings of an answer, in files */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "api/json.h"
#include "api/spool.h"
#include "api/text.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/api/fixture.h"

static const char names[] = "stdout|output|stderr";

static char directory[] = "/tmp/unsandboxfs-spool-XXXXXX";
static int dir_fd = -1;

static int make_directory(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(directory));
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	close(dir_fd);
	assert_int_equal(rmdir(directory), 0);
	return 0;
}

/* ---- one spool ---- */

struct spooling {
	struct worker *worker;
	struct spool *spool;
	json_t *json;
	int err;
};

static void parse(void *ctx)
{
	struct spooling *spooling = ctx;

	spooling->err = spool_parse(spooling->spool, &spooling->json);
}

static void spooling_await(struct spooling *spooling)
{
	struct pollfd fd = { worker_fd(spooling->worker), POLLIN, 0 };

	while (worker_pending(spooling->worker)) {
		poll(&fd, 1, -1);
		worker_collect(spooling->worker);
	}
}

/* Adds the text in pieces of `step` bytes. */
static struct spooling spooling_start(
	const char *text, size_t len, size_t step, int fd)
{
	struct spooling spooling = { .worker = worker_new() };

	spooling.spool = spool_new(spooling.worker, fd, names);
	for (size_t at = 0; at < len; at += step)
		assert_int_equal(spool_add(spooling.spool, text + at,
					 MIN(step, len - at)),
			0);
	assert_int_equal(spool_end(spooling.spool), 0);
	worker_submit(spooling.worker, parse, NULL, &spooling);
	spooling_await(&spooling);
	return spooling;
}

static void spooling_end(struct spooling *spooling)
{
	json_decref(spooling->json);
	spool_drop(spooling->spool);
	worker_free(spooling->worker);
}

static void check_file(const struct spooled *spooled, const json_t *whole)
{
	size_t len;
	char *bytes = json_to_bytes(whole, &len), *got = malloc(len + 1);

	assert_int_equal(spooled->err, 0);
	assert_int_equal(spooled->size, len);
	assert_int_equal(spooled->escaped_size, json_escaped_len(bytes, len));
	assert_int_equal(pread(spooled->fd, got, len + 1, 0), len);
	assert_memory_equal(got, bytes, len);
	free(got);
	free(bytes);
}

/* The answer is what the parser makes of the text without a spool. Returns how
 * many strings are in files. */
static unsigned check(const char *text, size_t len, size_t step)
{
	struct spooling spooling = spooling_start(text, len, step, dir_fd);
	json_t *whole, *value;
	const struct spooled *spooled;
	unsigned count = 0;
	const char *name;
	int err = json_parse(text, len, &whole);

	assert_int_equal(spooling.err, err);
	assert_int_equal(
		json_object_size(spooling.json), json_object_size(whole));
	json_object_foreach (whole, name, value) {
		const json_t *got = json_object_get(spooling.json, name);
		spooled = spool_find(spooling.spool, got);
		if (spooled) {
			assert_non_null(strstr(names, name));
			check_file(spooled, value);
		} else {
			assert_true(json_equal(got, value));
		}
		count += spooled != NULL;
	}
	json_decref(whole);
	spooling_end(&spooling);
	return count;
}

/* ---- texts ---- */

static unsigned state_of_random = 1;

static unsigned choose(unsigned count)
{
	state_of_random = state_of_random * 1103515245 + 12345;
	return (state_of_random >> 16) % count;
}

static void add_piece(struct text *text)
{
	static const char *const pieces[] = { "a line of output, ", "\\n",
		"\\\"", "\\\\", "\\/", "\\u0000", "\\u001f", "\\u00e9",
		"\\ud83d\\ude00", "\\ud83d", "\\udbff\\udf80", "\\ude00", "x",
		"\xc3\xa9", "\xe2\x82\xac", "\xff", "\xed\xa0\x80",
		"\xf4\x8f\xbe\x80", "{[,:]}", "\\t", "\x7f" };

	text_add_string(text, pieces[choose(sizeof(pieces) / sizeof(*pieces))]);
}

static void add_string(struct text *text, size_t len)
{
	size_t end = text->len + len;

	text_add_string(text, "\"");
	while (text->len < end)
		add_piece(text);
	text_add_string(text, "\"");
}

static void add_space(struct text *text)
{
	static const char *const spaces[] = { "", "", " ", "\n", "\t\r\n  " };

	text_add_string(text, spaces[choose(5)]);
}

static void add_member(struct text *text, const char *name)
{
	add_space(text);
	text_add_string(text, "\"");
	text_add_string(text, name);
	text_add_string(text, "\"");
	add_space(text);
	text_add_string(text, ":");
	add_space(text);
}

static void answers_are_the_same_in_any_pieces(void **state)
{
	static const char *const members[] = { "stdout", "output", "stderr",
		"x\\\"stdout", "stdouts", "stdou\\u0074", "other" };
	unsigned count = 0;

	(void)state;
	for (int round = 0; round < 25; round++) {
		struct text text = { 0 };
		text_add_string(&text, round % 2 ? "\xef\xbb\xbf{" : "{");
		for (size_t i = 0; i < 7; i++) {
			add_member(&text, members[i]);
			add_string(&text, choose(3) * SPOOL_MIN + choose(900));
			add_space(&text);
			text_add_string(&text, ",");
		}
		text_add_string(&text, "\"in\":[{\"stdout\":");
		add_string(&text, SPOOL_MIN + 9);
		text_add_string(&text, "}]}");
		count += check(text.data, text.len, 1 + choose(300000));
		text_clear(&text);
	}
	assert_in_range(count, 25, 75);
}

/* Escapes at the ends of chunks and of the part that is kept. */
static void escapes_are_divided(void **state)
{
	(void)state;
	for (int shift = 0; shift < 30; shift++) {
		struct text text = { 0 };
		text_add_string(&text, "{\"stdout\":\"");
		text_add(&text, "##############################", shift);
		while (text.len < 5 * SPOOL_MIN)
			text_add_string(&text, "\\ud83d\\ude00\\n");
		text_add_string(&text, "\\u00e9\"}");
		assert_int_equal(check(text.data, text.len, 1 << 20), 1);
		text_clear(&text);
	}
}

/* A text of such strings; NULL: none. */
static struct text text_of(size_t len, const char *out, const char *err)
{
	struct text text = { 0 };

	text_add_string(&text, "{\"stdout\":\"");
	for (size_t i = 0; i < len; i++)
		text_add_string(&text, i % 64 ? "x" : "\\n");
	text_add_string(&text, "\",\"output\":\"");
	for (size_t i = 0; i < len; i++)
		text_add_string(&text, i % 64 ? "x" : "\\n");
	text_add_string(&text, out);
	text_add_string(&text, "\",\"stderr\":\"");
	for (size_t i = 0; i < len; i++)
		text_add_string(&text, i % 64 ? "x" : "\\n");
	text_add_string(&text, err);
	text_add_string(&text, "\"}");
	return text;
}

static unsigned files_of(const struct text *text, bool are_same)
{
	struct spooling spooling =
		spooling_start(text->data, text->len, 100000, dir_fd);
	const struct spooled *spooled[3];
	static const char *const members[] = { "stdout", "output", "stderr" };
	unsigned files = 0;
	int inodes[3];

	for (int i = 0; i < 3; i++) {
		spooled[i] = spool_find(spooling.spool,
			json_object_get(spooling.json, members[i]));
		assert_non_null(spooled[i]);
		assert_true(spooled[i]->fd >= 0);
		inodes[i] = spooled[i]->fd;
		files += i == 0 || inodes[i] != inodes[i - 1];
	}
	assert_int_equal(spooled[0] == spooled[1], are_same);
	spooling_end(&spooling);
	return files;
}

/* Of strings that are the same there is one file, and one value. */
static void the_same_is_written_once(void **state)
{
	static const struct {
		const char *out, *err;
		bool are_same;
		unsigned files;
	} cases[] = { { "", "", true, 1 }, { "", "y", true, 2 },
		{ "y", "", false, 3 }, { "y", "y", false, 2 } };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct text text =
			text_of(2 * SPOOL_MIN, cases[i].out, cases[i].err);
		check(text.data, text.len, 77777);
		assert_int_equal(
			files_of(&text, cases[i].are_same), cases[i].files);
		text_clear(&text);
	}
}

/* Also where only the file has it. */
static void what_is_malformed_is_refused(void **state)
{
	static const char *const ends[] = { "\n\"}", "\\x\"}", "\\u12g4\"}",
		"\\u12", "\\", "", "\"", "\"]", "\"}}", "\" \"x\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct text text = { 0 };
		text_add_string(&text, "{\"stdout\":");
		add_string(&text, 2 * SPOOL_MIN);
		text.len--; /* the quote */
		text_add_string(&text, ends[i]);
		check(text.data, text.len, 1 << 20);
		text_clear(&text);
	}
}

/* ---- what fails ---- */

static void errors_are_of_the_string(void **state)
{
	struct rlimit old, little = { .rlim_cur = 100000 };
	struct text text = text_of(2 * SPOOL_MIN, "", "");

	(void)state;
	struct spooling spooling =
		spooling_start(text.data, text.len, 1 << 20, -1);
	assert_int_equal(spooling.err, 0);
	const struct spooled *spooled = spool_find(
		spooling.spool, json_object_get(spooling.json, "stderr"));
	assert_int_equal(spooled->err, -EBADF);
	spooling_end(&spooling);

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	little.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &little);
	spooling = spooling_start(text.data, text.len, 1 << 20, dir_fd);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(spooling.err, 0);
	spooled = spool_find(
		spooling.spool, json_object_get(spooling.json, "stdout"));
	assert_int_equal(spooled->err, -EFBIG);
	assert_int_equal(spooled->size, 2 * SPOOL_MIN);
	assert_int_equal(lseek(spooled->fd, 0, SEEK_END), 0);
	spooling_end(&spooling);
	text_clear(&text);
}

/* In the thread of the test, where they can be made to fail. */
static void memory_runs_out(void **state)
{
	struct text text = text_of(2 * SPOOL_MIN, "y", "");
	struct spooling spooling = { .worker = worker_new() };
	long n = 0;
	int err;

	(void)state;
	json_set_alloc_funcs(__wrap_malloc, free);
	do {
		alloc_fail_at = ++n;
		spooling.spool = spool_new(spooling.worker, dir_fd, names);
		err = spooling.spool ? 0 : -ENOMEM;
		for (size_t at = 0; !err && at < text.len; at += 200000)
			err = spool_add(spooling.spool, text.data + at,
				MIN(200000, text.len - at));
		if (!err)
			err = spool_end(spooling.spool);
		spooling_await(&spooling);
		if (!err)
			err = spool_parse(spooling.spool, &spooling.json);
		alloc_fail_at = 0;
		assert_true(err == 0 || err == -ENOMEM);
		json_decref(spooling.json);
		spooling.json = NULL;
		spool_drop(spooling.spool);
		spooling_await(&spooling);
	} while (err);
	json_set_alloc_funcs(malloc, free);
	assert_true(n > 10);
	worker_free(spooling.worker);
	text_clear(&text);
}

/* ---- in the client ---- */

struct received {
	int count, err;
	struct spool *spool;
	json_t *json;
};

static void on_received(void *ctx, const struct api_answer *answer)
{
	struct received *received = ctx;

	received->count++;
	received->err = answer->err;
	received->spool = spool_hold(answer->spool);
	received->json = json_incref(answer->json);
}

static void received_clear(struct received *received)
{
	json_decref(received->json);
	spool_drop(received->spool);
	*received = (struct received){ 0 };
}

static struct fixture *client_new(void)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	char url[64];

	fixture_start(fixture);
	api_free(fixture->api);
	struct api_config config = { .url = url,
		.credentials = &fixture->credentials,
		.worker = fixture->worker,
		.spooler = fixture->worker,
		.spool_dir_fd = dir_fd };
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", fixture->server.port);
	assert_int_equal(api_new(&config, &fixture->api, url, 0), 0);
	return fixture;
}

static void client_free(struct fixture *fixture)
{
	fixture_stop(fixture);
	free(fixture);
}

static struct api_call *get_job(
	struct fixture *fixture, struct received *received, uint64_t timeout_ms)
{
	struct api_request request = { .endpoint = API_JOB,
		.id = "j",
		.spools = names,
		.timeout_ms = timeout_ms };
	struct api_call *call;

	assert_int_equal(api_start(fixture->api, &request, fixture->now_ms,
				 on_received, received, &call),
		0);
	return call;
}

static void check_stdout(const struct received *received, size_t len)
{
	const struct spooled *spooled = spool_find(
		received->spool, json_object_get(received->json, "stdout"));

	assert_int_equal(received->count, 1);
	assert_int_equal(received->err, 0);
	assert_non_null(spooled);
	assert_int_equal(spooled->err, 0);
	assert_int_equal(spooled->size, len);
}

static void the_client_spools(void **state)
{
	struct text text = text_of(3 * SPOOL_MIN, "", "");
	struct server_step steps[] = { { 200, NULL, text.data, NULL, 0, 0 },
		{ 200, "Content-Length: 9999999\r\n", NULL, NULL, AFTER_CLOSE,
			0 },
		{ 404, NULL, text.data, NULL, 0, 0 } };
	struct fixture *fixture = client_new();
	struct received received = { 0 };

	(void)state;
	server_script(&fixture->server, steps, 3);
	get_job(fixture, &received, 0);
	settle(fixture);
	check_stdout(&received, 3 * SPOOL_MIN);
	received_clear(&received);
	steps[1] = steps[2];
	get_job(fixture, &received, 0);
	settle(fixture);
	assert_int_equal(received.err, -ENOENT);
	assert_null(received.spool);
	received_clear(&received);
	client_free(fixture);
	text_clear(&text);
}

/* A connection that is lost, and the answer to the second attempt. */
static void the_client_begins_again(void **state)
{
	struct text text = text_of(3 * SPOOL_MIN, "", "");
	struct text cut = { 0 };
	struct fixture *fixture = client_new();
	struct received received = { 0 };

	(void)state;
	text_add_string(&cut,
		"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n"
		"\r\n");
	text_add(&cut, text.data, text.len);
	struct server_step steps[] = { { .raw = cut.data,
					       .after = AFTER_CLOSE },
		{ 200, NULL, text.data, NULL, 0, 0 } };
	server_script(&fixture->server, steps, 2);
	get_job(fixture, &received, 0);
	settle(fixture);
	check_stdout(&received, 3 * SPOOL_MIN);
	assert_int_equal(api_stats(fixture->api)->retries, 1);
	received_clear(&received);
	client_free(fixture);
	text_clear(&text);
	text_clear(&cut);
}

static void wait_at(void *gate)
{
	pthread_mutex_lock(gate);
	pthread_mutex_unlock(gate);
}

enum { STANDS_FOR_LONG, GOES_ON, IS_CANCELLED, ENDS };

static void receive_behind_a_gate(
	struct fixture *fixture, const struct text *text, int what)
{
	static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	const struct api_stats *stats = api_stats(fixture->api);
	struct received received = { 0 };
	uint64_t before = stats->bytes_received;

	pthread_mutex_lock(&gate);
	worker_submit(fixture->worker, wait_at, NULL, &gate);
	struct api_call *call = get_job(fixture, &received, 800);
	for (uint64_t seen = 1; seen != stats->bytes_received;) {
		seen = stats->bytes_received;
		for (int i = 0; i < 20; i++)
			turn(fixture, 5);
	}
	/* It is not received into memory, but for what is on the way. */
	assert_in_range(stats->bytes_received - before, 1 << 20, text->len / 2);
	/* The time of the disk is not the API's. */
	fixture->now_ms += 900;
	turn(fixture, 0);
	if (what == STANDS_FOR_LONG) {
		fixture->now_ms += 101;
		while (stats->bytes_received - before < text->len)
			turn(fixture, 5);
	}
	if (what == IS_CANCELLED)
		api_cancel(call);
	pthread_mutex_unlock(&gate);
	if (what == ENDS)
		return;
	settle(fixture);
	if (what != IS_CANCELLED)
		check_stdout(&received, 5000000);
	received_clear(&received);
}

static void a_disk_that_stands_still(void **state)
{
	struct text text = text_of(5000000, "", "");
	struct server_step steps[] = { { 200, NULL, text.data, NULL, 0, 0 } };
	struct fixture *fixture = client_new();

	(void)state;
	server_script(&fixture->server, steps, 1);
	for (int what = STANDS_FOR_LONG; what <= ENDS; what++)
		receive_behind_a_gate(fixture, &text, what);
	client_free(fixture);
	text_clear(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_the_same_in_any_pieces),
		cmocka_unit_test(escapes_are_divided),
		cmocka_unit_test(the_same_is_written_once),
		cmocka_unit_test(what_is_malformed_is_refused),
		cmocka_unit_test(errors_are_of_the_string),
		cmocka_unit_test(memory_runs_out),
		cmocka_unit_test(the_client_spools),
		cmocka_unit_test(the_client_begins_again),
		cmocka_unit_test(a_disk_that_stands_still),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
