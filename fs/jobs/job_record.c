/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_record.c - the record of a job, as text */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* ---- writing ---- */

static int put_bytes(json_t *record, const char *name, const char *text)
{
	return !text ? 0
		     : json_object_set_new(record, name,
			       json_from_bytes(text, strlen(text)));
}

static json_t *artifacts_record(const struct job *job)
{
	json_t *list = json_array();

	for (size_t i = 0; i < job->artifact_count; i++) {
		const char *name = job->artifacts[i].name;
		json_t *item =
			json_pack("[oIb]", json_from_bytes(name, strlen(name)),
				(json_int_t)job->artifacts[i].size,
				job->artifacts[i].is_program);
		if (json_array_append_new(list, item)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Takes text, and adds the line with its hash. NULL if out of memory. */
static char *record_seal(char *text, size_t *len)
{
	char *sealed = NULL;
	int sealed_len = !text ? -1
			       : asprintf(&sealed, "%s\n%016" PRIx64 "\n", text,
					 hash_bytes(HASH_START, text, *len));

	free(text);
	if (sealed_len < 0)
		return NULL;
	*len = sealed_len;
	return sealed;
}

/* Cuts that line off *len. -EPROTO: the hash is of another text. */
static int record_unseal(const char *text, size_t *len)
{
	const char *line = memchr(text, '\n', *len);
	char seal[20];

	if (!line)
		return -EPROTO;
	snprintf(seal, sizeof(seal), "\n%016" PRIx64 "\n",
		hash_bytes(HASH_START, text, line - text));
	if (strcmp(line, seal) != 0)
		return -EPROTO;
	*len = line - text;
	return 0;
}

char *job_record(const struct job *job, size_t *len)
{
	json_t *record = json_pack("{s:s s:i s:b s:b s:b s:I s:I s:I s:[II] "
				   "s:o s:o s:o s:O* s:O* s:b s:I}",
		"status", job_status_word(job->status), "err", job->err,
		"async", job->is_async, "accepted", job->was_accepted, "detail",
		job->has_detail, "file", (json_int_t)job->file, "code",
		(json_int_t)(job->has_code ? (int64_t)job->code_size : -1),
		"answer", (json_int_t)job->answer_size, "output",
		(json_int_t)job->output_size[JOB_STDOUT],
		(json_int_t)job->output_size[JOB_STDERR], "created",
		json_from_timespec(&job->created), "changed",
		json_from_timespec(&job->changed), "artifacts",
		artifacts_record(job), "fields", job->fields, "hidden",
		job->hidden, "may_have_run", job->may_have_run, "wanted",
		(json_int_t)job->wanted);
	char *text = NULL;

	if (!record)
		return NULL;
	if (!put_bytes(record, "id", job->id) &&
		!put_bytes(record, "error", job->error) &&
		!put_bytes(record, "path", job->path) &&
		!put_bytes(record, "session", job->session))
		text = json_write(record, len);
	json_decref(record);
	return record_seal(text, len);
}

struct record_name job_record_name(uint64_t number)
{
	struct record_name name;

	snprintf(name.text, sizeof(name.text), "%" PRIu64 ".json", number);
	return name;
}

int job_write_record(const struct state *state, uint64_t number,
	const char *text, size_t len)
{
	return state_write(
		state->jobs_fd, job_record_name(number).text, text, len);
}

int job_store_record(struct job *job)
{
	size_t len;

	if (job->is_foreign)
		return 0;
	if (job->writing) { /* by the worker, which has a temporary file */
		job->is_rewritten = true;
		return 0;
	}
	job->is_rewritten = false;
	char *text = job_record(job, &len);
	if (!text)
		return -ENOMEM;
	int err = state_write_last(job->core->state.jobs_fd,
		job_record_name(job->number).text, text, len);
	if (err)
		free(text);
	else
		job_keep_record(job, text, len);
	return err;
}

/* ---- reading ---- */

/* *out is NULL if value is not a string. */
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
		artifact->is_program = json_is_true(json_array_get(item, 2));
		job->artifact_count++;
	}
	return 0;
}

static int get_id(struct job *job, const json_t *value)
{
	char *id;
	int err = get_bytes(value, &id);

	if (id)
		err = job_set_id(job, id);
	free(id);
	return err;
}

static int get_session(struct job *job, const json_t *value)
{
	char *id;
	int err = get_bytes(value, &id);

	if (id)
		err = recording_add(job, id);
	free(id);
	return err;
}

static int job_read_record(struct job *job, json_t *record)
{
	const json_t *id = NULL, *error = NULL, *artifacts = NULL,
		     *created = NULL, *changed = NULL, *path = NULL,
		     *session = NULL;
	json_int_t wanted = 0, file = 0, code = -1, answer = 0,
		   output[JOB_OUTPUTS] = { 0 };
	int is_async = 0, was_accepted = 0, has_detail = 0, may_have_run = 0;
	json_error_t unpack_error;
	const char *status;

	if (json_unpack_ex(record, &unpack_error, 0,
		    "{s:s s?i s?b s?b s?b s?I s?I s?I s?[II] s?o s?o s?o s?o "
		    "s?o s?O s?O s?b s?I s?o s?o}",
		    "status", &status, "err", &job->err, "async", &is_async,
		    "accepted", &was_accepted, "detail", &has_detail, "file",
		    &file, "code", &code, "answer", &answer, "output",
		    &output[JOB_STDOUT], &output[JOB_STDERR], "id", &id,
		    "error", &error, "created", &created, "changed", &changed,
		    "artifacts", &artifacts, "fields", &job->fields, "hidden",
		    &job->hidden, "may_have_run", &may_have_run, "wanted",
		    &wanted, "path", &path, "session", &session))
		return json_error_code(&unpack_error) ==
				json_error_out_of_memory
			? -ENOMEM
			: -EPROTO;
	job->status = strcmp(status, job_status_word(JOB_ERROR))
		? job_status_of(status)
		: JOB_ERROR;
	job->is_async = is_async;
	job->was_accepted = was_accepted;
	job->has_detail = has_detail;
	job->may_have_run = may_have_run;
	job->wanted = wanted;
	job->is_stored = true;
	job->file = file;
	job->has_code = code >= 0;
	job->code_size = code >= 0 ? code : 0;
	job->answer_size = answer;
	for (int i = 0; i < JOB_OUTPUTS; i++)
		job->output_size[i] = output[i];
	json_to_timespec(created, &job->created);
	json_to_timespec(changed, &job->changed);
	int err = get_id(job, id);
	if (!err)
		err = get_bytes(error, &job->error);
	if (!err)
		err = get_bytes(path, &job->path);
	if (!err)
		err = get_session(job, session);
	if (!err)
		err = get_artifacts(job, artifacts);
	return err;
}

int job_from_record(struct core *core, uint64_t number, const char *text,
	size_t len, struct job **out)
{
	json_t *record;
	int err = record_unseal(text, &len);

	if (!err)
		err = json_parse(text, len, &record);
	if (err)
		return err;
	struct job *job = job_new_numbered(core, number);
	err = job ? job_read_record(job, record) : -ENOMEM;
	json_decref(record);
	if (err && job)
		job_forget(job);
	*out = job;
	return err;
}
