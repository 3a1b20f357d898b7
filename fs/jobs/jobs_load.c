/* SPDX-License-Identifier: MIT */
/* fs/jobs/jobs_load.c - the jobs that a start finds in the state directory */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

enum { RECORD_MAX = 16 << 20 };

/* The files of a job whose record is damaged get this before their names. They
 * are never read again, and their number is not given to another job. */
static const char damaged[] = "damaged-";

/* The number in the name of a job's file, and what follows it; 0 if the file is
 * not ours. */
static uint64_t file_number(const char *name, const char **suffix)
{
	size_t digits = strspn(name, "0123456789");

	*suffix = name + digits;
	return *name != '0' && digits && digits < 19 && **suffix
		? strtoull(name, NULL, 10)
		: 0;
}

static void put_aside(struct core *core, const char *name)
{
	char aside[NAME_MAX + sizeof(damaged)];

	snprintf(aside, sizeof(aside), "%s%s", damaged, name);
	renameat(core->state.jobs_fd, name, core->state.jobs_fd, aside);
}

static void number_is_used(struct core *core, uint64_t number)
{
	if (number >= core->jobs->next_number)
		core->jobs->next_number = number + 1;
}

static void tell_damaged(struct core *core, const char *name, int err)
{
	char why[PATH_MAX + 200];

	snprintf(why, sizeof(why),
		"the record is damaged; all files of the job are kept in "
		"%s/jobs as %s%.*s.*",
		core->state.path, damaged, (int)strcspn(name, "."), name);
	log_line(LOG_ERR, "jobs/%s: %s", name, why);
	errors_add(core->errors, &core->now, "START", name, 0, err, why);
}

/* So many records that the catalog might have had are read again and again. */
enum { UNCATALOGUED_MAX = 256 };

/* The numbers of files, and room for the record that is being read. */
struct found {
	struct numbers {
		uint64_t *all;
		size_t count, room;
	} records, lasts, others;
	struct stamp *stamps; /* of the records */
	struct catalog catalog;
	unsigned uncatalogued;
	char *text;
	size_t text_room;
};

static void found_clear(struct found *found)
{
	free(found->records.all);
	free(found->lasts.all);
	free(found->others.all);
	free(found->stamps);
	free(found->text);
	catalog_close(&found->catalog);
}

/* All of a file in found->text, and a NUL. A short read is the end of it: this
 * saves two system calls for each of thousands of records. */
static int read_text(struct found *found, int fd, size_t *len)
{
	*len = 0;
	for (;;) {
		if (*len + 1 >= found->text_room) {
			size_t room = 2 * found->text_room + 4096;
			char *more = room > RECORD_MAX
				? NULL
				: realloc(found->text, room);
			if (!more)
				return room > RECORD_MAX ? -EFBIG : -ENOMEM;
			found->text = more;
			found->text_room = room;
		}
		size_t room = found->text_room - *len - 1;
		ssize_t n = read(fd, found->text + *len, room);
		if (n < 0)
			return -errno;
		*len += n;
		found->text[*len] = '\0';
		if ((size_t)n < room)
			return 0;
	}
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int read_named(struct core *core, struct found *found, uint64_t number,
	const char *name)
{
	size_t len = 0;
	struct job *job;
	int fd = openat(core->state.jobs_fd, name,
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	int err = fd < 0 ? -errno : read_text(found, fd, &len);

	if (fd >= 0)
		close(fd);
	return err ? err
		   : job_from_record(core, number, found->text, len, &job);
}

/* Forgets a job whose record is there, but not its output. */
static int check_last(struct job *job)
{
	int err = job->hash ? job_check_output(job) : 0;

	if (err)
		job_forget(job);
	return err;
}

/* A power cut can leave only a part of NAME.last. If it is whole, it is made
 * durable as NAME, since the next write replaces it. */
static int read_last(struct core *core, struct found *found, uint64_t number,
	const char *name)
{
	char last[NAME_MAX + 1];

	state_last_name(last, name);
	int err = read_named(core, found, number, last);
	if (!err)
		err = check_last(job_by_number(core, number));
	if (is_shortage(err))
		return err;
	if (err || !state_keep_last(core->state.jobs_fd, name))
		unlinkat(core->state.jobs_fd, last, 0);
	return err;
}

static int read_whole(struct core *core, struct found *found, uint64_t number)
{
	struct record_name name = job_record_name(number);
	int err = read_named(core, found, number, name.text);

	if (!err || is_shortage(err))
		return err;
	number_is_used(core, number);
	if (err == -ENOENT) /* the job's first record was never durable */
		return 0;
	put_aside(core, name.text);
	tell_damaged(core, name.text, err);
	return 0;
}

static int read_uncatalogued(
	struct core *core, struct found *found, struct stamp *stamp)
{
	uint64_t number = stamp->number;
	struct job *job;

	stamp_take(stamp, &core->state);
	int err = catalog_job(&found->catalog, core, stamp, &job);
	if (err || job)
		return err;
	err = read_whole(core, found, number);
	job = err ? NULL : job_by_number(core, number);
	found->uncatalogued += job && catalog_takes(job);
	return err;
}

static int read_record(
	struct core *core, struct found *found, struct stamp *stamp)
{
	uint64_t number = stamp->number;
	struct numbers *lasts = &found->lasts;
	bool has_last = lasts->count &&
		bsearch(&number, lasts->all, lasts->count, sizeof(number),
			compare_numbers);

	if (has_last) {
		struct record_name name = job_record_name(number);
		int err = read_last(core, found, number, name.text);
		if (!err || is_shortage(err))
			return err;
	}
	return read_uncatalogued(core, found, stamp);
}

static int number_add(struct numbers *numbers, uint64_t number)
{
	if (numbers->count == numbers->room) {
		size_t room = numbers->room ? 2 * numbers->room : 256;
		uint64_t *more =
			reallocarray(numbers->all, room, sizeof(*numbers->all));
		if (!more)
			return -ENOMEM;
		numbers->all = more;
		numbers->room = room;
	}
	numbers->all[numbers->count++] = number;
	return 0;
}

/* Each number once. */
static void numbers_sort(struct numbers *numbers)
{
	size_t count = 0;

	if (numbers->count)
		qsort(numbers->all, numbers->count, sizeof(uint64_t),
			compare_numbers);
	for (size_t i = 0; i < numbers->count; i++)
		if (!i || numbers->all[i] != numbers->all[i - 1])
			numbers->all[count++] = numbers->all[i];
	numbers->count = count;
}

/* What a killed daemon left. */
static bool is_temporary(const char *suffix)
{
	const char *dot = strrchr(suffix, '.');

	return dot && !strcmp(dot, ".tmp");
}

/* Records are read in the order of their numbers, other files are swept after
 * all of them. */
static int find_files(struct core *core, DIR *stream, struct found *found)
{
	const size_t skipped = sizeof(damaged) - 1;
	const struct dirent *entry;
	const char *suffix;
	int err = 0;

	while (!err && (entry = dir_next(stream))) {
		bool is_aside = !strncmp(entry->d_name, damaged, skipped);
		uint64_t number = file_number(
			entry->d_name + (is_aside ? skipped : 0), &suffix);
		if (is_aside)
			number_is_used(core, number);
		if (is_aside || !number)
			continue;
		if (is_temporary(suffix)) {
			unlinkat(core->state.jobs_fd, entry->d_name, 0);
			continue;
		}
		bool is_last = !strcmp(suffix, ".json.last");
		bool is_record = is_last || !strcmp(suffix, ".json");
		err = number_add(
			is_record ? &found->records : &found->others, number);
		if (!err && is_last)
			err = number_add(&found->lasts, number);
	}
	if (!err && !entry && errno)
		err = -errno;
	numbers_sort(&found->records);
	numbers_sort(&found->lasts);
	return err;
}

/* A file without a record is of a foreign job, or was left by a kill. If its
 * record is damaged, it is put aside, too. */
static void sweep_file(struct core *core, const char *name, uint64_t number)
{
	char record[48];

	if (job_by_number(core, number))
		return;
	snprintf(record, sizeof(record), "%s%" PRIu64 ".json", damaged, number);
	if (faccessat(core->state.jobs_fd, record, F_OK, 0))
		unlinkat(core->state.jobs_fd, name, 0);
	else
		put_aside(core, name);
}

/* Only if there is one is the directory read a second time. */
static void sweep_files(
	struct core *core, DIR *stream, const struct numbers *others)
{
	const struct dirent *entry;
	const char *suffix;
	size_t i = 0;

	while (i < others->count && job_by_number(core, others->all[i]))
		i++;
	if (i == others->count)
		return;
	rewinddir(stream);
	while ((entry = dir_next(stream))) {
		uint64_t number = file_number(entry->d_name, &suffix);
		if (number)
			sweep_file(core, entry->d_name, number);
	}
}

static int read_records(struct core *core, struct found *found)
{
	size_t count = found->records.count;
	int err = 0;

	found->stamps = calloc(count + 1, sizeof(*found->stamps));
	if (!found->stamps)
		return -ENOMEM;
	catalog_open(&found->catalog, &core->state);
	for (size_t i = 0; !err && i < count; i++) {
		found->stamps[i].number = found->records.all[i];
		err = read_record(core, found, &found->stamps[i]);
	}
	if (!err && found->uncatalogued > UNCATALOGUED_MAX)
		catalog_write(core, found->stamps, count);
	return err;
}

static int read_directory(struct core *core)
{
	DIR *stream = dir_stream(core->state.jobs_fd, ".");
	struct found found = { 0 };
	int err;

	if (!stream)
		return -errno;
	err = find_files(core, stream, &found);
	if (!err)
		err = read_records(core, &found);
	if (!err)
		sweep_files(core, stream, &found.others);
	found_clear(&found);
	closedir(stream);
	return err;
}

/* The copy of the program may have been cut off, with a save that had not
 * returned. */
static void code_check(struct job *job)
{
	struct stat st;
	int fd = !job->has_code ? -ENOENT
				: job_open_file(&job->core->state, job->number,
					  "code", O_RDONLY);

	job->has_code = fd >= 0 && !fstat(fd, &st) &&
		(uint64_t)st.st_size == job->code_size;
	if (fd >= 0)
		close(fd);
}

/* A request that was under way may have been carried out, so it is not sent
 * again; a job with an id is polled. */
static void job_resume(struct job *job)
{
	job->hash = 0; /* what it names is durable */
	if (job->session && job->wanted) {
		job->wanted = 0;
		job_fail(job, job->err, JOB_LOST, "there was no room for it");
	}
	if (job_is_final(job))
		return;
	if (job->id) {
		poller_add(job);
		return;
	}
	code_check(job);
	job_fail(job, -ECONNABORTED, JOB_UNKNOWN,
		"the mount ended before the result came");
}

int jobs_load(struct core *core)
{
	struct job *job;
	int err = jobs_read_names(core);

	if (!err)
		err = read_directory(core);
	if (err)
		return err;
	core->jobs->is_loaded = true;
	TAILQ_FOREACH(job, &core->jobs->all, link)
	{
		job_resume(job);
	}
	return jobs_list_ended(core);
}
