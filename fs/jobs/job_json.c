/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_json.c - job.json: what is known of a job, in one text */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
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
 * in job.json. It has no hash in the record, which is of short files alone.
 * N.answer, which polls may have left, stays as it is until the record is on
 * disk.
 */
static const struct {
	const char *name;
	enum job_output output;
} members[] = {
	{ "stderr", JOB_STDERR },
	{ "stdout", JOB_STDOUT },
	{ "output", JOB_STDOUT },
};
enum { MEMBERS = sizeof(members) / sizeof(*members), PIECE = 1 << 16 };

static const char head[] = ",\n  \"%s\": \"", tail[] = "\"", end[] = "\n}\n";

static size_t frame_len(size_t member)
{
	return strlen(head) - strlen("%s") + strlen(members[member].name) +
		strlen(tail);
}

/* The answer without long output, of which `outputs` are the values and `sizes`
 * the bytes. *apart gets a bit for each member left out. A new reference; NULL
 * if out of memory. */
static json_t *answer_rest(json_t *answer,
	const json_t *const outputs[JOB_OUTPUTS],
	const uint64_t sizes[JOB_OUTPUTS], unsigned *apart)
{
	json_t *rest = json_twin(answer);

	*apart = 0;
	for (size_t i = 0; rest && i < MEMBERS; i++) {
		enum job_output output = members[i].output;
		const json_t *value = json_object_get(rest, members[i].name);
		if (!value || sizes[output] <= HASHED_MAX ||
			!json_equal(value, outputs[output]))
			continue;
		json_object_del(rest, members[i].name);
		*apart |= 1u << i;
	}
	return rest;
}

/* rest: the length of its text. */
static uint64_t whole_size(
	unsigned apart, uint64_t rest, const uint64_t escaped[JOB_OUTPUTS])
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (apart & 1u << i)
			rest += frame_len(i) + escaped[members[i].output];
	return rest;
}

/* Whether members can follow: there is one, and it is indented. */
static bool has_end(const char *text, size_t len)
{
	return len > strlen("{}") + strlen(end) &&
		!strcmp(text + len - strlen(end), end);
}

/* Output that grows is stored again soon: it is in the answer's file, too. */
int job_store_json(const struct storing *storing, json_t *answer,
	const json_t *const outputs[JOB_OUTPUTS],
	const uint64_t escaped[JOB_OUTPUTS], struct job_stored *stored)
{
	json_t *rest = storing->is_durable
		? answer_rest(
			  answer, outputs, stored->output_size, &stored->apart)
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

/* ---- put together ---- */

struct joining {
	struct task task;
	const struct core *core; /* for the loop */
	struct worker *reader;	 /* for the thread */
	unsigned apart;
	uint64_t size;
	int rest, outputs[JOB_OUTPUTS], out;
	char piece[PIECE];
};

static void drop_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void joining_free(struct task *task)
{
	struct joining *joining = (struct joining *)task;

	drop_fd(joining->rest);
	if (joining->out >= 0)
		task_close(joining->core->reader, joining->out);
	for (size_t i = 0; i < JOB_OUTPUTS; i++)
		drop_fd(joining->outputs[i]);
	free(joining);
}

/* jansson escapes it. A character that the end of the piece divides is two
 * pieces of invalid UTF-8, which stay the bytes that they are. */
static int write_escaped(int out, const char *bytes, size_t len)
{
	json_t *string = json_from_bytes(bytes, len);
	size_t text_len;
	char *text = string ? json_write(string, &text_len) : NULL;
	int err = text ? fd_write(out, text + 1, text_len - 2) : -ENOMEM;

	free(text);
	json_decref(string);
	return err;
}

static int join_output(struct joining *joining, int fd)
{
	char *piece = joining->piece;
	off_t at = 0;
	ssize_t n;
	int err = 0;

	while (!err && (n = pread(fd, piece, PIECE, at)) > 0) {
		worker_give_way(joining->reader);
		err = write_escaped(joining->out, piece, n);
		at += n;
	}
	return err ? err : n < 0 ? -errno : 0;
}

static int join_member(struct joining *joining, size_t member)
{
	char name[40];
	int len = snprintf(name, sizeof(name), head, members[member].name);
	int err = fd_write(joining->out, name, len);

	if (!err)
		err = join_output(
			joining, joining->outputs[members[member].output]);
	return err ? err : fd_write(joining->out, tail, strlen(tail));
}

static int join(struct joining *joining)
{
	size_t len, rest;
	char *text;
	int err = fd_read(joining->rest, joining->size, &text, &len);

	if (err)
		return err;
	rest = len - strlen(end);
	if (len <= strlen(end) || strcmp(text + rest, end) != 0)
		err = -EIO;
	if (!err)
		err = fd_write(joining->out, text, rest);
	free(text);
	for (size_t i = 0; !err && i < MEMBERS; i++)
		if (joining->apart & 1u << i)
			err = join_member(joining, i);
	if (!err)
		err = fd_write(joining->out, end, strlen(end));
	if (!err && lseek(joining->out, 0, SEEK_CUR) != (off_t)joining->size)
		err = -EIO; /* a file of the state directory was changed */
	return err;
}

static int memory_file(void)
{
	return memfd_create("unsandboxfs", MFD_CLOEXEC);
}

/* A full disk can be read: memory is used then. */
static int joining_work(struct task *task)
{
	struct joining *joining = (struct joining *)task;
	int err = join(joining), fd;

	if (err != -ENOSPC && err != -EDQUOT)
		return err;
	fd = memory_file();
	if (fd < 0 || lseek(joining->rest, 0, SEEK_SET)) {
		drop_fd(fd);
		return err;
	}
	close(joining->out);
	joining->out = fd;
	return join(joining);
}

static int open_parts(struct joining *joining, const struct job *job)
{
	const struct state *state = &job->core->state;

	joining->rest = job_open_file(state, job->number, "rest", O_RDONLY);
	if (joining->rest < 0)
		return joining->rest;
	for (size_t i = 0; i < MEMBERS; i++) {
		enum job_output output = members[i].output;
		if (!(joining->apart & 1u << i) ||
			joining->outputs[output] >= 0)
			continue;
		joining->outputs[output] = job_open_output(job, output);
		if (joining->outputs[output] < 0)
			return joining->outputs[output];
	}
	joining->out = fd_unnamed(state->fd, "json.tmp");
	if (joining->out < 0)
		joining->out = memory_file();
	return joining->out < 0 ? -errno : 0;
}

int job_json_join(struct op *op, const struct job *job)
{
	struct joining *joining = calloc(1, sizeof(*joining));

	if (!joining)
		return -ENOMEM;
	joining->rest = joining->out = -1;
	for (size_t i = 0; i < JOB_OUTPUTS; i++)
		joining->outputs[i] = -1;
	joining->task.work = joining_work;
	joining->task.free = joining_free;
	joining->core = op->core;
	joining->reader = op->core->reader;
	joining->apart = job->apart;
	joining->size = job->answer_size;
	int err = open_parts(joining, job);
	if (err) {
		joining_free(&joining->task);
		return err;
	}
	err = task_start(op->core->reader, &joining->task);
	if (err)
		return err;
	task_give(&joining->task, op);
	return task_wait(op);
}

int job_json_joined(struct op *op, int *fd)
{
	struct joining *joining = (struct joining *)op->task;
	int err = task_wait(op);

	if (!err) {
		*fd = joining->out;
		joining->out = -1;
	}
	return err;
}
