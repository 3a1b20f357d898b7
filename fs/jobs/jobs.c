/* SPDX-License-Identifier: MIT */
/* fs/jobs/jobs.c - all jobs of a mount: their names, and reading them at start
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

enum { RECORD_MAX = 16 << 20, FORGOTTEN_MAX = 1000 };

static const char names_file[] = "names.json";

/* The file may be good: another start may read it. */
static bool is_shortage(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

/* ---- names ---- */

static json_t *object_member(const json_t *names, const char *name)
{
	json_t *member = json_object_get(names, name);

	return json_is_object(member) ? json_incref(member) : json_object();
}

/* If the file is damaged, aliases are lost, and removed jobs may show up. */
static int names_read(struct core *core)
{
	struct jobs *jobs = core->jobs;
	json_t *names = NULL;
	char *text;
	size_t len;
	int err =
		state_read(core->state.fd, names_file, RECORD_MAX, &text, &len);

	if (!err) {
		err = json_parse(text, len, &names);
		free(text);
	}
	if (is_shortage(err))
		return err;
	jobs->changed = core->epoch;
	json_to_timespec(json_object_get(names, "changed"), &jobs->changed);
	jobs->aliases = object_member(names, "aliases");
	jobs->forgotten = object_member(names, "forgotten");
	jobs->latest = json_integer_value(json_object_get(names, "latest"));
	uint64_t next = json_integer_value(json_object_get(names, "next"));
	if (next > jobs->next_number)
		jobs->next_number = next;
	json_decref(names);
	return jobs->aliases && jobs->forgotten ? 0 : -ENOMEM;
}

static void names_write(struct core *core)
{
	const struct jobs *jobs = core->jobs;
	size_t len;
	json_t *names = json_pack("{s:O s:O s:I s:I s:o}", "aliases",
		jobs->aliases, "forgotten", jobs->forgotten, "latest",
		(json_int_t)jobs->latest, "next", (json_int_t)jobs->next_number,
		"changed", json_from_timespec(&jobs->changed));
	char *text = names ? json_write(names, &len) : NULL;

	if (!text || state_write(core->state.fd, names_file, text, len, 0))
		log_line(LOG_ERR, "cannot write %s/%s", core->state.path,
			names_file);
	json_decref(names);
	free(text);
}

void jobs_touch(struct core *core)
{
	core->jobs->changed = core->now;
	names_write(core);
}

/* JSON objects keep their order: the first member is the oldest. */
void jobs_forget(struct core *core, const char *id)
{
	json_t *forgotten = core->jobs->forgotten;
	void *oldest = json_object_iter(forgotten);

	if (json_object_size(forgotten) >= FORGOTTEN_MAX && oldest)
		json_object_del(forgotten, json_object_iter_key(oldest));
	if (json_object_set_new(forgotten, id, json_true()))
		log_line(LOG_ERR, "out of memory: job %s is not hidden", id);
}

bool job_is_forgotten(const struct core *core, const char *id)
{
	return json_object_get(core->jobs->forgotten, id) != NULL;
}

int jobs_set_alias(struct core *core, const char *alias, const struct job *job)
{
	json_t *key = json_from_bytes(alias, strlen(alias));
	int err = json_object_set_new_nocheck(core->jobs->aliases,
		json_string_value(key), json_integer(job->number));

	json_decref(key);
	jobs_touch(core);
	return err ? -ENOMEM : 0;
}

void jobs_drop_alias(struct core *core, const char *alias)
{
	json_t *key = json_from_bytes(alias, strlen(alias));

	json_object_del(core->jobs->aliases, json_string_value(key));
	json_decref(key);
	jobs_touch(core);
}

/* ---- the state directory at start ---- */

/* What follows the number in the name of a job's file, "" if it is not ours. */
static const char *file_suffix(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return *name != '0' && digits && digits < 19 ? name + digits : "";
}

static int is_ours(const struct dirent *entry)
{
	return *file_suffix(entry->d_name) != '\0';
}

static bool is_record(const char *name)
{
	return !strcmp(file_suffix(name), ".json");
}

/* Records come before other files, in the order of their numbers. */
static int compare_files(const struct dirent **a, const struct dirent **b)
{
	bool is_first = is_record((*a)->d_name);

	if (is_first != is_record((*b)->d_name))
		return is_first ? -1 : 1;
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int read_record(struct core *core, const char *name)
{
	char *text, aside[NAME_MAX + 16];
	size_t len;
	struct job *job;
	int err =
		state_read(core->state.jobs_fd, name, RECORD_MAX, &text, &len);

	if (!err) {
		err = job_from_record(
			core, strtoull(name, NULL, 10), text, len, &job);
		free(text);
	}
	if (!err || is_shortage(err))
		return err;
	snprintf(aside, sizeof(aside), "%s.damaged", name);
	log_line(LOG_ERR, "%s/jobs/%s is damaged, renamed to %s: %s",
		core->state.path, name, aside, strerror(-err));
	renameat(core->state.jobs_fd, name, core->state.jobs_fd, aside);
	return 0;
}

/* Removes a file without a record, damaged or not: of a foreign job, or left by
 * a kill. */
static void sweep_file(struct core *core, const char *name)
{
	uint64_t number = strtoull(name, NULL, 10);
	char damaged[48];

	snprintf(damaged, sizeof(damaged), "%" PRIu64 ".json.damaged", number);
	if (!job_by_number(core, number) &&
		faccessat(core->state.jobs_fd, damaged, F_OK, 0))
		unlinkat(core->state.jobs_fd, name, 0);
}

static int read_directory(struct core *core)
{
	struct dirent **files;
	int err = 0;
	int count = scandirat(
		core->state.jobs_fd, ".", &files, is_ours, compare_files);

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		if (!err && is_record(files[i]->d_name))
			err = read_record(core, files[i]->d_name);
		else if (!err)
			sweep_file(core, files[i]->d_name);
		free(files[i]);
	}
	free(files);
	return err;
}

/* A request that was under way may have been carried out, so it is not sent
 * again; a job with an id is polled. */
static void job_resume(struct job *job)
{
	if (job_is_final(job))
		return;
	if (job->is_async && job->id) {
		poller_add(job);
		return;
	}
	job->status = JOB_ERROR;
	job->err = -ECONNABORTED;
	free(job->error);
	job->error = strdup("the mount ended before the result came; "
			    "the program may have run");
	job_store_record(job);
}

/* ---- all jobs ---- */

void jobs_init(struct jobs *jobs, struct core *core)
{
	memset(jobs, 0, sizeof(*jobs));
	TAILQ_INIT(&jobs->all);
	jobs->next_number = 1;
	core->jobs = jobs;
	runs_init(core);
	poller_init(core);
}

int jobs_load(struct core *core)
{
	struct job *job;
	int err = names_read(core);

	if (!err)
		err = read_directory(core);
	if (err)
		return err;
	core->jobs->is_loaded = true;
	TAILQ_FOREACH(job, &core->jobs->all, link)
	job_resume(job);
	return 0;
}

static void file_found(void *ctx, uint64_t number)
{
	struct job *job = job_of_file(ctx, number);

	if (job)
		job->has_file = true;
}

/* Nobody can say which files the results belonged to. */
static int jobs_untie(struct core *core)
{
	struct job *job, *next;
	int err = 0;

	log_line(LOG_NOTICE,
		"%s is a copy: results of programs in run/ are removed, as its "
		"files have other inode numbers",
		core->state.path);
	for (job = TAILQ_FIRST(&core->jobs->all); job && !err; job = next) {
		next = TAILQ_NEXT(job, link);
		job->file = 0;
		if (job->is_async)
			err = job_store_record(job);
		else
			job_remove(job);
	}
	return err;
}

/* The older of two jobs of a file is removed, unless jobs/ shows it. */
int jobs_tie(struct core *core)
{
	struct job *job, *next, *before;
	int err = 0;

	if (core->state.is_copy)
		err = jobs_untie(core);
	for (job = TAILQ_FIRST(&core->jobs->all); job && !err; job = next) {
		next = TAILQ_NEXT(job, link);
		if (!job->file)
			continue;
		before = job_of_file(core, job->file);
		err = job_set_file(job, job->file);
		if (before && !before->is_async)
			job_remove(before);
	}
	if (!err)
		err = files_walk(core->files, file_found, core);
	if (err == 1) /* a file may have been overlooked */
		return 0;
	for (job = TAILQ_FIRST(&core->jobs->all); job && !err; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->has_file || job->is_foreign)
			continue;
		if (!job->is_async)
			job_remove(job); /* its file has gone */
		else if (job->file)
			job_detach(job);
	}
	return err;
}

void jobs_clear(struct core *core)
{
	struct job *job;

	if (core->jobs->is_loaded)
		names_write(core);
	while ((job = TAILQ_FIRST(&core->jobs->all))) {
		if (job->is_foreign)
			job_store_remove(
				&core->state, job->number, job->artifact_count);
		job_set_file(job, 0); /* no directory changes by it */
		job_polls_clear(job);
		job_forget(job);
	}
	json_decref(core->jobs->aliases);
	json_decref(core->jobs->forgotten);
}
