/* SPDX-License-Identifier: MIT */
/* fs/tree/job.c - the directory of a job, wherever it is shown */
#include "fs/tree/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/resources/resources.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

struct job *node_job(struct op *op, const struct node *node)
{
	return collection_of(node->row) == &sessions
		? recording_of(op->core, node->id)
		: job_by_key(op->core, node->id);
}

static void job_row_locate(
	struct core *core, const struct node *node, FILE *out)
{
	const struct job *job = job_by_key(core, node->id);

	if (job)
		job_locate(job, out);
}

/* ---- what is there ---- */

static bool lacks_detail(const struct job *job)
{
	return job->is_foreign && !job->has_detail;
}

/*
 * Of a foreign job (another mount's, or another program's) only its line in the
 * API's list may be known. Its detail is fetched when a value is wanted that
 * the line does not have. It is polled only while somebody waits for it.
 */
static int job_detail(struct op *op, struct job *job)
{
	if (!lacks_detail(job) || op->cached_only)
		return 0;
	if (op->step)
		return job->status == JOB_ERROR ? job->err : 0;
	if (poller_has_given_up(job) && (op->unwait || poller_is_put_off(job)))
		return job->poll_err;
	if (!job->call && !job->is_storing) {
		if (op->unwait) {
			op->step = 1; /* it was fetched, and has answered */
			return 0;
		}
		poller_fetch(job);
	}
	return job_wait(op, job, false);
}

int job_exists(struct op *op, const struct node *node)
{
	struct job *job = node_job(op, node);

	if (!job || json_object_get(job->hidden, row_name(node->row)))
		return -ENOENT;
	return 0;
}

static int code_exists(struct op *op, const struct node *node)
{
	struct job *job = node_job(op, node);
	int err = job_exists(op, node);

	return err ? err : job->has_code ? 0 : -ENOENT;
}

/* It exists if it is known, or while it may still become known. */
static int exit_code_exists(struct op *op, const struct node *node)
{
	struct job *job = node_job(op, node);
	int err = job_exists(op, node);

	if (err || !job_is_final(job) || job->status == JOB_ERROR)
		return err;
	return json_member(job_fields(job), "exit_code") ? 0 : -ENOENT;
}

int job_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	struct job *job = node_job(op, node);

	if (!job)
		return -ENOENT;
	attr_times(attr, &job->changed, &job->changed);
	*timeout_s = job_is_final(job) && !lacks_detail(job) ? FOREVER_S : 0;
	return 0;
}

/* ---- values ---- */

/* The id is shown once it survives a power cut. */
static bool job_shows_id(const struct job *job)
{
	return job_is_kept(job) || job->is_ending;
}

/* The text that this mount itself has for the row; NULL: none. */
static const char *job_text(const struct job *job, const struct row *row)
{
	if (!strcmp(row_name(row), "id"))
		return job_shows_id(job) ? job->id : NULL;
	if (!strcmp(row_name(row), "error"))
		return job->error;
	return job->status != JOB_ERROR ? NULL : job->may_have_run ? "1" : "0";
}

static const char *job_state(const struct job *job)
{
	bool is_waiting =
		!job_is_final(job) && job->run && run_is_waiting(job->run);

	return job_status_word(is_waiting ? JOB_PENDING : job->status);
}

static void job_about(
	struct core *core, const struct node *node, struct about *about)
{
	const struct job *job = job_by_key(core, node->id);

	about->id = job ? job->id : NULL;
	snprintf(about->status, sizeof(about->status), "%s",
		job ? job_state(job) : "");
}

int job_text_exists(struct op *op, const struct node *node)
{
	int err = job_exists(op, node);

	if (!err && !job_text(node_job(op, node), node->row))
		err = -ENOENT;
	return err;
}

int job_text_render(struct op *op, const struct node *node, FILE *out)
{
	struct job *job = node_job(op, node);
	const char *text = job ? job_text(job, node->row) : NULL;

	if (!text)
		return -ENOENT;
	fprintf(out, "%s\n", text);
	return 0;
}

static int field_source(struct op *op, const struct node *node, json_t **json)
{
	struct job *job = node_job(op, node);
	int err = job_exists(op, node);

	*json = job ? job_fields(job) : NULL;
	return err;
}

static int cancel_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	struct job *job = node_job(op, node);

	(void)text;
	(void)len;
	return job ? run_cancel(op, job) : -ENOENT;
}

/* Only a job whose file is here: not one of another mount, nor an old job of a
 * file. */
static int rerun_exists(struct op *op, const struct node *node)
{
	struct job *job = node_job(op, node);
	int err = job_exists(op, node);

	return err ? err : job->file ? 0 : -ENOENT;
}

static int rerun_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	int err = run_again(op, node_job(op, node));

	(void)text;
	(void)len;
	if (err == -ENOENT)
		return row_refuse(op->core, "RERUN", node, NULL, err,
			"its file has been removed or renamed: save the "
			"program again");
	return err;
}

/* ---- the state, which reading asks for ---- */

static int handle_take_text(struct handle *handle, const char *text)
{
	handle->text = strdup(text);
	handle->len = strlen(text);
	return handle->text ? 0 : -ENOMEM;
}

/* A program that walks a tree (O_NOFOLLOW) sends no request. */
static int ask_state(struct op *op, struct job *job)
{
	if (!job)
		return -ENOENT;
	return op->fi.flags & O_NOFOLLOW ? 0 : poller_ask(op, job);
}

static int status_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);
	char text[32];
	int err = ask_state(op, job);

	if (err)
		return err;
	snprintf(text, sizeof(text), "%s\n", job_state(job));
	return handle_take_text(handle, text);
}

static int status_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);

	if (!err)
		attr_size(attr, strlen(job_state(node_job(op, node))) + 1);
	return err;
}

/* ---- output, and files that are kept on disk ---- */

static int output_of(const struct node *node)
{
	return strcmp(row_name(node->row), "stderr") ? JOB_STDOUT : JOB_STDERR;
}

/* The size is 0 until it is final; a read returns what is there. */
static int file_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);
	struct job *job = node_job(op, node);
	const char *name = row_name(node->row);

	if (err)
		return err;
	if (!strcmp(name, "code"))
		attr_size(attr, job->code_size);
	else if (job_is_final(job))
		attr_size(attr, job->output_size[output_of(node)]);
	return 0;
}

static int json_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);
	struct job *job = node_job(op, node);
	size_t len = 0;

	if (err)
		return err;
	if (job_has_own_json(job)) {
		char *text = job_json(job, &len);
		if (!text)
			return -ENOMEM;
		free(text);
	}
	attr_size(attr, len ? len : job->answer_size);
	return 0;
}

static int exit_code_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);
	struct job *job = node_job(op, node);
	const json_t *value;
	char *text;
	size_t len;

	if (err || !job_is_final(job) || job->status == JOB_ERROR)
		return err;
	value = json_member(job_fields(job), node->row->member);
	err = value ? value_content(value, &text, &len) : -ENOENT;
	if (err)
		return err;
	free(text);
	attr_size(attr, len);
	return 0;
}

/* stdout, stderr, exit_code: reading waits for the job. */
static int result_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);

	bool walks = op->fi.flags & O_NOFOLLOW;

	if (!job)
		return -ENOENT;
	if (!walks && job->status == JOB_ERROR && !job_ask_again(job))
		return job->err;
	int err = walks ? 0 : job_detail(op, job);
	if (err)
		return err;
	if (!node->row->source)
		return job_reader_open_output(handle, job, output_of(node));
	job_reader_open_result(handle, job);
	return 0;
}

int job_file_open(struct op *op, struct job *job, struct handle *handle,
	const char *suffix)
{
	int fd = job_open_file(&op->core->state, job->number, suffix, O_RDONLY);

	if (fd < 0)
		return fd;
	handle->fd = fd;
	handle->kind = &handle_file;
	return 0;
}

/* A power cut may have left the result of a save that had not returned, but
 * only a part of the program. */
static int code_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);
	struct stat st;
	int err = job ? job_file_open(op, job, handle, "code") : -ENOENT;

	if (err || job->run || fstat(handle->fd, &st) ||
		(uint64_t)st.st_size >= job->code_size)
		return err;
	job->has_code = false;
	close(handle->fd);
	handle->fd = -1;
	return -ENOENT;
}

static int answer_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);

	if (!job)
		return -ENOENT;
	if (op->task)
		return job_json_open(op, job, handle);
	int err = op->fi.flags & O_NOFOLLOW ? 0 : job_detail(op, job);
	if (!err)
		err = ask_state(op, job);
	if (err)
		return err;
	if (!job_has_own_json(job))
		return job->apart ? job_json_open(op, job, handle)
				  : job_file_open(op, job, handle, "answer");
	handle->text = job_json(job, &handle->len);
	return handle->text ? 0 : -ENOMEM;
}

/* ---- removing ---- */

int job_may_remove(struct op *op, const struct node *node, const char *name)
{
	const struct job *job = node_job(op, node);

	if (!job)
		return -ENOENT;
	if (job->is_foreign)
		return row_refuse(op->core, "REMOVE", node, name, -EPERM,
			"this mount has not submitted the job and keeps none "
			"of its files: rmdir of its directory forgets it");
	return job_is_final(job) ? 0
				 : row_refuse(op->core, "REMOVE", node, name,
					   -EBUSY, job_is_busy);
}

/* rm -r of a finished job's directory removes what is in it first. */
int job_remove_file(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	struct job *job = node_job(op, node);
	int err = job_may_remove(op, node, name);

	(void)is_dir;
	if (err)
		return err;
	if (!job->hidden)
		job->hidden = json_object();
	if (json_object_set_new(job->hidden, name, json_true()))
		return -ENOMEM;
	return job_store_record(job);
}

/* poll(2) on `status` waits for the end of the job. */
static unsigned status_poll(
	struct core *core, struct handle *handle, struct fuse_pollhandle *poll)
{
	struct job *job = job_by_key(core, handle->node->id);

	return job ? job_poll(job, poll) : handle_poll_ready(poll);
}

#define JOB_FILE(file, says, ...)                                              \
	READABLE("/jobs/{job}/" file, says, __VA_ARGS__)
#define FIELD(file, names, says)                                               \
	JOB_FILE(file, says, .source = field_source, .member = names)

static int directory_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);

	if (!job)
		return -ENOENT;
	job_reader_open_directory(handle, job);
	return 0;
}

const struct row tree_job_rows[] = {
	DIRECTORY("/jobs/{job}",
		"a job; also run/NAME.job. rmdir forgets it, once it has ended",
		.locate = job_row_locate, .exists = job_exists,
		.attr = job_attr, .about = job_about, .open = directory_open,
		.remove = job_remove_file),
	JOB_FILE("status",
		"pending, running, completed, failed, timeout, cancelled; "
		"error if the request failed",
		.exists = job_exists, .attr = status_attr, .open = status_open,
		.poll = status_poll),
	JOB_FILE("stdout",
		"what it printed; reading waits for more until it ends",
		.exists = job_exists, .attr = file_attr, .open = result_open),
	JOB_FILE("stderr", "what it printed as errors; likewise",
		.exists = job_exists, .attr = file_attr, .open = result_open),
	JOB_FILE("exit_code", "its exit status; reading waits for the end",
		.flags = ROW_FINAL, .exists = exit_code_exists,
		.attr = exit_code_attr, .open = result_open,
		.source = field_source, .member = "exit_code"),
	WRITABLE("/jobs/{job}/cancel", "1 cancels it; what it printed stays",
		.flags = ROW_ACTION, .exists = job_exists,
		.text = "write 1 here to cancel the job; what it has "
			"printed stays\n",
		.write = cancel_write),
	WRITABLE("/jobs/{job}/rerun", "1 runs the same file again",
		.flags = ROW_ACTION, .exists = rerun_exists,
		.text = "write 1 here to run the same file again, as another "
			"save of it would\n",
		.write = rerun_write),
	DIRECTORY("/jobs/{job}/artifacts", "files that it left behind",
		.exists = job_exists, .list = artifacts_list,
		.find = artifacts_find, .remove = artifact_remove),
	JOB_FILE("artifacts/{artifact}", "one of them, decoded",
		.flags = ROW_FINAL, .attr = artifact_attr,
		.open = artifact_open),
	JOB_FILE("code", "the program as it was sent", .flags = ROW_FINAL,
		.exists = code_exists, .attr = file_attr, .open = code_open),
	JOB_FILE("error",
		"why it failed, in the API's words; and whether it may have "
		"run",
		.exists = job_text_exists, .render = job_text_render),
	JOB_FILE("may_have_run",
		"with the status error: 0 if it certainly did not run",
		.exists = job_text_exists, .render = job_text_render),
	JOB_FILE("id", "the API's id of it", .exists = job_text_exists,
		.render = job_text_render),
	FIELD("language", "language|detected_language", "what ran it"),
	FIELD("detected_language", "detected_language",
		"the language that the API detected"),
	FIELD("success", "success", "1 if it exited with 0"),
	FIELD("network_mode", "network_mode", "zerotrust or semitrusted"),
	FIELD("created_at", "created_at", "when it was submitted"),
	FIELD("started_at", "started_at", "when it began"),
	FIELD("completed_at", "completed_at", "when it ended"),
	FIELD("total_time_ms",
		"total_time_ms|execution_time_ms|execution_time|duration_ms",
		"how long it took, in milliseconds"),
	FIELD("message", "message", "what else the API says"),
	JOB_FILE("job.json", "the API's whole answer", .exists = job_exists,
		.attr = json_attr, .open = answer_open),
	{ 0 },
};
