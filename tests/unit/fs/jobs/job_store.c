/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/job_store.c - results are stored in the state directory */
#include <pthread.h>

#include "api/text.h"
#include "tests/unit/fs/jobs/fixture.h"

static struct fixture fixture;
static struct job_stored stored;

static unsigned syncs;
static _Thread_local unsigned unlinks;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	__atomic_add_fetch(&syncs, 1, __ATOMIC_RELAXED);
	return __real_fsync(fd);
}

int __real_unlinkat(int fd, const char *path, int flags);
int __wrap_unlinkat(int fd, const char *path, int flags);

int __wrap_unlinkat(int fd, const char *path, int flags)
{
	unlinks++;
	return __real_unlinkat(fd, path, flags);
}

static int setup(void **state)
{
	(void)state;
	fixture_open(&fixture);
	return 0;
}

static void forget_stored(void)
{
	job_stored_clear(&stored);
}

static int teardown(void **state)
{
	(void)state;
	forget_stored();
	fixture_close(&fixture);
	return 0;
}

static int take(const char *text, bool is_final)
{
	const struct storing storing = { .state = &fixture.core.state,
		.number = 7,
		.is_durable = is_final,
		.program = "p.c" };
	json_t *answer = json_read(text, strlen(text));

	assert_non_null(answer);
	forget_stored();
	job_store_answer(&storing, answer, &stored);
	json_decref(answer);
	return stored.err;
}

static void assert_file(const char *name, const char *expected)
{
	char *text;
	size_t len;

	assert_int_equal(
		state_read(fixture.core.state.jobs_fd, name, 1000, &text, &len),
		0);
	assert_string_equal(text, expected);
	free(text);
}

static void test_output(void **state)
{
	(void)state;

	assert_int_equal(take("{\"stdout\":\"one\\n\"}", false), 0);
	assert_file("7.stdout", "one\n");
	assert_file("7.stderr", "");
	assert_int_equal(take("{\"stdout\":\"one\\ntwo\\n\"}", false), 0);
	assert_file("7.stdout", "one\ntwo\n");
	/* Without output in the answer, the earlier output is kept. */
	assert_int_equal(take("{\"stderr\":\"e\",\"stdout\":null}", true), 0);
	assert_file("7.stdout", "one\ntwo\n");
	assert_int_equal(stored.output_size[JOB_STDOUT], 8);
	assert_int_equal(stored.output_size[JOB_STDERR], 1);
	/* Other bytes than before, and fewer. */
	assert_int_equal(take("{\"output\":\"tw\"}", true), 0);
	assert_file("7.stdout", "tw");
	assert_int_equal(take("{\"stdout\":\"\"}", true), 0);
	assert_file("7.stdout", "");
}

/* Small files are synced later, together with a record that has their hash. */
static void test_syncs(void **state)
{
	const char more[] = "{\"stdout\":\"\",\"stderr\":\"\",\"artifacts\":[1,"
			    "2,3,4,5,6,7]}";
	char *large = calloc(1, 70000);
	(void)state;

	syncs = 0;
	assert_int_equal(take("{\"stdout\":\"\",\"stderr\":\"x\"}", true), 0);
	assert_int_equal(stored.syncs.count, 2);
	assert_true(stored.syncs.hash);
	assert_int_equal(take("{\"stdout\":\"\",\"stderr\":\"\",\"artifacts\":["
			      "{\"data\":\"YQ==\"}]}",
				 true),
		0);
	assert_int_equal(stored.syncs.count, 3);
	assert_true(stored.syncs.hash);
	assert_int_equal(syncs, 0);
	assert_int_equal(take(more, true), 0);
	assert_int_equal(stored.syncs.count, 0);
	assert_false(stored.syncs.hash);
	assert_int_equal(syncs, 2);
	memcpy(large, "{\"stdout\":\"", 11);
	memset(large + 11, 'x', 69000);
	strcpy(large + 69011, "\"}");
	assert_int_equal(take(large, true), 0);
	assert_int_equal(stored.syncs.count, 0);
	assert_false(stored.syncs.hash);
	assert_int_equal(syncs, 4);
	/* stdout is kept, but its content is unknown: no hash. */
	assert_int_equal(take("{\"stderr\":\"\"}", true), 0);
	assert_false(stored.syncs.hash);
	assert_int_equal(take("{\"stdout\":\"a\"}", false), 0);
	assert_false(stored.syncs.hash);
	free(large);
}

/* An answer whose stdout is count times one character, as JSON has it. */
static int take_long(
	const char *character, size_t count, const char *rest, bool is_final)
{
	struct text text = { 0 };

	text_add_string(&text, "{\"stdout\":\"");
	while (count--)
		text_add_string(&text, character);
	text_add_string(&text, "\"");
	text_add_string(&text, rest);
	text_add_string(&text, "}");
	int err = take(text.data, is_final);
	text_clear(&text);
	return err;
}

/* Output is in one file, unless it is short and has a hash in the record. */
static void test_apart(void **state)
{
	(void)state;

	assert_int_equal(take_long("x", 65536, ",\"a\":1", true), 0);
	assert_int_equal(stored.apart, 0);
	assert_false(fixture_has(&fixture, "7.rest"));
	/* Each of these bytes is four in jansson's string. */
	assert_int_equal(take_long("\xff", 30000, ",\"a\":1", true), 0);
	assert_int_equal(stored.apart, 0);
	assert_true(stored.syncs.hash);
	assert_false(fixture_has(&fixture, "7.rest"));
	/* The answer of a poll, then the last one. */
	assert_int_equal(take_long("x", 65537, ",\"a\":1", false), 0);
	assert_int_equal(stored.apart, 0);
	assert_false(fixture_has(&fixture, "7.rest"));
	assert_int_equal(take_long("\\n", 65537, ",\"a\":1", true), 0);
	assert_true(stored.apart);
	assert_false(stored.syncs.hash);
	assert_int_equal(stored.answer_size,
		strlen("{\n  \"a\": 1,\n  \"stdout\": \"\"\n}\n") + 2 * 65537);
	assert_file("7.rest", "{\n  \"a\": 1");
	assert_true(fixture_has(&fixture, "7.answer"));
	job_store_remove_partial(&fixture.core.state, 7);
	assert_false(fixture_has(&fixture, "7.answer"));
	job_store_remove_output(&fixture.core, 7, 0);
	assert_false(fixture_has(&fixture, "7.rest"));
}

/* Whatever the rest is, members can be added to it. */
static void test_apart_from_little_or_much(void **state)
{
	char nested[4096 * 24] = ",\"a\":[", *at = nested + strlen(nested);
	(void)state;

	assert_int_equal(take_long("x", 65537, "", true), 0);
	assert_true(stored.apart);
	assert_int_equal(stored.answer_size,
		strlen("{\n  \"stdout\": \"\"\n}\n") + 65537);
	assert_file("7.rest", "{");
	/* It would be mostly blanks, so it is compact. */
	for (int i = 0; i < 900; i++)
		at = stpcpy(at,
			"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
			"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],");
	strcpy(at, "1]");
	assert_int_equal(take_long("x", 65537, nested, true), 0);
	assert_true(stored.apart);
	assert_int_equal(stored.answer_size,
		strlen("{") + strlen(nested + 1) +
			strlen(",\n  \"stdout\": \"\"\n}\n") + 65537);
}

static void test_fields(void **state)
{
	(void)state;

	assert_int_equal(take("{\"stdout\":\"x\",\"exit_code\":3,\"a\":null,"
			      "\"artifacts\":[],\"stderr\":\"\"}",
				 true),
		0);
	assert_int_equal(json_object_size(stored.fields), 1);
	assert_int_equal(
		json_integer_value(json_object_get(stored.fields, "exit_code")),
		3);
}

/* Each artifact gets a unique name, whatever the API's names are. */
static void test_artifact_names(void **state)
{
	static const char *const expected[] = { "a", "artifact-3", "artifact-4",
		"%2E.", "artifact-5", "artifact-6", "x%2Fy", "b", "c%1B[1m%0Ad",
		"artifact-10", "artifact-11" };
	(void)state;

	assert_int_equal(
		take("{\"artifacts\":[{\"name\":\"a\",\"data\":\"YQ==\"},"
		     "{\"name\":\"artifact-3\"},{\"name\":\"a\"},"
		     "{\"filename\":\"..\"},{},7,{\"name\":\"x/y\"},"
		     "{\"filename\":\"b\",\"name\":\"a\"},"
		     "{\"filename\":\"c\\u001b[1m\\nd\"},"
		     "{\"filename\":\"b\"},{\"filename\":\"artifact-11\"}]}",
			true),
		0);
	assert_int_equal(stored.artifact_count, 11);
	for (size_t i = 0; i < 11; i++)
		assert_string_equal(stored.artifacts[i].name, expected[i]);
	assert_int_equal(stored.artifacts[0].size, 1);
	assert_file("7.artifact.0", "a");
	job_store_swap_artifacts(&fixture.core.state, 7, 1, 0);
	assert_file("7.artifact.1", "a");
	assert_false(fixture_has(&fixture, "7.artifact.0"));
	job_store_remove(&fixture.core, 7, 11);
	assert_false(fixture_has(&fixture, "7.artifact.1"));
	assert_false(fixture_has(&fixture, "7.answer"));
}

#define ELF "f0VMRgIBAQ=="

/* A compiled program is named like its source, and is stored once. */
static void test_compiled(void **state)
{
	static const char *const expected[] = { "p", "p.wasm", "artifact-3",
		"tool" };
	(void)state;

	assert_int_equal(
		take("{\"artifacts\":["
		     "{\"filename\":\"a.out\",\"content_base64\":\"" ELF
		     "\"},{\"filename\":\"p\",\"data\":\"YQ==\"},"
		     "{\"filename\":\"tool\",\"content\":"
		     "\"f0VMRgIBAQM=\"}],\"artifact\":{\"type\":\"base64\","
		     "\"filename\":\"a.out\",\"data\":\"" ELF
		     "\"},\"wasm_artifact\":{\"type\":\"base64\","
		     "\"filename\":\"x\",\"data\":\"AGFzbQ==\"}}",
			true),
		0);
	assert_int_equal(stored.artifact_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(stored.artifacts[i].name, expected[i]);
		assert_int_equal(stored.artifacts[i].is_program, i % 3 == 0);
	}
	assert_null(stored.missing);
	assert_int_equal(json_object_size(stored.fields), 0);
}

/* An error message in place of an artifact does not become a file. */
static void test_missing(void **state)
{
	static const char *const expected[] = { "too large", "q: lost",
		"the API does not say why it is missing" };
	(void)state;

	assert_int_equal(take("{\"artifact\":{\"type\":\"error\",\"error\":"
			      "\"too large\"},\"wasm_artifact\":null,"
			      "\"artifacts\":[{\"name\":\"q\",\"error\":"
			      "\"lost\"},{\"type\":\"error\"},{\"name\":\"ok\","
			      "\"type\":\"text/plain\",\"data\":\"YQ==\","
			      "\"error\":null}]}",
				 true),
		0);
	assert_int_equal(stored.artifact_count, 1);
	assert_string_equal(stored.artifacts[0].name, "ok");
	assert_int_equal(json_array_size(stored.missing), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(
			json_string_value(json_array_get(stored.missing, i)),
			expected[i]);
}

struct thousand {
	json_t *answer;
	pthread_mutex_t gate;
	bool is_behind_first; /* the task behind it did not have to wait */
};

static void store_thousand(void *ctx)
{
	struct thousand *thousand = ctx;

	const struct storing storing = { .state = &fixture.core.state,
		.worker = fixture.core.recorder,
		.number = 7,
		.is_durable = true };

	pthread_mutex_lock(&thousand->gate);
	job_store_answer(&storing, thousand->answer, &stored);
	pthread_mutex_unlock(&thousand->gate);
}

static void look_behind(void *ctx)
{
	struct thousand *thousand = ctx;

	thousand->is_behind_first = !fixture_has(&fixture, "7.artifact.999");
}

/* They are synced together, and the worker does other tasks meanwhile. */
static void test_many_artifacts(void **state)
{
	struct thousand thousand = { .gate = PTHREAD_MUTEX_INITIALIZER };
	json_t *list = json_array();

	(void)state;
	for (int i = 0; i < 1000; i++)
		json_array_append_new(list,
			json_pack("{s:s s:s}", "filename", "same", "data",
				"eA=="));
	thousand.answer = json_pack("{s:o}", "artifacts", list);
	forget_stored();
	syncs = 0;
	fixture.core.recorder = worker_new();
	pthread_mutex_lock(&thousand.gate);
	worker_submit(fixture.core.recorder, store_thousand, NULL, &thousand);
	worker_submit(fixture.core.recorder, look_behind, NULL, &thousand);
	pthread_mutex_unlock(&thousand.gate);
	worker_free(fixture.core.recorder);
	fixture.core.recorder = NULL;
	json_decref(thousand.answer);
	assert_true(thousand.is_behind_first);
	assert_int_equal(stored.err, 0);
	assert_int_equal(stored.artifact_count, 1000);
	assert_string_equal(stored.artifacts[0].name, "same");
	assert_string_equal(stored.artifacts[999].name, "artifact-1000");
	assert_file("7.artifact.999", "x");
	assert_in_range(syncs, 1, 10);
}

/* By the recorder; those that it does not get to are left to the next start. */
static void test_many_are_removed(void **state)
{
	(void)state;
	test_many_artifacts(state);
	fixture.core.recorder = worker_new();
	unlinks = 0;
	job_store_remove(&fixture.core, 7, 1000);
	assert_true(fixture_has(&fixture, "7.artifact.999"));
	fixture.core.api = (struct api *)&fixture; /* the mount goes on */
	job_store_remove(&fixture.core, 7, 1000);
	assert_in_range(unlinks, 1, 20);
	worker_free(fixture.core.recorder);
	fixture.core.recorder = NULL;
	fixture.core.api = NULL;
	assert_false(fixture_has(&fixture, "7.artifact.0"));
	assert_false(fixture_has(&fixture, "7.artifact.999"));
}

static void test_errors(void **state)
{
	struct state none = { .jobs_fd = -1 };
	struct storing storing = {
		.state = &none, .number = 7, .is_durable = true
	};
	json_t *answer = json_object();
	(void)state;

	job_store_answer(&storing, answer, &stored);
	assert_int_equal(stored.err, -EBADF);
	forget_stored();
	json_t *list = json_array();
	for (unsigned i = 0; i < 10001; i++)
		json_array_append_new(list, json_null());
	json_object_set_new(answer, "artifacts", list);
	storing.state = &fixture.core.state;
	job_store_answer(&storing, answer, &stored);
	assert_int_equal(stored.err, 0);
	assert_int_equal(stored.artifact_count, 10000);
	json_decref(answer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_output),
		CASE(test_syncs),
		CASE(test_apart),
		CASE(test_apart_from_little_or_much),
		CASE(test_fields),
		CASE(test_artifact_names),
		CASE(test_compiled),
		CASE(test_missing),
		CASE(test_many_artifacts),
		CASE(test_many_are_removed),
		CASE(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
