/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/jobs.c - the jobs that a start finds */
#include <inttypes.h>

#include "tests/unit/fs/jobs/fixture.h"

enum { MANY = 40000 };

static const char completed[] =
	"{\"status\":\"completed\",\"err\":0,\"async\":true,\"accepted\":true,"
	"\"detail\":true,\"inode\":0,\"code\":7,\"answer\":100,"
	"\"output\":[6,0],\"id\":\"%s\",\"created\":[1764379000,5],"
	"\"changed\":[1764379001,6],\"artifacts\":[],\"fields\":{"
	"\"job_id\":\"%s\",\"status\":\"completed\",\"exit_code\":0,"
	"\"language\":\"bash\",\"total_time_ms\":12}}";

static void write_completed(struct fixture *fixture, unsigned number)
{
	char name[32], id[32], text[600];

	snprintf(id, sizeof(id), "job-%u", number);
	snprintf(name, sizeof(name), "%u.json", number);
	snprintf(text, sizeof(text), completed, id, id);
	fixture_record(fixture, name, text);
}

/* Every second record has a file beside it, and 1,000 files have no record. The
 * fixture is to be closed. Returns milliseconds of CPU time. */
static uint64_t load_many(struct fixture *fixture, unsigned count)
{
	fixture_open(fixture);
	/* Not in order, since directories are not listed in order. */
	for (unsigned i = 0; i < count; i++) {
		unsigned number = 1 + (i * 7919u) % count;
		char name[32];
		write_completed(fixture, number);
		snprintf(name, sizeof(name), "%u.stdout",
			i < 1000 ? count + 1 + i : number);
		if (i % 2 || i < 1000)
			fixture_write(fixture, name, "output");
	}
	uint64_t began = cpu_ms();
	assert_int_equal(jobs_load(&fixture->core), 0);
	uint64_t took = cpu_ms() - began;
	print_message(
		"%u jobs loaded in %u ms of CPU time\n", count, (unsigned)took);
	return took;
}

/* A search for each job would take 16 times as long for 4 times as many. */
static void test_many(void **state)
{
	struct fixture fixture;
	uint64_t before = 0;
	struct job *job;
	(void)state;

	uint64_t few = load_many(&fixture, MANY / 4);
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
	uint64_t took = load_many(&fixture, MANY);
	assert_true(took < 10 * few + 100);
	TAILQ_FOREACH(job, &fixture.jobs.all, link)
	{
		assert_int_equal(job->number, ++before);
	}
	assert_int_equal(before, MANY);
	assert_int_equal(fixture.jobs.next_number, MANY + 1);
	assert_ptr_equal(job_by_id(&fixture.core, "job-1234"),
		job_by_number(&fixture.core, 1234));
	assert_null(job_by_number(&fixture.core, MANY + 1));
	assert_true(fixture_has(&fixture, "17.json"));
	assert_false(fixture_has(&fixture, "40001.stdout"));
	assert_false(fixture_has(&fixture, "41000.stdout"));
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
}

static bool record_says(struct fixture *fixture, const char *words)
{
	char text[1000] = "";
	int fd = openat(fixture->core.state.jobs_fd, "1.json.last", O_RDONLY);

	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strstr(text, words) != NULL;
}

static json_int_t exit_code(struct job *job)
{
	return json_integer_value(
		json_object_get(job_fields(job), "exit_code"));
}

/* A start does not parse fields, but a record that is written again has them. A
 * record may have them as an object. */
static void test_fields_are_parsed_when_needed(void **state)
{
	struct fixture fixture;
	struct job *job;
	(void)state;

	fixture_open(&fixture);
	fixture_record(&fixture, "1.json",
		"{\"status\":\"completed\",\"async\":true,"
		"\"fields\":{\"exit_code\":3,\"error\":\"\\u00e9\\n\"}}");
	for (int start = 0; start < 4; start++) {
		assert_int_equal(jobs_load(&fixture.core), 0);
		job = job_by_number(&fixture.core, 1);
		assert_int_equal(json_is_string(job->fields), start > 0);
		if (start % 2)
			assert_int_equal(exit_code(job), 3);
		assert_int_equal(job_store_record(job), 0);
		assert_int_equal(
			json_is_object(job->fields), start == 0 || start % 2);
		jobs_clear(&fixture.core);
		jobs_init(&fixture.jobs, &fixture.core);
	}
	assert_int_equal(jobs_load(&fixture.core), 0);
	job = job_by_number(&fixture.core, 1);
	assert_int_equal(exit_code(job), 3);
	assert_string_equal(
		json_string_value(json_object_get(job_fields(job), "error")),
		"\xc3\xa9\n");
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
}

static unsigned syncs;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	__atomic_add_fetch(&syncs, 1, __ATOMIC_RELAXED);
	return __real_fsync(fd);
}

/* A kill before the request may have truncated the copy of the program. */
static void test_code_is_whole_or_none(void **state)
{
	static const struct {
		const char *code;
		bool has_code;
	} cases[] = { { "echo", true }, { "ech", false }, { "", false },
		{ NULL, false } };
	struct fixture fixture;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fixture_open(&fixture);
		fixture_record(&fixture, "1.json",
			"{\"status\":\"pending\",\"code\":4}");
		if (cases[i].code)
			fixture_write(&fixture, "1.code", cases[i].code);
		assert_int_equal(jobs_load(&fixture.core), 0);
		const struct job *job = job_by_number(&fixture.core, 1);
		assert_int_equal(job->status, JOB_ERROR);
		assert_true(job->may_have_run);
		assert_int_equal(job->has_code, cases[i].has_code);
		jobs_clear(&fixture.core);
		fixture_close(&fixture);
	}
}

/* A power cut may leave the record of a result without the result. If the
 * result is complete, it is synced before the record is used. */
static void test_output_is_that_of_the_record(void **state)
{
	static const char stdout_text[] = "ran\n", answer[] = "{}",
			  file[] = "a";
	static const struct {
		const char *name, *text; /* NULL: the file is not there */
		bool is_taken;
	} cases[] = { { "1.stdout", stdout_text, true },
		{ "1.stdout", "rin\n", false }, { "1.stdout", "ran", false },
		{ "1.stdout", "ran\n\n", false }, { "1.stdout", "", false },
		{ "1.stdout", NULL, false }, { "1.stderr", NULL, true },
		{ "1.stderr", "e", false }, { "1.artifact.0", "b", false },
		{ "1.artifact.0", NULL, false }, { "1.answer", "{", false } };
	uint64_t hash = hash_bytes(HASH_START, stdout_text, 4);
	struct fixture fixture;
	char record[300];
	(void)state;

	hash = hash_bytes(hash_bytes(hash, file, 1), answer, 2);
	snprintf(record, sizeof(record),
		"{\"status\":\"completed\",\"output\":[4,0],\"answer\":2,"
		"\"artifacts\":[[\"x\",1,false]],\"hash\":%" PRId64 "}",
		(int64_t)hash);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fixture_open(&fixture);
		fixture_record(&fixture, "1.json", "{\"status\":\"pending\"}");
		fixture_record(&fixture, "1.json.last", record);
		fixture_write(&fixture, "1.stdout", stdout_text);
		fixture_write(&fixture, "1.stderr", "");
		fixture_write(&fixture, "1.artifact.0", file);
		fixture_write(&fixture, "1.answer", answer);
		unlinkat(fixture.core.state.jobs_fd, cases[i].name, 0);
		if (cases[i].text)
			fixture_write(&fixture, cases[i].name, cases[i].text);
		syncs = 0;
		assert_int_equal(jobs_load(&fixture.core), 0);
		const struct job *job = job_by_number(&fixture.core, 1);
		assert_int_equal(job->status,
			cases[i].is_taken ? JOB_COMPLETED : JOB_ERROR);
		if (cases[i].is_taken)
			assert_true(syncs >= 5);
		jobs_clear(&fixture.core);
		fixture_close(&fixture);
	}
}

/* Inode numbers are reused: an asynchronous job whose program is gone must not
 * be the job of another file after the next start. */
static void test_untied(void **state)
{
	static const char tied[] = "{\"status\":\"completed\",\"async\":true,"
				   "\"file\":4711,\"code\":-1}";
	struct fixture fixture;
	struct job *job;
	(void)state;

	fixture_open(&fixture);
	fixture_record(&fixture, "1.json", tied);
	assert_int_equal(jobs_load(&fixture.core), 0);
	assert_int_equal(jobs_tie(&fixture.core), 0);
	job = job_by_number(&fixture.core, 1);
	assert_non_null(job);
	assert_int_equal(job->file, 0);
	assert_true(record_says(&fixture, "\"file\":0"));

	fixture_record(&fixture, "1.json", tied);
	assert_int_equal(job_set_file(job, 4711), 0);
	job_detach(job);
	assert_true(record_says(&fixture, "\"file\":0"));
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
}

/* In a copy, only records that name a file are written again. */
static void test_copied(void **state)
{
	struct fixture fixture;
	(void)state;

	fixture_open(&fixture);
	fixture_record(&fixture, "1.json",
		"{\"status\":\"completed\",\"async\":true,\"file\":4711}");
	write_completed(&fixture, 2);
	assert_int_equal(jobs_load(&fixture.core), 0);
	fixture.core.state.is_copy = true;
	assert_int_equal(jobs_tie(&fixture.core), 0);
	assert_true(record_says(&fixture, "\"file\":0"));
	assert_false(fixture_has(&fixture, "2.json.last"));
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
}

/* Only our own temporary files are removed. */
static void test_temporary(void **state)
{
	static const struct {
		const char *name;
		int is_kept;
	} cases[] = { { "1.json", 1 }, { "1.json.tmp", 0 },
		{ "1.json.copy.tmp", 0 }, { "5.json.tmp", 0 }, { "tmp", 1 },
		{ ".tmp", 1 }, { "1.tmp.d", 1 } };
	enum { COUNT = sizeof(cases) / sizeof(*cases) };
	struct fixture fixture;
	(void)state;

	fixture_open(&fixture);
	for (size_t i = 0; i < COUNT; i++)
		fixture_write(&fixture, cases[i].name, "text");
	write_completed(&fixture, 1);
	assert_int_equal(jobs_load(&fixture.core), 0);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(
			fixture_has(&fixture, cases[i].name), cases[i].is_kept);
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
}

/* Damaged records are renamed, files that are not ours are kept. */
static void test_damaged(void **state)
{
	static const char *const damaged[] = { "", "{}", "[]", "7",
		"{\"status\":1}", "{\"status\":\"failed\",\"async\":1}",
		"{\"status\":\"failed\",\"artifacts\":[7]}" };
	static const char *const others[] = { "notes", "0.json", "03.stdout",
		"-3.stdout", "99999999999999999999.stdout" };
	enum { COUNT = sizeof(damaged) / sizeof(*damaged) };
	struct fixture fixture;
	char name[40];
	(void)state;

	fixture_open(&fixture);
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "%u.json", 10 + i);
		fixture_record(&fixture, name, damaged[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		fixture_write(&fixture, others[i], "text");
	fixture_write(&fixture, "10.code", "text");
	fixture_write(&fixture, "8.code", "text");
	write_completed(&fixture, 9);
	state_write(fixture.core.state.fd, "names.json", "{\"next\":", 8);
	for (unsigned start = 0; start < 2; start++) {
		assert_int_equal(jobs_load(&fixture.core), 0);
		assert_int_equal(TAILQ_FIRST(&fixture.jobs.all)->number, 9);
		assert_null(TAILQ_NEXT(TAILQ_FIRST(&fixture.jobs.all), link));
		for (unsigned i = 0; i < COUNT; i++) {
			snprintf(name, sizeof(name), "damaged-%u.json", 10 + i);
			assert_true(fixture_has(&fixture, name));
			assert_false(fixture_has(&fixture, name + 8));
		}
		for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
			assert_true(fixture_has(&fixture, others[i]));
		assert_true(fixture_has(&fixture, "damaged-10.code"));
		assert_false(fixture_has(&fixture, "10.code"));
		assert_int_equal(fixture.jobs.next_number, 10 + COUNT);
		assert_false(fixture_has(&fixture, "8.code"));
		jobs_clear(&fixture.core);
		jobs_init(&fixture.jobs, &fixture.core);
	}
	fixture_close(&fixture);
}

/* If any bit of a record is flipped, the job's files are kept, and its number
 * is not used again. */
static void test_flipped(void **state)
{
	char text[1000], *good;
	struct fixture fixture;
	size_t len;
	(void)state;

	fixture_open(&fixture);
	write_completed(&fixture, 3);
	assert_int_equal(state_read(fixture.core.state.jobs_fd, "3.json", 1000,
				 &good, &len),
		0);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(text, good, len + 1);
		text[bit / 8] ^= 1 << bit % 8;
		int fd = openat(fixture.core.state.jobs_fd, "3.json",
			O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, text, len), len);
		close(fd);
		fixture_write(&fixture, "3.stdout", "output");
		fixture_write(&fixture, "3.artifact.0", "artifact");
		assert_int_equal(jobs_load(&fixture.core), 0);
		assert_true(TAILQ_EMPTY(&fixture.jobs.all));
		assert_int_equal(fixture.jobs.next_number, 4);
		assert_true(fixture_has(&fixture, "damaged-3.json"));
		assert_true(fixture_has(&fixture, "damaged-3.stdout"));
		assert_true(fixture_has(&fixture, "damaged-3.artifact.0"));
		unlinkat(fixture.core.state.jobs_fd, "damaged-3.json", 0);
		unlinkat(fixture.core.state.fd, "names.json", 0);
		jobs_clear(&fixture.core);
		jobs_init(&fixture.jobs, &fixture.core);
	}
	free(good);
	fixture_close(&fixture);
}

/* Runs that were under way when the mount ended. */
static void test_resumed(void **state)
{
	struct fixture fixture;
	(void)state;

	fixture_open(&fixture);
	fixture_record(&fixture, "1.json",
		"{\"status\":\"running\",\"accepted\":true}");
	fixture_record(&fixture, "2.json",
		"{\"status\":\"running\",\"async\":true,\"accepted\":true,"
		"\"id\":\"a\"}");
	fixture_record(
		&fixture, "3.json", "{\"status\":\"pending\",\"async\":true}");
	for (unsigned start = 0; start < 2; start++) {
		assert_int_equal(jobs_load(&fixture.core), 0);
		for (uint64_t number = 1; number <= 3; number += 2) {
			struct job *job = job_by_number(&fixture.core, number);
			assert_int_equal(job->status, JOB_ERROR);
			assert_int_equal(job->err, -ECONNABORTED);
			assert_non_null(strstr(job->error, "may have run"));
			assert_null(strstr(job->error, "again"));
			assert_false(job->is_active);
		}
		assert_true(job_by_id(&fixture.core, "a")->is_active);
		assert_int_equal(fixture.jobs.next_number, 4);
		jobs_clear(&fixture.core);
		jobs_init(&fixture.jobs, &fixture.core);
	}
	fixture_close(&fixture);
}

/* Aliases and the ids of removed jobs are stored for the next mount. */
static void test_names(void **state)
{
	struct fixture fixture;
	char id[16];
	(void)state;

	fixture_open(&fixture);
	fixture.core.epoch.tv_sec = 5;
	assert_int_equal(jobs_load(&fixture.core), 0);
	assert_int_equal(fixture.jobs.changed.tv_sec, 5);
	fixture.core.now.tv_sec = 77;
	struct job *job = job_new(&fixture.core);
	assert_int_equal(jobs_set_alias(&fixture.core, "a\xff", job), 0);
	assert_int_equal(jobs_set_alias(&fixture.core, "b", job), 0);
	jobs_drop_alias(&fixture.core, "b");
	jobs_drop_alias(&fixture.core, "none");
	for (unsigned i = 0; i < 1001; i++) {
		snprintf(id, sizeof(id), "%u", i);
		jobs_forget(&fixture.core, id);
	}
	jobs_clear(&fixture.core);
	jobs_init(&fixture.jobs, &fixture.core);
	assert_int_equal(jobs_load(&fixture.core), 0);
	assert_int_equal(fixture.jobs.changed.tv_sec, 77);
	assert_int_equal(fixture.jobs.next_number, 2);
	assert_int_equal(json_object_size(fixture.jobs.aliases), 1);
	assert_false(job_is_forgotten(&fixture.core, "0")); /* the oldest */
	assert_true(job_is_forgotten(&fixture.core, "1"));
	assert_true(job_is_forgotten(&fixture.core, "1000"));
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_fields_are_parsed_when_needed),
		cmocka_unit_test(test_code_is_whole_or_none),
		cmocka_unit_test(test_output_is_that_of_the_record),
		cmocka_unit_test(test_untied),
		cmocka_unit_test(test_copied),
		cmocka_unit_test(test_temporary),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
