/* SPDX-License-Identifier: MIT */
/* fs/jobs/jobs.c - all jobs of a mount, and their names */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

enum { NAMES_MAX = 16 << 20, FORGOTTEN_MAX = 1000 };

static const char names_file[] = "names.json";

/* ---- names ---- */

static json_t *object_member(const json_t *names, const char *name)
{
	json_t *member = json_object_get(names, name);

	return json_is_object(member) ? json_incref(member) : json_object();
}

int jobs_read_names(struct core *core)
{
	struct jobs *jobs = core->jobs;
	json_t *names;
	int err =
		state_read_json(core->state.fd, names_file, NAMES_MAX, &names);

	if (is_shortage(err))
		return err;
	if (err && err != -ENOENT)
		log_line(LOG_ERR,
			"%s/%s is damaged: names of jobs are lost, and removed "
			"ones may show up",
			core->state.path, names_file);
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

	if (!text || keep_write(core, names_file, text, len))
		log_line(LOG_ERR, "cannot write %s/%s", core->state.path,
			names_file);
	json_decref(names);
	free(text);
}

void jobs_touch(struct core *core)
{
	core->jobs->changed = core->now;
	disk_later(core, names_write);
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

struct job *jobs_alias(struct core *core, const char *alias)
{
	json_t *key = json_from_bytes(alias, strlen(alias));
	const json_t *number =
		json_object_get(core->jobs->aliases, json_string_value(key));
	struct job *job =
		number ? job_by_number(core, json_integer_value(number)) : NULL;

	json_decref(key);
	return job;
}

void jobs_drop_alias(struct core *core, const char *alias)
{
	json_t *key = json_from_bytes(alias, strlen(alias));

	json_object_del(core->jobs->aliases, json_string_value(key));
	json_decref(key);
	jobs_touch(core);
}

void jobs_unname(struct core *core, const struct job *job)
{
	struct jobs *jobs = core->jobs;
	const char *alias;
	json_t *number;
	void *next;

	if (jobs->latest == job->number)
		jobs->latest = 0;
	json_object_foreach_safe (jobs->aliases, next, alias, number) {
		if ((uint64_t)json_integer_value(number) == job->number)
			json_object_del(jobs->aliases, alias);
	}
}

/* ---- all jobs ---- */

void jobs_init(struct jobs *jobs, struct core *core)
{
	memset(jobs, 0, sizeof(*jobs));
	TAILQ_INIT(&jobs->all);
	TAILQ_INIT(&jobs->ended);
	TAILQ_INIT(&jobs->recordings);
	TAILQ_INIT(&jobs->ghosts);
	jobs->next_number = 1;
	core->jobs = jobs;
	runs_init(core);
	poller_init(core);
}

void jobs_clear(struct core *core)
{
	struct job *job;

	if (core->jobs->is_loaded)
		names_write(core);
	timer_disarm(&core->timers, &core->jobs->trim);
	while ((job = TAILQ_FIRST(&core->jobs->all))) {
		if (job->is_foreign)
			job_store_remove(
				core, job->number, job->artifact_count);
		job_set_file(job, 0); /* changes no directory */
		job_polls_clear(job);
		job_forget(job);
	}
	while (!TAILQ_EMPTY(&core->jobs->ghosts))
		ghost_free(core, TAILQ_FIRST(&core->jobs->ghosts));
	json_decref(core->jobs->aliases);
	json_decref(core->jobs->forgotten);
}
