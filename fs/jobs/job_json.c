/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_json.c - job.json: what is known of a job, in one text */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/job_json.h"
#include "fs/jobs/jobs.h"

/* ---- of this mount ---- */

bool job_has_own_json(const struct job *job)
{
	return !job->answer_size || job->status == JOB_ERROR;
}

char *job_json(struct job *job, size_t *len)
{
	json_t *id = job->id ? json_from_bytes(job->id, strlen(job->id)) : NULL;
	json_t *json = json_pack("{s:o*, s:s, s:s*}", "job_id", id, "status",
		job_status_word(job->status), "error", job->error);
	char *text = NULL;

	if (json && job->status == JOB_ERROR &&
		json_object_set_new(json, "may_have_run",
			json_boolean(job->may_have_run))) {
		json_decref(json);
		return NULL;
	}
	json_t *fields = job_fields(job);
	if (json && (!job->fields || (fields && !json_inherit(json, fields))))
		text = json_write_pretty(json, len);
	json_decref(json);
	return text;
}

/* ---- the answer, without what is in files of its own ---- */

/*
 * Long output is not written twice. The file N.rest has the answer without it;
 * job->apart has a bit for each member that was left out, and these come last
 * in job.json (fs/jobs/job_json_read.c). Such a result has no hash in its
 * record. N.answer, which polls may have left, stays as it is until the record
 * is on disk.
 */
const struct job_json_member job_json_members[] = {
	{ "stderr", JOB_JSON_HEAD("stderr"), JOB_STDERR },
	{ "stdout", JOB_JSON_HEAD("stdout"), JOB_STDOUT },
	{ "output", JOB_JSON_HEAD("output"), JOB_STDOUT },
};

/* The answer without long output. *apart gets a bit for each member left out. A
 * new reference; NULL if out of memory. */
static json_t *answer_rest(json_t *answer,
	const json_t *const outputs[JOB_OUTPUTS],
	const uint64_t escaped[JOB_OUTPUTS], unsigned *apart)
{
	json_t *rest = json_twin(answer);

	*apart = 0;
	for (size_t i = 0; rest && i < JOB_JSON_MEMBERS; i++) {
		enum job_output output = job_json_members[i].output;
		const char *name = job_json_members[i].name;
		if (!escaped[output] ||
			!json_equal(
				json_object_get(rest, name), outputs[output]))
			continue;
		json_object_del(rest, name);
		*apart |= 1u << i;
	}
	return rest;
}

/* rest: the length of its text. */
static uint64_t whole_size(
	unsigned apart, uint64_t rest, const uint64_t escaped[JOB_OUTPUTS])
{
	for (size_t i = 0; i < JOB_JSON_MEMBERS; i++)
		if (apart & 1u << i)
			rest += strlen(job_json_members[i].head) +
				escaped[job_json_members[i].output] +
				strlen(job_json_tail);
	return rest;
}

/* Whether members can follow: there is one, and it is indented. */
static bool has_end(const char *text, size_t len)
{
	return len > strlen("{}") + strlen(job_json_end) &&
		!strcmp(text + len - strlen(job_json_end), job_json_end);
}

/* Output that grows is stored again soon: it is in the answer's file, too. */
int job_store_json(const struct storing *storing, json_t *answer,
	const json_t *const outputs[JOB_OUTPUTS],
	const uint64_t escaped[JOB_OUTPUTS], struct job_stored *stored)
{
	json_t *rest = escaped[JOB_STDOUT] || escaped[JOB_STDERR]
		? answer_rest(answer, outputs, escaped, &stored->apart)
		: json_incref(answer);
	size_t len = 0;
	char *text = rest ? json_write_pretty(rest, &len) : NULL;

	json_decref(rest);
	if (text && stored->apart && !has_end(text, len)) {
		free(text);
		stored->apart = 0;
		text = json_write_pretty(answer, &len);
	}
	uint64_t size = len;
	int err = !text
		? -ENOMEM
		: job_store_file(storing, stored->apart ? "rest" : "answer",
			  text, &size);
	stored->answer_size = whole_size(stored->apart, size, escaped);
	free(text);
	return err;
}
