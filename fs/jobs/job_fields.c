/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_fields.c - what is known of a job before, and besides, its answer
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

static const char *const own_fields[] = { "language", "network_mode",
	"created_at" };

json_t *job_fields(struct job *job)
{
	json_t *fields = job->fields;

	if (!json_is_string(fields))
		return fields;
	job->fields = json_list_item(fields);
	if (!job->fields) {
		job->fields = fields;
		return NULL;
	}
	json_decref(fields);
	return job->fields;
}

void job_know(struct job *job, const char *name, json_t *value)
{
	if (!job->fields)
		job->fields = json_object();
	if (json_object_get(job_fields(job), name))
		json_decref(value);
	else
		json_object_set_new(job->fields, name, value);
}

void job_know_sent(struct job *job)
{
	char text[32];
	struct tm tm;

	job->sent = job->core->now;
	if (!gmtime_r(&job->sent.tv_sec, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	job_know(job, "created_at", json_string(text));
}

int job_inherit(struct job *job, json_t *answer)
{
	const json_t *fields = job_fields(job);

	for (size_t i = 0; i < sizeof(own_fields) / sizeof(*own_fields); i++) {
		const char *name = own_fields[i];
		json_t *value = json_object_get(fields, name);
		if (value && !json_member(answer, name) &&
			json_object_set(answer, name, value))
			return -ENOMEM;
	}
	return 0;
}
