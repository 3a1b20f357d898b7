/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/fixture.h - the jobs of a mount that has nothing else */
#ifndef TESTS_UNIT_FS_JOBS_FIXTURE_H
#define TESTS_UNIT_FS_JOBS_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

/* A state directory with jobs/ alone, and no saved files. */
struct fixture {
	struct core core;
	struct jobs jobs;
	struct options options;
	struct files_options files_options;
	char path[64];
};

static inline void fixture_open(struct fixture *fixture)
{
	struct core *core = &fixture->core;
	char path[80];

	memset(fixture, 0, sizeof(*fixture));
	snprintf(fixture->path, sizeof(fixture->path),
		"%s/unsandboxfs-jobs-XXXXXX",
		access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(fixture->path));
	snprintf(path, sizeof(path), "%s/jobs", fixture->path);
	assert_int_equal(mkdir(path, 0700), 0);
	core->state.fd = open(fixture->path, O_RDONLY | O_DIRECTORY);
	core->state.jobs_fd = open(path, O_RDONLY | O_DIRECTORY);
	core->state.lock_fd = -1;
	assert_true(core->state.fd >= 0 && core->state.jobs_fd >= 0);
	strcpy(core->state.path, fixture->path);
	core->options = &fixture->options;
	fixture->options.keep_jobs = 1 << 20;
	core->errors = errors_new();
	assert_non_null(core->errors);
	assert_int_equal(files_open(core->state.fd, fixture->path,
				 &fixture->files_options, &core->files),
		0);
	TAILQ_INIT(&core->timers);
	TAILQ_INIT(&core->ready);
	TAILQ_INIT(&core->parked);
	core->now_ms = 1000000;
	jobs_init(&fixture->jobs, core);
}

/* Removes the directory. If jobs were loaded, call jobs_clear first. */
static inline void fixture_close(struct fixture *fixture)
{
	char command[100];

	files_close(fixture->core.files);
	errors_free(fixture->core.errors);
	close(fixture->core.state.jobs_fd);
	close(fixture->core.state.fd);
	snprintf(command, sizeof(command), "rm -rf %s", fixture->path);
	assert_int_equal(system(command), 0);
}

/* Writes a file in jobs/. */
static inline void fixture_write(
	struct fixture *fixture, const char *name, const char *text)
{
	int fd = openat(fixture->core.state.jobs_fd, name,
		O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Writes a record with its hash. */
static inline void fixture_record(
	struct fixture *fixture, const char *name, const char *text)
{
	char sealed[1000];

	snprintf(sealed, sizeof(sealed), "%s\n%016llx\n", text,
		(unsigned long long)hash_bytes(HASH_START, text, strlen(text)));
	fixture_write(fixture, name, sealed);
}

static inline int fixture_has(const struct fixture *fixture, const char *name)
{
	return faccessat(fixture->core.state.jobs_fd, name, F_OK, 0) == 0;
}

static inline uint64_t cpu_ms(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* For tests that have a setup() and a teardown(). */
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
