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

/* The fields as text in a string: a start parses no fields of thousands of jobs
 * that nobody reads. NULL if there are none, or if out of memory. */
static json_t *fields_text(const struct job *job)
{
	size_t len;

	if (!json_is_object(job->fields))
		return json_incref(job->fields);
	char *text = json_write(job->fields, &len);
	json_t *string = text ? json_from_bytes(text, len) : NULL;
	free(text);
	return string;
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
	if (text + *len - line != (ptrdiff_t)strlen(seal) ||
		memcmp(line, seal, strlen(seal)) != 0)
		return -EPROTO;
	*len = line - text;
	return 0;
}

char *job_record(const struct job *job, size_t *len)
{
	json_t *fields = fields_text(job);

	if (job->fields && !fields)
		return NULL;
	json_t *record = json_pack(
		"{s:s s:i s:b s:b s:b s:I s:I s:I s:[II] "
		"s:o s:o s:o s:o* s:O* s:b s:I s:I s:o* s:o*}",
		"status", job_status_word(job->status), "err", job->err,
		"async", job->is_async, "accepted", job->was_accepted, "detail",
		job->has_detail, "file", (json_int_t)job->file, "code",
		(json_int_t)(job->has_code ? (int64_t)job->code_size : -1),
		"answer", (json_int_t)job->answer_size, "output",
		(json_int_t)job->output_size[JOB_STDOUT],
		(json_int_t)job->output_size[JOB_STDERR], "created",
		json_from_timespec(&job->created), "changed",
		json_from_timespec(&job->changed), "artifacts",
		artifacts_record(job), "fields", fields, "hidden", job->hidden,
		"may_have_run", job->may_have_run, "wanted",
		(json_int_t)job->wanted, "born", (json_int_t)job->born, "hash",
		job->hash ? json_integer((json_int_t)job->hash) : NULL, "apart",
		job->apart ? json_integer(job->apart) : NULL);
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
	const char *text, size_t len, struct part *parts, size_t count)
{
	return state_write_beside(state->jobs_fd, job_record_name(number).text,
		text, len, parts, count);
}

int job_store_record(struct job *job)
{
	size_t len;

	if (job->is_foreign)
		return 0;
	if (job->writing) { /* by a thread, which has a temporary file */
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

void job_written(struct job *job)
{
	if (!--job->writing && job->is_rewritten && !job->is_removed)
		job_store_record(job);
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

/* What the record has under these names; what it lacks stays as it is. -EPROTO:
 * it is of another type. (json_unpack() would make a set of all names for each
 * of thousands of records.) */
static int get_integer(const json_t *record, const char *name, json_int_t *out)
{
	const json_t *value = json_object_get(record, name);

	if (value && !json_is_integer(value))
		return -EPROTO;
	if (value)
		*out = json_integer_value(value);
	return 0;
}

static int get_bool(const json_t *record, const char *name, bool *out)
{
	const json_t *value = json_object_get(record, name);

	if (value && !json_is_boolean(value))
		return -EPROTO;
	*out = json_is_true(value);
	return 0;
}

static int get_sizes(const json_t *record, struct job *job)
{
	const json_t *sizes = json_object_get(record, "output");
	struct {
		const char *name;
		uint64_t *out;
	} all[] = { { "file", &job->file }, { "answer", &job->answer_size },
		{ "wanted", &job->wanted }, { "born", &job->born },
		{ "hash", &job->hash } };
	json_int_t code = -1, value;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		value = 0;
		if (get_integer(record, all[i].name, &value))
			return -EPROTO;
		*all[i].out = value;
	}
	value = 0;
	if (get_integer(record, "code", &code) ||
		get_integer(record, "apart", &value))
		return -EPROTO;
	job->apart = (unsigned)value;
	job->has_code = code >= 0;
	job->code_size = code >= 0 ? code : 0;
	for (size_t i = 0; sizes && i < JOB_OUTPUTS; i++) {
		const json_t *size = json_array_get(sizes, i);
		if (!json_is_integer(size))
			return -EPROTO;
		job->output_size[i] = json_integer_value(size);
	}
	return 0;
}

static int get_state(const json_t *record, struct job *job)
{
	const char *status =
		json_string_value(json_object_get(record, "status"));
	json_int_t err = 0;

	if (!status || get_integer(record, "err", &err) ||
		get_bool(record, "async", &job->is_async) ||
		get_bool(record, "accepted", &job->was_accepted) ||
		get_bool(record, "detail", &job->has_detail) ||
		get_bool(record, "may_have_run", &job->may_have_run))
		return -EPROTO;
	/* The kernel lets a reader wait for ever for an error of -512. */
	if (err > 0 || err < -EHWPOISON)
		return -EPROTO;
	job->err = (int)err;
	job->is_stored = true;
	job->status = strcmp(status, job_status_word(JOB_ERROR))
		? job_status_of(status)
		: JOB_ERROR;
	json_to_timespec(json_object_get(record, "created"), &job->created);
	json_to_timespec(json_object_get(record, "changed"), &job->changed);
	return 0;
}

static int job_read_record(struct job *job, json_t *record)
{
	int err = get_state(record, job);

	if (!err)
		err = get_sizes(record, job);
	if (err)
		return err;
	job->fields = json_incref(json_object_get(record, "fields"));
	job->hidden = json_incref(json_object_get(record, "hidden"));
	err = get_id(job, json_object_get(record, "id"));
	if (!err)
		err = get_bytes(json_object_get(record, "error"), &job->error);
	if (!err)
		err = get_bytes(json_object_get(record, "path"), &job->path);
	if (!err)
		err = get_session(job, json_object_get(record, "session"));
	if (!err)
		err = get_artifacts(job, json_object_get(record, "artifacts"));
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
