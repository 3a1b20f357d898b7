/* SPDX-License-Identifier: MIT */
/* fs/jobs/jobs.c - all jobs of a mount: reading them at start, names, aliases
 */
#include "fs/jobs/job.h"

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

#include "fs/files/files.h"
#include "fs/jobs/job_index.h"
#include "fs/jobs/job_store.h"
#include "fs/base/log.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

enum { RECORD_MAX = 16 << 20, FORGOTTEN_MAX = 1000 };

static const char names_file[] = "names.json";

/* What another try may read. */
static bool is_shortage(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

/* What cannot be read is no loss but of names; want of memory is no reason. */
static int jobs_read_names(struct core *core)
{
	char *text;
	size_t len;
	json_t *names;
	int err =
		state_read(core->state.fd, names_file, RECORD_MAX, &text, &len);

	core->jobs->changed = core->born;
	if (err)
		return is_shortage(err) ? err : 0;
	err = json_parse(text, len, &names);
	free(text);
	if (err)
		return err == -ENOMEM ? err : 0;
	json_t *changed = json_object_get(names, "changed");
	if (changed) {
		core->jobs->changed.tv_sec =
			json_integer_value(json_array_get(changed, 0));
		core->jobs->changed.tv_nsec =
			json_integer_value(json_array_get(changed, 1));
	}
	json_t *aliases = json_object_get(names, "aliases");
	if (json_is_object(aliases) &&
		json_object_update(core->jobs->aliases, aliases))
		err = -ENOMEM;
	json_t *forgotten = json_object_get(names, "forgotten");
	if (json_is_object(forgotten) &&
		json_object_update(core->jobs->forgotten, forgotten))
		err = -ENOMEM;
	core->jobs->latest =
		json_integer_value(json_object_get(names, "latest"));
	core->jobs->next_number =
		json_integer_value(json_object_get(names, "next"));
	json_decref(names);
	return err;
}

static void jobs_write_names(struct core *core)
{
	size_t len;
	json_t *names = json_pack("{s:O s:O s:I s:I s:[II]}", "aliases",
		core->jobs->aliases, "forgotten", core->jobs->forgotten,
		"latest", (json_int_t)core->jobs->latest, "next",
		(json_int_t)core->jobs->next_number, "changed",
		(json_int_t)core->jobs->changed.tv_sec,
		(json_int_t)core->jobs->changed.tv_nsec);
	char *text = names ? json_write(names, &len) : NULL;

	if (!text || state_write(core->state.fd, names_file, text, len, 0))
		log_line(LOG_ERR, "%s/%s cannot be written", core->state.path,
			names_file);
	json_decref(names);
	free(text);
}

void jobs_touch(struct core *core)
{
	core->jobs->changed = core->now;
	jobs_write_names(core);
}

/* The oldest goes for the newest: json objects keep their order. */
void jobs_forget(struct core *core, const char *id)
{
	json_t *forgotten = core->jobs->forgotten;
	void *oldest = json_object_iter(forgotten);

	if (json_object_size(forgotten) >= FORGOTTEN_MAX && oldest)
		json_object_del(forgotten, json_object_iter_key(oldest));
	if (json_object_set_new(forgotten, id, json_true()))
		log_line(LOG_ERR, "no memory to forget the job %s by", id);
}

bool job_is_forgotten(const struct core *core, const char *id)
{
	return json_object_get(core->jobs->forgotten, id) != NULL;
}

int jobs_set_alias(struct core *core, const char *alias, const struct job *job)
{

	json_t *key = json_from_bytes(alias, strlen(alias));
	int err = key
		? json_object_set_new_nocheck(core->jobs->aliases,
			  json_string_value(key), json_integer(job->number))
		: -1;
	json_decref(key);
	jobs_touch(core);
	return err ? -ENOMEM : 0;
}

void jobs_drop_alias(struct core *core, const char *alias)
{
	json_t *key = json_from_bytes(alias, strlen(alias));

	if (key)
		json_object_del(core->jobs->aliases, json_string_value(key));
	json_decref(key);
	jobs_touch(core);
}

static int job_read(struct core *core, uint64_t number, const char *name)
{
	char *text, aside[NAME_MAX + 16];
	size_t len;
	struct job *job;
	int err =
		state_read(core->state.jobs_fd, name, RECORD_MAX, &text, &len);

	if (!err) {
		err = job_from_record(core, number, text, len, &job);
		free(text);
	}
	if (is_shortage(err))
		return err;
	if (err) {
		log_line(LOG_ERR, "%s/jobs/%s is damaged, put aside: %s",
			core->state.path, name, strerror(-err));
		snprintf(aside, sizeof(aside), "%s.damaged", name);
		renameat(core->state.jobs_fd, name, core->state.jobs_fd, aside);
	}
	return 0;
}

/* A request that was on its way when the mount ended may have been carried
 * out, so it is not sent again; a job that has an id is followed. */
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
			    "save the program again to run it again");
	job_store_record(job);
}

/* Numbers are never used again, not even of jobs that were removed. */
static void jobs_order(struct core *core)
{
	struct job_list sorted = TAILQ_HEAD_INITIALIZER(sorted);
	struct job *job, *after;

	while ((job = TAILQ_FIRST(&core->jobs->all))) {
		TAILQ_REMOVE(&core->jobs->all, job, link);
		after = TAILQ_LAST(&sorted, job_list);
		while (after && after->number > job->number)
			after = TAILQ_PREV(after, job_list, link);
		if (after)
			TAILQ_INSERT_AFTER(&sorted, after, job, link);
		else
			TAILQ_INSERT_HEAD(&sorted, job, link);
		if (job->number >= core->jobs->next_number)
			core->jobs->next_number = job->number + 1;
	}
	TAILQ_CONCAT(&core->jobs->all, &sorted, link);
	if (!core->jobs->next_number)
		core->jobs->next_number = 1;
}

/* Files without a record are left of a foreign job, or of a kill. */
static void jobs_sweep(struct core *core, DIR *dir)
{
	struct dirent *entry;

	rewinddir(dir);
	while ((entry = readdir(dir))) {
		char *end;
		uint64_t number = strtoull(entry->d_name, &end, 10);
		if (end == entry->d_name || !strcmp(end, ".json") ||
			strstr(end, ".damaged") || job_by_number(core, number))
			continue;
		unlinkat(core->state.jobs_fd, entry->d_name, 0);
	}
}

void jobs_init(struct jobs *jobs, struct core *core)
{
	memset(jobs, 0, sizeof(*jobs));
	TAILQ_INIT(&jobs->all);
	core->jobs = jobs;
	runs_init(core);
	poller_init(core);
}

int jobs_load(struct core *core)
{
	int fd = openat(core->state.jobs_fd, ".", O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct job *job;

	core->jobs->aliases = json_object();
	core->jobs->forgotten = json_object();
	if (!dir || !core->jobs->aliases || !core->jobs->forgotten) {
		if (dir)
			closedir(dir);
		else if (fd >= 0)
			close(fd);
		return -ENOMEM;
	}
	int err = jobs_read_names(core);
	while (!err && (entry = readdir(dir))) {
		char *end;
		uint64_t number = strtoull(entry->d_name, &end, 10);
		if (end != entry->d_name && !strcmp(end, ".json"))
			err = job_read(core, number, entry->d_name);
	}
	jobs_order(core);
	if (!err)
		jobs_sweep(core, dir);
	closedir(dir);
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

/* Of two jobs of one file the older goes, unless jobs/ shows it. */
int jobs_tie(struct core *core)
{
	struct job *job, *next, *before;
	int err = 0;

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
	if (err == 1) /* where a file can be that is not seen, none goes */
		return 0;
	for (job = TAILQ_FIRST(&core->jobs->all); job && !err; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->has_file || job->is_foreign)
			continue;
		if (job->is_async)
			job_set_file(job, 0);
		else
			job_remove(job); /* its file has gone */
	}
	return err;
}

void jobs_clear(struct core *core)
{
	struct job *job;

	if (core->jobs->is_loaded)
		jobs_write_names(core);
	while ((job = TAILQ_FIRST(&core->jobs->all))) {
		if (job->is_foreign)
			job_store_remove(
				&core->state, job->number, job->artifact_count);
		job_set_file(job, 0); /* no directory changes by it */
		job_forget(job);
	}
	json_decref(core->jobs->aliases);
	json_decref(core->jobs->forgotten);
}
