/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_json.c - job.json: what is known of a job, in one text */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
 * Long output is not written twice. The file N.rest has the answer without it,
 * and without its end; job->apart has a bit for each member that was left out,
 * and these come last in job.json (fs/jobs/job_json_read.c). Such a result has
 * no hash in its record. N.answer, which polls may have left, stays as it is
 * until the record is on disk.
 */
const struct job_json_member job_json_members[] = {
	{ "stderr", JOB_JSON_HEAD("stderr"), JOB_STDERR },
	{ "stdout", JOB_JSON_HEAD("stdout"), JOB_STDOUT },
	{ "output", JOB_JSON_HEAD("output"), JOB_STDOUT },
};

/* Of what is spooled, only the beginning could be compared. */
static bool is_output(const struct storing *storing, const json_t *value,
	const struct stored_output *output)
{
	return value == output->value ||
		(!spool_find(storing->spool, value) && !output->spooled &&
			json_equal(value, output->value));
}

/* Output that is not in the output's file, since a member of another name is:
 * it is read back to be written. 0, -ENOMEM, -errno. */
static int rest_unspool(const struct storing *storing, json_t *rest)
{
	const struct spooled *spooled;
	const char *name;
	json_t *value;
	char *bytes;
	size_t len;

	json_object_foreach (rest, name, value) {
		spooled = spool_find(storing->spool, value);
		if (!spooled)
			continue;
		int err = spooled->err;
		if (!err && lseek(spooled->fd, 0, SEEK_SET))
			err = -errno;
		if (!err)
			err = fd_read(spooled->fd, spooled->size, &bytes, &len);
		if (err)
			return err;
		json_t *whole = json_from_bytes(bytes, len);
		free(bytes);
		if (len != spooled->size)
			err = -EIO;
		if (!whole || json_object_set_new_nocheck(rest, name, whole))
			return -ENOMEM;
		if (err)
			return err;
	}
	return 0;
}

/* The answer without long output. *apart gets a bit for each member left out.
 * *out is a new reference. */
static int answer_rest(const struct storing *storing, json_t *answer,
	const struct stored_output outputs[JOB_OUTPUTS], unsigned *apart,
	json_t **out)
{
	bool is_whole = !storing->spool && !outputs[JOB_STDOUT].escaped &&
		!outputs[JOB_STDERR].escaped;
	json_t *rest = is_whole ? json_incref(answer) : json_twin(answer);

	*apart = 0;
	*out = rest;
	if (!rest)
		return -ENOMEM;
	for (size_t i = 0; i < JOB_JSON_MEMBERS; i++) {
		const struct stored_output *output =
			&outputs[job_json_members[i].output];
		const char *name = job_json_members[i].name;
		if (!output->escaped ||
			!is_output(
				storing, json_object_get(rest, name), output))
			continue;
		json_object_del(rest, name);
		*apart |= 1u << i;
	}
	return rest_unspool(storing, rest);
}

/* Without the end of the object, so that members can follow. */
static size_t len_without_end(const char *text, size_t len)
{
	len -= strlen("}\n");
	while (len && text[len - 1] == '\n')
		len--;
	return len;
}

const char *job_json_head(unsigned apart, size_t i, uint64_t rest_len)
{
	bool is_only = rest_len == strlen("{") && !(apart & ((1u << i) - 1));

	return job_json_members[i].head + is_only;
}

/* rest: the length of its text. */
static uint64_t whole_size(unsigned apart, uint64_t rest,
	const struct stored_output outputs[JOB_OUTPUTS])
{
	uint64_t size = rest + strlen(job_json_end);

	for (size_t i = 0; i < JOB_JSON_MEMBERS; i++)
		if (apart & 1u << i)
			size += strlen(job_json_head(apart, i, rest)) +
				outputs[job_json_members[i].output].escaped +
				strlen(job_json_tail);
	return size;
}

/* jansson escapes it. A character that the end of the piece divides is two
 * pieces of invalid UTF-8, which stay the bytes that they are. */
int job_json_piece(int fd, off_t at, size_t size, char **text, size_t *len)
{
	char *bytes = malloc(size);
	ssize_t n = bytes ? pread(fd, bytes, size, at) : 0;
	json_t *string = n > 0 ? json_from_bytes(bytes, (size_t)n) : NULL;
	int err = n < 0 ? -errno : 0;

	*text = string ? json_write(string, len) : NULL;
	if (!err && (!bytes || (n && !*text)))
		err = -ENOMEM;
	json_decref(string);
	free(bytes);
	return err;
}

static int write_pieces(int fd, int from)
{
	char *text;
	size_t len;
	off_t at = 0;
	int err;

	do {
		err = job_json_piece(from, at, JOB_JSON_PIECE, &text, &len);
		if (err || !text)
			break;
		err = fd_write(fd, text + strlen("\""), len - strlen("\"\""));
		free(text);
		at += JOB_JSON_PIECE;
	} while (!err);
	return err;
}

/* Output that grows is stored again soon, and readers of the job.json that was
 * opened before go on: it is in the answer's file, too. */
static int store_whole(const struct storing *storing, const char *rest,
	size_t len, const struct stored_output outputs[JOB_OUTPUTS],
	const struct job_stored *stored)
{
	int fd = job_open_file(
		storing->state, storing->number, "answer", O_WRONLY | O_CREAT);

	if (fd < 0)
		return fd;
	int err = fd_write(fd, rest, len);
	for (size_t i = 0; !err && i < JOB_JSON_MEMBERS; i++) {
		const struct spooled *spooled =
			outputs[job_json_members[i].output].spooled;
		const char *head = job_json_head(stored->apart, i, len);
		if (!(stored->apart & 1u << i))
			continue;
		err = fd_write(fd, head, strlen(head));
		if (!err)
			err = write_pieces(fd, spooled->fd);
		if (!err)
			err = fd_write(
				fd, job_json_tail, strlen(job_json_tail));
	}
	if (!err)
		err = fd_write(fd, job_json_end, strlen(job_json_end));
	if (!err && lseek(fd, 0, SEEK_CUR) != (off_t)stored->answer_size)
		err = -EIO;
	if (!err && ftruncate(fd, (off_t)stored->answer_size))
		err = -errno;
	close(fd);
	return err;
}

static int store_rest(const struct storing *storing, json_t *rest,
	const struct stored_output outputs[JOB_OUTPUTS],
	struct job_stored *stored)
{
	size_t len;
	char *text = json_write_pretty(rest, &len);

	if (!text)
		return -ENOMEM;
	if (stored->apart)
		len = len_without_end(text, len);
	uint64_t size = len;
	stored->answer_size =
		stored->apart ? whole_size(stored->apart, size, outputs) : size;
	int err = stored->apart && !storing->is_durable
		? store_whole(storing, text, len, outputs, stored)
		: job_store_file(storing, stored->apart ? "rest" : "answer",
			  text, &size);
	if (!storing->is_durable)
		stored->apart = 0;
	free(text);
	return err;
}

int job_store_json(const struct storing *storing, json_t *answer,
	const struct stored_output outputs[JOB_OUTPUTS],
	struct job_stored *stored)
{
	json_t *rest;
	int err = answer_rest(storing, answer, outputs, &stored->apart, &rest);

	if (!err)
		err = store_rest(storing, rest, outputs, stored);
	json_decref(rest);
	return err;
}
