/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_record.c - the record of a job, as text */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/job_index.h"
#include "fs/jobs/job_store.h"
#include "fs/jobs/jobs.h"

static int put_bytes(json_t *record, const char *name, const char *text)
{
	if (!text)
		return 0;
	return json_object_set_new(
		record, name, json_from_bytes(text, strlen(text)));
}

static int put_time(json_t *record, const char *name, const struct timespec *at)
{
	return json_object_set_new(record, name,
		json_pack("[II]", (json_int_t)at->tv_sec,
			(json_int_t)at->tv_nsec));
}

static json_t *artifacts_record(const struct job *job)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < job->artifact_count; i++) {
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
	json_t *record = json_pack("{s:s s:i s:b s:b s:b s:I s:I s:I s:[II]}",
		"status", job_status_word(job->status), "err", job->err,
		"async", job->is_async, "accepted", job->was_accepted, "detail",
		job->has_detail, "file", (json_int_t)job->file, "code",
		(json_int_t)(job->has_code ? (int64_t)job->code_size : -1),
		"answer", (json_int_t)job->answer_size, "output",
		(json_int_t)job->output_size[JOB_STDOUT],
		(json_int_t)job->output_size[JOB_STDERR]);
	char *text = NULL;

	if (!record)
		return NULL;
	int err = put_bytes(record, "id", job->id) |
		put_bytes(record, "error", job->error) |
		put_time(record, "created", &job->created) |
		put_time(record, "changed", &job->changed) |
		json_object_set_new(record, "artifacts", artifacts_record(job));
	if (job->fields)
		err |= json_object_set(record, "fields", job->fields);
	if (job->hidden)
		err |= json_object_set(record, "hidden", job->hidden);
	if (!err)
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

static int get_bytes(const json_t *record, const char *name, char **out)
{
	size_t len;
	const json_t *value = json_object_get(record, name);

	*out = value ? json_to_bytes(value, &len) : NULL;
	return *out || !json_is_string(value) ? 0 : -ENOMEM;
}

static void get_time(
	const json_t *record, const char *name, struct timespec *out)
{
	const json_t *at = json_object_get(record, name);

	out->tv_sec = json_integer_value(json_array_get(at, 0));
	out->tv_nsec = json_integer_value(json_array_get(at, 1));
}

static int64_t get_integer(const json_t *record, const char *name)
{
	return json_integer_value(json_object_get(record, name));
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
		size_t len;
		char *name = json_to_bytes(json_array_get(item, 0), &len);
		if (!name)
			return json_is_array(item) &&
					json_is_string(json_array_get(item, 0))
				? -ENOMEM
				: -EPROTO;
		job->artifacts[i].name = name;
		job->artifacts[i].size =
			json_integer_value(json_array_get(item, 1));
		job->artifact_count++;
	}
	return 0;
}

static enum job_status status_of_record(const json_t *record)
{
	const char *word = json_string_value(json_object_get(record, "status"));

	if (word && !strcmp(word, job_status_word(JOB_ERROR)))
		return JOB_ERROR;
	return job_status_of(word);
}

static int job_read_record(struct job *job, const json_t *record)
{
	const json_t *output = json_object_get(record, "output");
	int64_t code = get_integer(record, "code");

	job->status = status_of_record(record);
	job->err = get_integer(record, "err");
	job->is_async = json_is_true(json_object_get(record, "async"));
	job->was_accepted = json_is_true(json_object_get(record, "accepted"));
	job->has_detail = json_is_true(json_object_get(record, "detail"));
	job->is_stored = true;
	job->file = get_integer(record, "file");
	job->has_code = code >= 0;
	job->code_size = code >= 0 ? code : 0;
	job->answer_size = get_integer(record, "answer");
	for (int i = 0; i < JOB_OUTPUTS; i++)
		job->output_size[i] =
			json_integer_value(json_array_get(output, i));
	char *id;
	int err = get_bytes(record, "id", &id);
	if (id && job_set_id(job, id))
		err = -ENOMEM;
	free(id);
	if (!err)
		err = get_bytes(record, "error", &job->error);
	get_time(record, "created", &job->created);
	get_time(record, "changed", &job->changed);
	job->fields = json_incref(json_object_get(record, "fields"));
	job->hidden = json_incref(json_object_get(record, "hidden"));
	return err;
}

int job_from_record(struct core *core, uint64_t number, const char *text,
	size_t len, struct job **out)
{
	json_t *record;
	struct job *job;
	int err = json_parse(text, len, &record);

	if (err)
		return err;
	if (!json_is_object(record) || !json_object_get(record, "status")) {
		json_decref(record);
		return -EPROTO;
	}
	uint64_t next = core->jobs->next_number;
	core->jobs->next_number = number;
	job = job_new(core);
	if (next > core->jobs->next_number)
		core->jobs->next_number = next;
	if (job) {
		err = job_read_record(job, record);
		if (!err)
			err = get_artifacts(
				job, json_object_get(record, "artifacts"));
	}
	json_decref(record);
	if (!job)
		return -ENOMEM;
	if (err)
		job_forget(job);
	*out = job;
	return err;
}
