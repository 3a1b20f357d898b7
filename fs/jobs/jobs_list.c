/* SPDX-License-Identifier: MIT */
/* fs/jobs/jobs_list.c - names in jobs/, and the jobs that the API lists */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

bool job_id_is_name(const char *id)
{
	size_t len = strlen(id);

	if (!len || len > 200 || id[0] == '.' || !strcmp(id, "new") ||
		!strcmp(id, "latest") || !strncmp(id, "local-", 6))
		return false;
	return safe_name_is_plain(id, len);
}

int job_name(const struct job *job, char *name, size_t room)
{
	/* Of two jobs with one id, the first has its name. */
	if (job->id && job->by_id.tbl && job_id_is_name(job->id))
		return snprintf(name, room, "%s", job->id);
	return snprintf(name, room, "local-%" PRIu64, job->number);
}

/* A job of run/ is there as NAME.job, and a directory has one name. */
struct job *jobs_lookup(struct core *core, const char *name)
{
	struct job *job = NULL;
	char *end;

	if (!strncmp(name, "local-", 6) && name[6]) {
		uint64_t number = strtoull(name + 6, &end, 10);
		job = *end ? NULL : job_by_number(core, number);
	} else if (job_id_is_name(name)) {
		job = job_by_id(core, name);
	}
	return job && job->is_async ? job : NULL;
}

/* ---- the API's list ---- */

const char *job_item_id(const json_t *item)
{
	return json_string_value(json_member(item, "job_id|id"));
}

enum job_status job_item_status(const json_t *item)
{
	return job_status_of(json_string_value(json_member(item, "status")));
}

static bool foreign_add(struct core *core, const json_t *item)
{
	const char *id = job_item_id(item);

	if (!id || !job_id_is_name(id) || job_is_forgotten(core, id))
		return false;
	struct job *job = job_by_id(core, id);
	bool is_new = !job || job->is_unlisted;
	if (!job)
		job = job_foreign(core, id);
	if (!job || !job->is_foreign)
		return false;
	job->is_unlisted = false;
	job->list_mark = core->jobs->list_mark;
	if (!job->has_detail) {
		json_decref(job->fields);
		job->fields = json_incref((json_t *)item);
		if (json_member(item, "status"))
			job->status = job_item_status(item);
	}
	return is_new;
}

/* Removes foreign jobs that left the list, but for those that are in use. */
static bool foreign_sweep(struct core *core)
{
	struct job *job, *next;
	bool has_changed = false;

	for (job = TAILQ_FIRST(&core->jobs->all); job; job = next) {
		next = TAILQ_NEXT(job, link);
		if (!job->is_foreign || job->is_unlisted ||
			job->list_mark == core->jobs->list_mark)
			continue;
		job->is_unlisted = true;
		has_changed = true;
		if (!job->holds && !job->call && !job->watchers)
			job_remove(job);
	}
	return has_changed;
}

void jobs_read_list(struct core *core, const json_t *json, uint64_t fetched_ms)
{
	const json_t *items = json_array_in(json, "jobs"), *item;
	bool has_changed = false;
	size_t i;

	if (fetched_ms == core->jobs->list_mark || !items)
		return;
	core->jobs->list_mark = fetched_ms;
	json_array_foreach (items, i, item)
		has_changed |= foreign_add(core, item);
	has_changed |= foreign_sweep(core);
	if (has_changed)
		jobs_touch(core);
}
