/* SPDX-License-Identifier: MIT */
/* fs/jobs/job_json_read.c - reading a job.json whose output is apart */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/core/core.h"
#include "fs/jobs/job_json.h"
#include "fs/jobs/jobs.h"

/*
 * It is put together as it is read, so that nothing has to be written on a disk
 * that is full, or stands still. Output is cut into pieces: where each begins
 * in job.json is counted by the reader when the file is opened.
 */
struct stretch {
	uint64_t at;	  /* in job.json */
	const char *text; /* NULL: the bytes of a file */
	int fd;
	bool is_escaped;
	off_t from;
	size_t len; /* in the file */
};

struct joining {
	struct task task;
	struct worker *reader;
	unsigned apart;
	uint64_t size; /* that it has to have */
	int rest, outputs[JOB_OUTPUTS];
	struct stretch *stretches; /* the last one has only `at` */
	size_t count, room;
	uint64_t counted;

	/* The piece that was read last, with quotes; used by the loop. */
	const struct stretch *piece;
	char *text;
};

/* ---- opening ---- */

static int stretch_add(
	struct joining *joining, struct stretch stretch, uint64_t len)
{
	if (joining->count == joining->room) {
		size_t room = joining->room ? 2 * joining->room : 64;
		struct stretch *grown =
			reallocarray(joining->stretches, room, sizeof(stretch));
		if (!grown)
			return -ENOMEM;
		joining->stretches = grown;
		joining->room = room;
	}
	stretch.at = joining->counted;
	joining->stretches[joining->count++] = stretch;
	joining->counted += len;
	return 0;
}

static int text_stretch(struct joining *joining, const char *text)
{
	return stretch_add(
		joining, (struct stretch){ .text = text }, strlen(text));
}

static int output_stretches(struct joining *joining, int fd)
{
	struct stretch stretch = { .fd = fd, .is_escaped = true };
	char *piece = malloc(JOB_JSON_PIECE);
	ssize_t n;
	int err = piece ? 0 : -ENOMEM;

	while (!err &&
		(n = pread(fd, piece, JOB_JSON_PIECE, stretch.from)) > 0) {
		worker_give_way(joining->reader);
		stretch.len = (size_t)n;
		err = stretch_add(
			joining, stretch, json_escaped_len(piece, stretch.len));
		stretch.from += n;
	}
	if (!err && n < 0)
		err = -errno;
	free(piece);
	return err;
}

static int rest_stretch(struct joining *joining)
{
	struct stretch stretch = { .fd = joining->rest };
	struct stat st;

	if (fstat(joining->rest, &st))
		return -errno;
	stretch.len = (size_t)st.st_size;
	return stretch_add(joining, stretch, stretch.len);
}

static int joining_work(struct task *task)
{
	struct joining *joining = (struct joining *)task;
	int err = rest_stretch(joining);
	uint64_t rest_len = joining->counted;

	for (size_t i = 0; !err && i < JOB_JSON_MEMBERS; i++) {
		const struct job_json_member *member = &job_json_members[i];
		if (!(joining->apart & 1u << i))
			continue;
		err = text_stretch(
			joining, job_json_head(joining->apart, i, rest_len));
		if (!err)
			err = output_stretches(
				joining, joining->outputs[member->output]);
		if (!err)
			err = text_stretch(joining, job_json_tail);
	}
	if (!err)
		err = text_stretch(joining, job_json_end);
	if (!err)
		err = stretch_add(joining, (struct stretch){ 0 }, 0);
	/* else somebody has changed the state directory */
	return err || joining->counted == joining->size ? err : -EIO;
}

static void drop_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void joining_free(struct task *task)
{
	struct joining *joining = (struct joining *)task;

	drop_fd(joining->rest);
	for (size_t i = 0; i < JOB_OUTPUTS; i++)
		drop_fd(joining->outputs[i]);
	free(joining->stretches);
	free(joining->text);
	free(joining);
}

static int open_files(struct joining *joining, const struct job *job)
{
	joining->rest =
		job_open_file(&job->core->state, job->number, "rest", O_RDONLY);
	if (joining->rest < 0)
		return joining->rest;
	for (size_t i = 0; i < JOB_JSON_MEMBERS; i++) {
		enum job_output output = job_json_members[i].output;
		if (!(joining->apart & 1u << i) ||
			joining->outputs[output] >= 0)
			continue;
		joining->outputs[output] = job_open_output(job, output);
		if (joining->outputs[output] < 0)
			return joining->outputs[output];
	}
	return 0;
}

static int joining_start(struct op *op, const struct job *job)
{
	struct joining *joining = calloc(1, sizeof(*joining));

	if (!joining)
		return -ENOMEM;
	*joining = (struct joining){
		.task = { .work = joining_work, .free = joining_free },
		.reader = op->core->reader,
		.apart = job->apart,
		.size = job->answer_size,
		.rest = -1,
		.outputs = { -1, -1 },
	};
	int err = open_files(joining, job);
	if (err) {
		joining_free(&joining->task);
		return err;
	}
	return task_start_for(op, op->core->reader, &joining->task);
}

/* ---- reading ---- */

static int piece_load(struct joining *joining, const struct stretch *stretch)
{
	size_t len = 0;

	if (joining->piece == stretch)
		return 0;
	free(joining->text);
	joining->piece = NULL;
	int err = job_json_piece(
		stretch->fd, stretch->from, stretch->len, &joining->text, &len);
	if (err)
		return err;
	if (!joining->text ||
		len - strlen("\"\"") != stretch[1].at - stretch->at)
		return -EIO;
	joining->piece = stretch;
	return 0;
}

static int stretch_copy(struct joining *joining, const struct stretch *stretch,
	uint64_t from, char *out, size_t len)
{
	int err;

	if (stretch->text) {
		memcpy(out, stretch->text + from, len);
		return 0;
	}
	if (!stretch->is_escaped)
		return pread(stretch->fd, out, len, (off_t)from) == (ssize_t)len
			? 0
			: -EIO;
	err = piece_load(joining, stretch);
	if (!err)
		memcpy(out, joining->text + strlen("\"") + from, len);
	return err;
}

/* The stretch with this byte of job.json. */
static const struct stretch *stretch_at(
	const struct joining *joining, uint64_t at)
{
	const struct stretch *stretches = joining->stretches;
	size_t low = 0, high = joining->count - 1;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (stretches[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	return &stretches[low];
}

static int json_read_at(struct op *op)
{
	struct joining *joining = (struct joining *)op->handle->task;
	uint64_t at = (uint64_t)op->offset;
	size_t used = 0, len, size;
	int err = 0;

	if (at >= joining->size)
		return op_reply_buf(op, NULL, 0);
	size = MIN(op->size, joining->size - at);
	char *bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	const struct stretch *stretch = stretch_at(joining, at);
	for (; !err && used < size; stretch++, used += len, at += len) {
		len = MIN(size - used, stretch[1].at - at);
		err = stretch_copy(
			joining, stretch, at - stretch->at, bytes + used, len);
	}
	if (!err)
		op_reply_buf(op, bytes, size);
	free(bytes);
	return err;
}

static void json_close(struct core *core, struct handle *handle)
{
	(void)core;
	task_drop(handle->task);
}

static const struct handle_kind json_kind = {
	.read = json_read_at,
	.close = json_close,
};

int job_json_open(struct op *op, const struct job *job, struct handle *handle)
{
	int err = op->task ? 0 : joining_start(op, job);

	if (!err)
		err = task_wait(op);
	if (err)
		return err;
	handle->task = op->task;
	handle->task->holds++;
	handle->kind = &json_kind;
	return 0;
}
