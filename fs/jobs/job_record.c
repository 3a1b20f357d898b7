/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_record.c - the record of a job, as text */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/json_time.h"
#include "fs/core/core.h"
#include "fs/jobs/job_index.h"
#include "fs/jobs/jobs.h"

/* ---- writing ---- */

static int put_bytes(json_t *record, const char *name, const char *text)
{
	return !text ? 0
		     : json_object_set_new(record, name,
			       json_from_bytes(text, strlen(text)));
}

static int put(json_t *record, const char *name, json_t *value)
{
	return value ? json_object_set(record, name, value) : 0;
}

static json_t *artifacts_record(const struct job *job)
{
	json_t *list = json_array();

	for (size_t i = 0; i < job->artifact_count; i++) {
		const char *name = job->artifacts[i].name;
		json_t *item =
			json_pack("[oI]", json_from_bytes(name, strlen(name)),
				(json_int_t)job->artifacts[i].size);
		if (json_array_append_new(list, item)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

char *job_record(const struct job *job, size_t *len)
{
	json_t *record = json_pack(
		"{s:s s:i s:b s:b s:b s:I s:I s:I s:[II] s:o s:o s:o}",
		"status", job_status_word(job->status), "err", job->err,
		"async", job->is_async, "accepted", job->was_accepted, "detail",
		job->has_detail, "inode", (json_int_t)job->inode, "code",
		(json_int_t)(job->has_code ? (int64_t)job->code_size : -1),
		"answer", (json_int_t)job->answer_size, "output",
		(json_int_t)job->output_size[JOB_STDOUT],
		(json_int_t)job->output_size[JOB_STDERR], "created",
		json_from_timespec(&job->created), "changed",
		json_from_timespec(&job->changed), "artifacts",
		artifacts_record(job));
	char *text = NULL;

	if (!record)
		return NULL;
	if (!put_bytes(record, "id", job->id) &&
		!put_bytes(record, "error", job->error) &&
		!put(record, "fields", job->fields) &&
		!put(record, "hidden", job->hidden))
		text = json_write(record, len);
	json_decref(record);
	return text;
}

int job_store_record(const struct job *job)
{
	char name[32];
	size_t len;

	if (job->is_foreign)
		return 0;
	char *text = job_record(job, &len);
	if (!text)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%" PRIu64 ".json", job->number);
	int err = state_write(job->core->state.jobs_fd, name, text, len, 0);
	free(text);
	return err;
}

/* ---- reading ---- */

/* NULL where value is no string. */
static int get_bytes(const json_t *value, char **out)
{
	size_t len;

	*out = json_to_bytes(value, &len);
	return *out || !json_is_string(value) ? 0 : -ENOMEM;
}

static int get_artifacts(struct job *job, const json_t *list)
{
	size_t count = json_array_size(list);

	if (!count)
		return 0;
	job->artifacts = calloc(count, sizeof(*job->artifacts));
	if (!job->artifacts)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		struct job_artifact *artifact = &job->artifacts[i];
		int err = get_bytes(json_array_get(item, 0), &artifact->name);
		if (err || !artifact->name)
			return err ? err : -EPROTO;
		artifact->size = json_integer_value(json_array_get(item, 1));
		job->artifact_count++;
	}
	return 0;
}

static enum job_status record_status(const json_t *record)
{
	const char *word = json_string_value(json_object_get(record, "status"));

	if (word && !strcmp(word, job_status_word(JOB_ERROR)))
		return JOB_ERROR;
	return job_status_of(word);
}

static int64_t get_integer(const json_t *record, const char *name)
{
	return json_integer_value(json_object_get(record, name));
}

static bool get_bool(const json_t *record, const char *name)
{
	return json_is_true(json_object_get(record, name));
}

static int get_id(struct job *job, const json_t *record)
{
	char *id;
	int err = get_bytes(json_object_get(record, "id"), &id);

	if (id)
		err = job_set_id(job, id);
	free(id);
	return err;
}

static int job_read_record(struct job *job, const json_t *record)
{
	const json_t *output = json_object_get(record, "output");
	int64_t code = get_integer(record, "code");

	job->status = record_status(record);
	job->err = get_integer(record, "err");
	job->is_async = get_bool(record, "async");
	job->was_accepted = get_bool(record, "accepted");
	job->has_detail = get_bool(record, "detail");
	job->is_stored = true;
	job->inode = get_integer(record, "inode");
	job->has_code = code >= 0;
	job->code_size = code >= 0 ? code : 0;
	job->answer_size = get_integer(record, "answer");
	for (int i = 0; i < JOB_OUTPUTS; i++)
		job->output_size[i] =
			json_integer_value(json_array_get(output, i));
	json_to_timespec(json_object_get(record, "created"), &job->created);
	json_to_timespec(json_object_get(record, "changed"), &job->changed);
	job->fields = json_incref(json_object_get(record, "fields"));
	job->hidden = json_incref(json_object_get(record, "hidden"));
	int err = get_id(job, record);
	if (!err)
		err = get_bytes(json_object_get(record, "error"), &job->error);
	if (!err)
		err = get_artifacts(job, json_object_get(record, "artifacts"));
	return err;
}

int job_from_record(struct core *core, uint64_t number, const char *text,
	size_t len, struct job **out)
{
	json_t *record;
	int err = json_parse(text, len, &record);

	if (err)
		return err;
	*out = NULL;
	if (json_object_get(record, "status")) {
		*out = job_new_numbered(core, number);
		err = *out ? job_read_record(*out, record) : -ENOMEM;
	} else {
		err = -EPROTO;
	}
	json_decref(record);
	if (err && *out)
		job_forget(*out);
	return err;
}
