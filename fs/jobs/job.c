/* SPDX-License-Identifier: MIT */
/* fs/jobs/job.c - one run of a program, from the save to its kept result */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"

static const char *const words[] = {
	[JOB_PENDING] = "pending",
	[JOB_RUNNING] = "running",
	[JOB_COMPLETED] = "completed",
	[JOB_FAILED] = "failed",
	[JOB_TIMEOUT] = "timeout",
	[JOB_CANCELLED] = "cancelled",
	[JOB_ERROR] = "error",
};

const char *job_status_word(enum job_status status)
{
	return words[status];
}

enum job_status job_status_of(const char *word)
{
	for (int i = 0; i <= JOB_CANCELLED; i++)
		if (word && !strcmp(word, words[i]))
			return i;
	return JOB_RUNNING;
}

static bool is_filled(const json_t *value)
{
	return json_string_length(value) > 0;
}

bool job_has_result(const json_t *answer)
{
	return json_is_integer(json_member(answer, "exit_code")) ||
		is_filled(json_member(answer, "stdout|output")) ||
		is_filled(json_member(answer, "stderr")) ||
		is_filled(json_member(answer, "error"));
}

int job_judge(const json_t *answer, enum job_status *status)
{
	const char *word = json_string_value(json_member(answer, "status"));
	bool has_output = json_is_string(json_member(answer, "stdout|output"));

	*status = job_status_of(word);
	if (word && !strcmp(word, words[*status]))
		return 0;
	*status = JOB_COMPLETED;
	if (json_is_integer(json_member(answer, "exit_code")))
		return 0;
	if (has_output && (!word || !*word))
		return 0;
	/* An unknown status, or none: the job is running. */
	if (json_is_string(json_member(answer, "job_id"))) {
		*status = JOB_RUNNING;
		return 0;
	}
	return has_output ? 0 : -EPROTO;
}

bool job_is_final(const struct job *job)
{
	return job->status >= JOB_COMPLETED;
}

const char job_is_busy[] = "the job has not ended: echo 1 > cancel in its "
			   "directory first, or wait";

static struct job *job_create(
	struct core *core, uint64_t number, const char *key)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->core = core;
	job->number = number;
	job->created = job->changed = core->now;
	TAILQ_INIT(&job->waiters);
	job->key = strdup(key);
	if (!job->key || job_index_add(job)) {
		free(job->key);
		free(job);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&core->jobs->all, job, link);
	if (number >= core->jobs->next_number)
		core->jobs->next_number = number + 1;
	return job;
}

struct job *job_new(struct core *core)
{
	return job_new_numbered(core, core->jobs->next_number);
}

struct job *job_new_numbered(struct core *core, uint64_t number)
{
	char key[24];

	snprintf(key, sizeof(key), "n%" PRIu64, number);
	return job_create(core, number, key);
}

struct job *job_foreign(struct core *core, const char *id)
{
	struct job *job = job_by_id(core, id);

	if (job)
		return job;
	char *key = NULL;
	if (asprintf(&key, "@%s", id) < 0)
		return NULL;
	job = job_create(core, core->jobs->next_number, key);
	free(key);
	if (!job)
		return NULL;
	job->is_foreign = job->is_async = true;
	job->was_accepted = job->is_stored = true;
	job->status = JOB_RUNNING;
	if (job_set_id(job, id)) {
		job_forget(job);
		return NULL;
	}
	return job;
}

void job_artifacts_free(struct job_artifact *artifacts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(artifacts[i].name);
	free(artifacts);
}

static void job_free(struct job *job)
{
	job_artifacts_free(job->artifacts, job->artifact_count);
	json_decref(job->fields);
	json_decref(job->hidden);
	free(job->error);
	json_decref(job->unstored);
	free(job->session);
	free(job->path);
	free(job->key);
	free(job->id);
	free(job);
}

void job_hold(struct job *job)
{
	job->holds++;
}

void job_drop(struct job *job)
{
	if (--job->holds)
		return;
	if (job->is_removed)
		job_free(job);
	else if (job->is_detached)
		job_remove(job);
}

static void expire_below(
	struct core *core, const struct job *job, const struct row *dir)
{
	const struct row *artifact =
		tree_row("/jobs/{job}/artifacts/{artifact}");
	const struct row *child;

	notify_expire(core, node_ino(dir, job->key, NULL));
	for (size_t i = 0; (child = tree_child(dir, i)); i++)
		notify_expire(core, node_ino(child, job->key, NULL));
	for (size_t i = 0; i < job->artifact_count; i++)
		notify_expire(core,
			node_ino(artifact, job->key, job->artifacts[i].name));
}

/* Of an asynchronous job NAME.job is only a link: its directory keeps its name
 * in jobs/ while the job is there. */
void job_expire(const struct job *job)
{
	struct core *core = job->core;
	bool keeps_name = job->is_async && !job->is_removed;

	if (core->nodes.count && !keeps_name)
		expire_below(core, job, tree_row("/jobs/{job}"));
}

void job_of_file_expire(struct core *core, uint64_t number)
{
	const struct job *job = number ? job_of_file(core, number) : NULL;

	if (job)
		job_expire(job);
}

/* NAME.job appears in, or leaves, the directories of its file. */
static void touch_directories(struct core *core, uint64_t number)
{
	struct file *file = file_by_number(core->files, number), *dir;
	const char *name;

	for (size_t i = 0; file && file_place(file, i, &dir, &name); i++) {
		file_touch(dir);
		notify_file(core, dir->ino);
	}
}

void job_detach(struct job *job)
{
	job_expire(job);
	if (job->file && job_of_file(job->core, job->file) == job) {
		touch_directories(job->core, job->file);
		job_set_file(job, 0);
		/* Inode numbers are reused, so the record must not keep this
		 * one. */
		if (job->is_async && !job->is_removed)
			job_store_record(job);
	}
	if (job->is_async || job->is_removed)
		return;
	job->is_detached = true;
	if (!job->holds)
		job_remove(job);
}

void job_attach(struct job *job, struct file *file)
{
	struct job *before = job_of_file(job->core, file->number);

	job_set_file(job, file->number);
	free(job->path);
	job->path = run_path(file);
	if (before && before != job) {
		poller_expect(job, before);
		job_detach(before);
	}
	touch_directories(job->core, file->number);
}

void job_forget(struct job *job)
{
	job->is_removed = true;
	job_detach(job);
	poller_remove(job);
	job_unlist_ended(job);
	recording_remove(job);
	timer_disarm(&job->core->timers, &job->settle);
	timer_disarm(&job->core->timers, &job->asked);
	job_index_remove(job);
	TAILQ_REMOVE(&job->core->jobs->all, job, link);
	job_notify(job);
	if (!job->holds)
		job_free(job);
}

void job_discard(struct job *job)
{
	jobs_unname(job->core, job);
	job_store_remove(job->core, job->number, job->artifact_count);
	job_forget(job);
}

void job_remove(struct job *job)
{
	struct core *core = job->core;
	bool was_listed = job->is_async;

	if (job->is_removed)
		return;
	job_discard(job);
	if (was_listed)
		jobs_touch(core);
}

void job_notify(struct job *job)
{
	ops_wake(&job->waiters);
	job_polls_notify(job);
}

/* Messages about a program, and about the end of a session. */
static const char *const failures[][2] = {
	[JOB_REFUSED] = { "the API refused the request: nothing ran",
		"the API refused the request: the session goes on" },
	[JOB_NOT_SENT] = { "the request was not sent: nothing ran",
		"the request was not sent: the session goes on" },
	[JOB_UNKNOWN] = { "the request was sent, and its outcome is unknown: "
			  "the program may have run",
		"it is unknown whether the session has ended; if it has, its "
		"recording is lost" },
	[JOB_LOST] = { "the program may have run, and its result is lost",
		"the session has ended, and its recording is lost" },
	[JOB_UNSTORED] = { "",
		"the session has ended, and its recording is only in memory: "
		"make room, then list artifacts/ to store it" },
};

/* A request that got no turn for a retry (-EBUSY) had been refused. A
 * successful answer that cannot be read means that the program ran. */
enum job_failure job_failure(bool was_sent, int status, int err)
{
	if (!was_sent)
		return JOB_NOT_SENT;
	if (status >= 200 && status < 300)
		return JOB_LOST;
	if (status >= 500)
		return JOB_UNKNOWN;
	/* 100 Continue is not an answer. */
	return status >= 200 || err == -EBUSY ? JOB_REFUSED : JOB_UNKNOWN;
}

void job_fail(
	struct job *job, int err, enum job_failure failure, const char *reason)
{
	poller_remove(job);
	job->status = JOB_ERROR;
	job->err = err;
	job->may_have_run = failure >= JOB_UNKNOWN;
	free(job->error);
	if (asprintf(&job->error, "%s; %s",
		    reason && *reason ? reason : strerror(-err),
		    failures[failure][job->session != NULL]) < 0)
		job->error = NULL;
	log_line(LOG_NOTICE, "job %s: %s", job->key,
		job->error ? job->error : strerror(-err));
	if (!job->is_removed)
		job_store_record(job);
	job_ended(job);
}
