/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/job_reader.c - poll handles are notified once, and freed
 */
#include "tests/unit/fs/jobs/fixture.h"

#include <poll.h>

/* The Makefile wraps what is called __wrap_ here. */
int __wrap_fuse_lowlevel_notify_poll(struct fuse_pollhandle *handle);
void __wrap_fuse_pollhandle_destroy(struct fuse_pollhandle *handle);

/* A handle is the address of one of these. */
static struct {
	char notified, destroyed;
} handles[3];

static struct fuse_pollhandle *handle_at(unsigned i)
{
	return (struct fuse_pollhandle *)&handles[i];
}

int __wrap_fuse_lowlevel_notify_poll(struct fuse_pollhandle *handle)
{
	((char *)handle)[0]++;
	return 0;
}

void __wrap_fuse_pollhandle_destroy(struct fuse_pollhandle *handle)
{
	((char *)handle)[1]++;
}

static void assert_handles(char notified, char destroyed)
{
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(handles[i].notified, notified);
		assert_int_equal(handles[i].destroyed, destroyed);
	}
}

static struct fixture fixture;

static int setup(void **state)
{
	memset(handles, 0, sizeof(handles));
	fixture_open(&fixture);
	assert_int_equal(jobs_load(&fixture.core), 0);
	*state = job_new(&fixture.core);
	assert_non_null(*state);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(
			job_poll(*state, handle_at(i)), POLLOUT | POLLWRNORM);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
	return 0;
}

static void test_change(void **state)
{
	struct job *job = *state;

	assert_int_equal(job->watchers, 4); /* three, and poller_asked */
	assert_int_equal(job->watching_output, 4);
	assert_handles(0, 0);
	job_notify(job);
	assert_handles(1, 1);
	job_notify(job);
	assert_handles(1, 1);
	fixture.core.now_ms += 3000;
	timers_fire(&fixture.core.timers, fixture.core.now_ms);
	assert_int_equal(job->watchers, 0);
	assert_int_equal(job->watching_output, 0);
}

static void test_removal(void **state)
{
	job_remove(*state);
	assert_handles(1, 1);
}

/* The FUSE session has ended, so handles are freed and not notified. */
static void test_end_of_the_mount(void **state)
{
	(void)state;
	jobs_clear(&fixture.core);
	assert_handles(0, 1);
	jobs_init(&fixture.jobs, &fixture.core);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_change),
		CASE(test_removal),
		CASE(test_end_of_the_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
