/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/catalog.c - the catalog replaces reading records at start
 */
#include "tests/unit/alloc_fail.h"
#include "tests/unit/fs/jobs/fixture.h"

/* More than the few records that are read at each start. */
enum { JOBS = 300 };

static const char file[] = "catalog.last";

static unsigned records_read;

/* The Makefile wraps what is called __wrap_ here. */
int __real_job_from_record(struct core *core, uint64_t number, const char *text,
	size_t len, struct job **out);
int __wrap_job_from_record(struct core *core, uint64_t number, const char *text,
	size_t len, struct job **out);

int __wrap_job_from_record(struct core *core, uint64_t number, const char *text,
	size_t len, struct job **out)
{
	records_read++;
	return __real_job_from_record(core, number, text, len, out);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

char *__wrap_strdup(const char *text)
{
	return alloc_fails() ? NULL : __real_strdup(text);
}

/* All kinds of records; the catalog takes the first PLAIN of them. */
enum { PLAIN = 6 };
static const char *const kinds[] = {
	"{\"status\":\"completed\",\"async\":true,\"accepted\":true,"
	"\"detail\":true,\"file\":0,\"code\":7,\"answer\":100,\"output\":[6,2],"
	"\"id\":\"job-%u\",\"created\":[1764379000,5],"
	"\"changed\":[1764379001,6],\"path\":\"jobs/new//a\\u00e9.sh\","
	"\"fields\":\"{\\\"exit_code\\\":3,\\\"text\\\":\\\"\\u00e9\\\"}\"}",
	"{\"status\":\"error\",\"err\":-5,\"error\":\"no\\nroom\","
	"\"may_have_run\":true,\"wanted\":4096,\"async\":true}",
	"{\"status\":\"failed\",\"file\":77,\"code\":-1,\"output\":[0,0]}",
	"{\"status\":\"timeout\",\"id\":\"one id\",\"async\":true}",
	"{\"status\":\"cancelled\",\"path\":\"\",\"fields\":\"\"}",
	"{\"status\":\"completed\",\"code\":0}",
	"{\"status\":\"completed\",\"async\":true,\"fields\":{\"exit_code\":1}"
	"}",
	"{\"status\":\"completed\",\"async\":true,\"hidden\":{\"code\":true}}",
	"{\"status\":\"completed\",\"session\":\"id\"}",
	"{\"status\":\"failed\",\"artifacts\":[[\"a.o\",5,true]]}",
	"{\"status\":\"running\",\"id\":\"job-%u\",\"async\":true}",
	"{\"status\":\"pending\",\"code\":3}",
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static void write_record(struct fixture *fixture, unsigned number)
{
	char name[32], text[900];

	snprintf(name, sizeof(name), "%u.json", number);
	snprintf(text, sizeof(text), kinds[number % KINDS], number);
	fixture_record(fixture, name, text);
}

/* Loads all jobs and returns what was read, in their order. */
static char *start(struct fixture *fixture)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const struct job *job;

	jobs_init(&fixture->jobs, &fixture->core);
	records_read = 0;
	assert_int_equal(jobs_load(&fixture->core), 0);
	TAILQ_FOREACH(job, &fixture->jobs.all, link)
	{
		char name[64], *record = job_record(job, &len);
		job_name(job, name, sizeof(name));
		fprintf(out, "%s %s %s %d\n%s", name, job->key,
			job->id ? job->id : "-", job->is_stored, record);
		free(record);
	}
	fprintf(out, "%u ended", fixture->jobs.ended_count);
	jobs_clear(&fixture->core);
	fclose(out);
	return text;
}

/* Makes the catalog this many seconds younger than now. */
static void catalog_date(struct fixture *fixture, time_t seconds)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = time(NULL) + seconds } };

	assert_int_equal(utimensat(fixture->core.state.fd, file, times, 0), 0);
}

/* Waits until changes get a later time than those of the records. */
static void clock_wait(struct fixture *fixture)
{
	struct stat st = { 0 }, record;
	int jobs_fd = fixture->core.state.jobs_fd;

	assert_int_equal(fstatat(jobs_fd, "24.json", &record, 0), 0);
	do {
		fixture_write(fixture, "tick", "");
		assert_int_equal(fstatat(jobs_fd, "tick", &st, 0), 0);
	} while (st.st_ctim.tv_sec == record.st_ctim.tv_sec &&
		st.st_ctim.tv_nsec == record.st_ctim.tv_nsec);
}

static char *fixture_fill(struct fixture *fixture)
{
	fixture_open(fixture);
	for (unsigned i = 1; i <= JOBS * KINDS / PLAIN; i++)
		write_record(fixture, i);
	clock_wait(fixture);
	free(start(fixture)); /* jobs that were under way fail */
	catalog_date(fixture, -60);
	return start(fixture);
}

static void test_same(void **state)
{
	struct fixture fixture;
	(void)state;

	char *before = fixture_fill(&fixture);
	unsigned all = records_read;
	catalog_date(&fixture, 5);
	char *after = start(&fixture);
	assert_string_equal(after, before);
	assert_int_equal(records_read, all - JOBS);
	free(before);
	free(after);
	fixture_close(&fixture);
}

/* ---- a stale catalog ---- */

static void change_in_place(struct fixture *fixture)
{
	fixture_record(fixture, "24.json", "{\"status\":\"failed\"}");
}

static void change_a_byte(struct fixture *fixture)
{
	int fd = openat(fixture->core.state.jobs_fd, "24.json", O_RDWR);

	assert_int_equal(pwrite(fd, "8", 1, 80), 1);
	close(fd);
}

static void change_by_another(struct fixture *fixture)
{
	fixture_record(fixture, "other", "{\"status\":\"timeout\"}");
	assert_int_equal(renameat(fixture->core.state.jobs_fd, "other",
				 fixture->core.state.jobs_fd, "24.json"),
		0);
}

static void change_number(struct fixture *fixture)
{
	assert_int_equal(renameat(fixture->core.state.jobs_fd, "24.json",
				 fixture->core.state.jobs_fd, "9999.json"),
		0);
}

static void change_two_numbers(struct fixture *fixture)
{
	assert_int_equal(renameat2(fixture->core.state.jobs_fd, "24.json",
				 fixture->core.state.jobs_fd, "25.json",
				 RENAME_EXCHANGE),
		0);
}

static void change_last(struct fixture *fixture)
{
	fixture_record(fixture, "24.json.last", "{\"status\":\"failed\"}");
}

static void change_gone(struct fixture *fixture)
{
	assert_int_equal(
		unlinkat(fixture->core.state.jobs_fd, "24.json", 0), 0);
}

static void change_new(struct fixture *fixture)
{
	fixture_record(fixture, "9999.json", "{\"status\":\"failed\"}");
}

static void test_stale(void **state)
{
	static void (*const changes[])(
		struct fixture * fixture) = { change_in_place, change_a_byte,
		change_by_another, change_number, change_two_numbers,
		change_last, change_gone, change_new };
	struct fixture fixture;
	(void)state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		char *before = fixture_fill(&fixture);
		catalog_date(&fixture, 5);
		changes[i](&fixture);
		char *with = start(&fixture);
		assert_string_not_equal(with, before);
		unlinkat(fixture.core.state.fd, file, 0);
		char *without = start(&fixture);
		assert_string_equal(with, without);
		free(before);
		free(with);
		free(without);
		fixture_close(&fixture);
	}
}

/* A record can change twice in one tick of the disk's clock, so a catalog that
 * is not younger than its records is not used. */
static void test_written_too_early(void **state)
{
	struct fixture fixture;
	(void)state;

	char *before = fixture_fill(&fixture);
	unsigned all = records_read;
	catalog_date(&fixture, -60);
	char *after = start(&fixture);
	assert_int_equal(records_read, all);
	assert_string_equal(after, before);
	free(before);
	free(after);
	fixture_close(&fixture);
}

/* ---- an unusable catalog ---- */

static void test_damaged(void **state)
{
	static const struct {
		long at; /* from the end, if negative */
		bool is_cut;
	} cases[] = { { 0, true }, { 7, true }, { 16, true }, { 3000, true },
		{ -1, true }, { 0 }, { 8 }, { 16 }, { 24 }, { 56 }, { 60 },
		{ 5000 }, { -1 } };
	struct fixture fixture;
	(void)state;

	char *before = fixture_fill(&fixture);
	unsigned all = records_read;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int fd = openat(fixture.core.state.fd, file, O_RDWR);
		off_t at = cases[i].at;
		char byte = 0;
		if (at < 0)
			at += lseek(fd, 0, SEEK_END);
		if (cases[i].is_cut) {
			assert_int_equal(ftruncate(fd, at), 0);
		} else {
			assert_int_equal(pread(fd, &byte, 1, at), 1);
			byte ^= 4;
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		}
		close(fd);
		catalog_date(&fixture, 5);
		char *after = start(&fixture);
		assert_string_equal(after, before);
		assert_int_equal(records_read, all);
		free(after);
	}
	free(before);
	fixture_close(&fixture);
}

/* Either all jobs are loaded, or jobs_load fails. */
static void test_out_of_memory(void **state)
{
	struct fixture fixture;
	unsigned failed = 0;
	(void)state;

	char *before = fixture_fill(&fixture);
	json_set_alloc_funcs(__wrap_malloc, free);
	for (long at = 1; at < 3000; at += at < 100 ? 1 : 97) {
		catalog_date(&fixture, 5);
		jobs_init(&fixture.jobs, &fixture.core);
		alloc_fail_at = at;
		int err = jobs_load(&fixture.core);
		alloc_fail_at = 0;
		failed += err != 0;
		if (err)
			assert_int_equal(err, -ENOMEM);
		else
			assert_int_equal(
				HASH_CNT(by_number, fixture.jobs.by_number),
				JOBS * KINDS / PLAIN);
		jobs_clear(&fixture.core);
		char *after = start(&fixture);
		assert_string_equal(after, before);
		free(after);
	}
	json_set_alloc_funcs(malloc, free);
	assert_true(failed > 50);
	free(before);
	fixture_close(&fixture);
}

/* For a few records no catalog is written. */
static void test_few(void **state)
{
	struct fixture fixture;
	(void)state;

	fixture_open(&fixture);
	for (unsigned i = 1; i <= 200; i++)
		write_record(&fixture, i);
	free(start(&fixture));
	assert_int_equal(faccessat(fixture.core.state.fd, file, F_OK, 0), -1);
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_written_too_early),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
