/* SPDX-License-Identifier: MIT */
/* fs/tree_jobs.c - jobs/, and the directory of a job wherever it is shown */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/draft.h"
#include "fs/handle.h"
#include "fs/job_store.h"
#include "fs/listing.h"
#include "fs/mount.h"
#include "fs/run.h"
#include "fs/tree_tables.h"

static struct job *node_job(struct op *op, const struct node *node)
{
	return job_by_key(op->fs, node->id);
}

/* ---- what is there ---- */

/*
 * A job of which only the list's line is known is asked for when something of
 * it is wanted that the line does not tell. Its owner is somebody else, or
 * another mount: no poll follows it unless one waits for it.
 */
static int job_detail(struct op *op, struct job *job)
{
	if (job->has_detail || !job->is_foreign || op->is_peeking)
		return 0;
	if (op->step)
		return job->status == JOB_ERROR ? job->err : 0;
	if (!job->call && !job->is_storing) {
		if (op->watched) {
			op->step = 1; /* it was asked for, and has answered */
			return 0;
		}
		poller_fetch(job);
	}
	return op_wait_job(op, job, false);
}

static int job_exists(struct op *op, const struct node *node)
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

static int error_exists(struct op *op, const struct node *node)
{
	struct job *job = node_job(op, node);
	int err = job_exists(op, node);

	return err ? err : job->error ? 0 : -ENOENT;
}

/* There while it may still come, and where it came. */
static int exit_code_exists(struct op *op, const struct node *node)
{
	struct job *job = node_job(op, node);
	int err = job_exists(op, node);

	if (err || !job_is_final(job) || job->status == JOB_ERROR)
		return err;
	return json_member(job->fields, "exit_code") ? 0 : -ENOENT;
}

static int job_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	struct job *job = node_job(op, node);

	if (!job)
		return -ENOENT;
	attr_times(attr, &job->changed, &job->changed);
	*timeout_s = job_is_final(job) ? FOREVER_S : 0;
	return 0;
}

static void attr_size(struct stat *attr, uint64_t size)
{
	attr->st_size = size;
	attr->st_blocks = (size + 511) / 512;
}

/* ---- values ---- */

static int status_render(struct op *op, const struct node *node, FILE *out)
{
	struct job *job = node_job(op, node);

	if (!job)
		return -ENOENT;
	fprintf(out, "%s\n", job_status_word(job->status));
	return 0;
}

static int error_render(struct op *op, const struct node *node, FILE *out)
{
	struct job *job = node_job(op, node);

	if (!job || !job->error)
		return -ENOENT;
	fprintf(out, "%s\n", job->error);
	return 0;
}

static int id_render(struct op *op, const struct node *node, FILE *out)
{
	struct job *job = node_job(op, node);

	if (!job || !job->id)
		return -ENOENT;
	fprintf(out, "%s\n", job->id);
	return 0;
}

static int id_exists(struct op *op, const struct node *node)
{
	struct job *job = node_job(op, node);

	return job && job->id ? job_exists(op, node) : -ENOENT;
}

static int field_source(struct op *op, const struct node *node, json_t **json)
{
	struct job *job = node_job(op, node);
	int err = job_exists(op, node);

	*json = job ? job->fields : NULL;
	return err;
}

static int cancel_render(struct op *op, const struct node *node, FILE *out)
{
	(void)op;
	(void)node;
	fputs("write anything here to cancel the job; what it has printed "
	      "stays\n",
		out);
	return 0;
}

static int cancel_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	struct job *job = node_job(op, node);

	(void)text;
	if (!job)
		return -ENOENT;
	return len ? run_cancel(op, job) : 0;
}

/* ---- output, and files that are kept on disk ---- */

static int output_of(const struct node *node)
{
	return strcmp(row_name(node->row), "stderr") ? JOB_STDOUT : JOB_STDERR;
}

/* The size is told once it is known for good; until then it is 0, and a read
 * gives what is there. */
static int output_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);
	struct job *job = node_job(op, node);

	if (!err && job_is_final(job))
		attr_size(attr, job->output_size[output_of(node)]);
	return err;
}

static int output_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);

	if (!job)
		return -ENOENT;
	if (job->status == JOB_ERROR)
		return job->err;
	int err = job_detail(op, job);
	return err ? err : handle_open_output(handle, job, output_of(node));
}

static int exit_code_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);
	struct job *job = node_job(op, node);
	char *text;
	size_t len;

	if (err || !job_is_final(job) || job->status == JOB_ERROR)
		return err;
	err = row_content(op, node, &text, &len);
	if (err)
		return err;
	free(text);
	attr_size(attr, len);
	return 0;
}

static int exit_code_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);

	if (!job)
		return -ENOENT;
	if (job->status == JOB_ERROR)
		return job->err;
	int err = job_detail(op, job);
	if (err)
		return err;
	job_hold(job);
	handle->job = job;
	handle->kind = HANDLE_WAIT;
	return 0;
}

static int file_open(struct op *op, struct job *job, struct handle *handle,
	const char *suffix)
{
	int fd = job_open_file(&op->fs->state, job->number, suffix, O_RDONLY);

	if (fd < 0)
		return fd;
	handle->fd = fd;
	handle->kind = HANDLE_FILE;
	return 0;
}

static int code_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);

	if (!err)
		attr_size(attr, node_job(op, node)->code_size);
	return err;
}

static int code_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);

	return job ? file_open(op, job, handle, "code") : -ENOENT;
}

static int answer_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);

	if (!err && job_is_final(node_job(op, node)))
		attr_size(attr, node_job(op, node)->answer_size);
	return err;
}

static int answer_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);

	if (!job)
		return -ENOENT;
	int err = job_detail(op, job);
	if (err)
		return err;
	err = file_open(op, job, handle, "answer");
	if (err != -ENOENT)
		return err;
	handle->kind = HANDLE_TEXT; /* no answer has come: an empty one */
	handle->text = strdup("{}\n");
	handle->len = 3;
	return handle->text ? 0 : -ENOMEM;
}

/* ---- artifacts ---- */

static const struct job_artifact *artifact_of(
	const struct job *job, const char *name, size_t *index)
{
	for (size_t i = 0; job && i < job->artifact_count; i++) {
		if (strcmp(job->artifacts[i].name, name))
			continue;
		*index = i;
		return &job->artifacts[i];
	}
	return NULL;
}

static int artifacts_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	struct job *job = node_job(op, node);
	int err = job ? 0 : -ENOENT;

	for (size_t i = 0; !err && i < job->artifact_count; i++) {
		struct found found;
		const char *name = job->artifacts[i].name;
		err = found_row(&found,
			tree_row("/jobs/{job}/artifacts/{artifact}"), job->key,
			name);
		if (!err)
			err = listing_add(listing, name, &found);
	}
	return err;
}

static int artifacts_find(struct op *op, const struct node *node,
	const char *name, struct found *found)
{
	size_t index;

	if (!artifact_of(node_job(op, node), name, &index))
		return -ENOENT;
	return found_row(found, tree_row("/jobs/{job}/artifacts/{artifact}"),
		node->id, name);
}

static int artifact_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	int err = job_attr(op, node, attr, timeout_s);
	size_t index;
	const struct job_artifact *artifact =
		artifact_of(node_job(op, node), node->name, &index);

	if (!err && artifact)
		attr_size(attr, artifact->size);
	return err ? err : artifact ? 0 : -ENOENT;
}

static int artifact_open(
	struct op *op, const struct node *node, struct handle *handle)
{
	struct job *job = node_job(op, node);
	char suffix[40];
	size_t index;

	if (!artifact_of(job, node->name, &index))
		return -ENOENT;
	snprintf(suffix, sizeof(suffix), "artifact.%zu", index);
	return file_open(op, job, handle, suffix);
}

/* ---- removing ---- */

/* rm -r of a finished job's directory removes what is in it first. */
static int job_remove_file(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	struct job *job = node_job(op, node);

	(void)is_dir;
	if (!job)
		return -ENOENT;
	if (job->is_foreign)
		return -EPERM;
	if (!job_is_final(job))
		return -EBUSY;
	if (!job->hidden)
		job->hidden = json_object();
	if (json_object_set_new(job->hidden, name, json_true()))
		return -ENOMEM;
	return job_store_record(job);
}

static int artifact_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	struct job *job = node_job(op, node);
	size_t index;

	(void)is_dir;
	if (!artifact_of(job, name, &index))
		return -ENOENT;
	if (job->is_foreign)
		return -EPERM;
	if (!job_is_final(job))
		return -EBUSY;
	/* The last takes its place: files are numbered by place. */
	job_store_swap_artifacts(
		&op->fs->state, job->number, index, job->artifact_count - 1);
	free(job->artifacts[index].name);
	job->artifacts[index] = job->artifacts[--job->artifact_count];
	return job_store_record(job);
}

static int jobs_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	struct fs *fs = op->fs;
	struct job *job = jobs_lookup(fs, name);

	(void)node;
	if (json_object_get(fs->jobs.aliases, name)) {
		jobs_drop_alias(fs, name);
		return 0;
	}
	if (!job || !is_dir)
		return -EPERM;
	if (!job_is_final(job))
		return -EBUSY;
	job_remove(job);
	return 0;
}

/* ---- jobs/ itself ---- */

static int jobs_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	(void)node;
	attr_times(attr, &op->fs->jobs.changed, &op->fs->jobs.changed);
	*timeout_s = 0;
	return 0;
}

static int add_job(struct listing *listing, const struct job *job)
{
	struct found found;
	char name[300];

	job_name(job, name, sizeof(name));
	int err = found_row(&found, tree_row("/jobs/{job}"), job->key, NULL);
	return err ? err : listing_add(listing, name, &found);
}

static int add_aliases(struct op *op, struct listing *listing)
{
	const char *alias;
	json_t *number;
	int err = 0;

	json_object_foreach (op->fs->jobs.aliases, alias, number) {
		struct found found;
		if (!job_by_number(op->fs, json_integer_value(number)))
			continue;
		err = found_row(&found, tree_row("/jobs/{alias}"), alias, NULL);
		if (!err)
			err = listing_add(listing, alias, &found);
		if (err)
			break;
	}
	return err;
}

/* The list of others' jobs is the API's; where it cannot be had, our own are
 * listed all the same. */
static int jobs_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	struct cache_answer answer;
	struct job *job;
	int err = op_get(op, API_JOBS, NULL, &answer);

	(void)node;
	if (err == -EINPROGRESS)
		return err;
	if (!err)
		jobs_read_list(op->fs, answer.json, answer.fetched_ms);
	err = add_aliases(op, listing);
	TAILQ_FOREACH(job, &op->fs->jobs.all, link)
	{
		if (err || !job->is_async || job->is_unlisted)
			continue;
		err = add_job(listing, job);
	}
	return err;
}

/* A request is not wasted on each name that a shell or an editor tries: job ids
 * are UUIDs (api.md 3.1); others are known from the list. */
static bool looks_like_id(const char *name)
{
	size_t dashes = 0, digits = 0;

	for (const char *c = name; *c; c++) {
		dashes += *c == '-';
		digits += isxdigit((unsigned char)*c) != 0;
	}
	return dashes == 4 && digits == 32 && strlen(name) == 36;
}

/* By hand, an id is asked for at the API where it is not known here. */
static int jobs_find(struct op *op, const struct node *node, const char *name,
	struct found *found)
{
	struct fs *fs = op->fs;
	struct job *job = jobs_lookup(fs, name);
	struct cache_answer answer;

	(void)node;
	if (json_object_get(fs->jobs.aliases, name))
		return found_row(found, tree_row("/jobs/{alias}"), name, NULL);
	if (!job && looks_like_id(name)) {
		enum job_status status;
		int err = op_get(op, API_JOB, name, &answer);
		if (!err)
			err = job_judge(answer.json, &status);
		if (err)
			return err;
		job = job_foreign(fs, name);
		if (!job)
			return -ENOMEM;
		job->is_unlisted = true;
		job_answer(job, answer.json, status);
	}
	if (!job)
		return -ENOENT;
	return found_row(found, tree_row("/jobs/{job}"), job->key, NULL);
}

static int jobs_move_in(struct op *op, const struct node *node,
	struct spool_inode *inode, const char *name)
{
	(void)node;
	return draft_submit_job(op, inode, name);
}

static int jobs_new_spool(
	struct op *op, const struct node *dir, struct found *found)
{
	const struct options *options = op->fs->options;

	(void)dir;
	memset(found, 0, sizeof(*found));
	found->inode = spool_top(op->fs->spool, "jobs/new", options->uid,
		options->gid, &op->fs->born);
	return found->inode ? 0 : -errno;
}

/* ---- links ---- */

static int latest_exists(struct op *op, const struct node *node)
{
	(void)node;
	return job_by_number(op->fs, op->fs->jobs.latest) ? 0 : -ENOENT;
}

static int link_render(
	struct op *op, struct job *job, const char *prefix, FILE *out)
{
	char name[300];

	(void)op;
	if (!job)
		return -ENOENT;
	job_name(job, name, sizeof(name));
	fprintf(out, "%s%s", prefix, name);
	return 0;
}

static int latest_render(struct op *op, const struct node *node, FILE *out)
{
	(void)node;
	return link_render(
		op, job_by_number(op->fs, op->fs->jobs.latest), "", out);
}

static int alias_render(struct op *op, const struct node *node, FILE *out)
{
	json_t *number = json_object_get(op->fs->jobs.aliases, node->id);

	return link_render(
		op, job_by_number(op->fs, json_integer_value(number)), "", out);
}

static int submitted_render(struct op *op, const struct node *node, FILE *out)
{
	return link_render(op, node_job(op, node), "../", out);
}

#define FIELD(file, names, text)                                               \
	{                                                                      \
		.path = "/jobs/{job}/" file, .kind = ROW_FILE, .mode = 0444,   \
		.source = field_source, .member = names, .help = text,         \
	}
#define JOB_FILE .kind = ROW_FILE, .mode = 0444

const struct row tree_jobs_rows[] = {
	{ .path = "/jobs",
		.kind = ROW_DIR,
		.mode = 0755,
		.attr = jobs_attr,
		.list = jobs_list,
		.find = jobs_find,
		.remove = jobs_remove,
		.move_in = jobs_move_in,
		.help = "asynchronous jobs: this mount's, and what the API "
			"lists" },
	{ .path = "/jobs/new",
		.kind = ROW_DIR,
		.mode = 0755,
		.spool = jobs_new_spool,
		.help = "save a script here to submit it as an asynchronous "
			"job; mkdir makes a draft" },
	{ .path = "/jobs/new/{name}.job",
		.kind = ROW_LINK,
		.mode = 0777,
		.flags = ROW_VOLATILE,
		.attr = job_attr,
		.render = submitted_render,
		.help = "the newest job of NAME" },
	{ .path = "/jobs/latest",
		.kind = ROW_LINK,
		.mode = 0777,
		.flags = ROW_VOLATILE,
		.exists = latest_exists,
		.render = latest_render,
		.help = "the job that this mount submitted last" },
	{ .path = "/jobs/{alias}",
		.kind = ROW_LINK,
		.mode = 0777,
		.flags = ROW_VOLATILE,
		.render = alias_render,
		.help = "the job of a draft that was moved here under this "
			"name" },
	{ .path = "/jobs/{job}",
		.kind = ROW_DIR,
		.mode = 0755,
		.flags = ROW_VOLATILE,
		.exists = job_exists,
		.attr = job_attr,
		.remove = job_remove_file,
		.help = "a job; also run/NAME.job. rmdir forgets it, once it "
			"has ended" },
	{ .path = "/jobs/{job}/status",
		JOB_FILE,
		.exists = job_exists,
		.render = status_render,
		.help = "pending, running, completed, failed, timeout, "
			"cancelled; error where nothing ran" },
	{ .path = "/jobs/{job}/stdout",
		JOB_FILE,
		.exists = job_exists,
		.attr = output_attr,
		.open = output_open,
		.help = "what it printed; reading waits for more until it "
			"ends" },
	{ .path = "/jobs/{job}/stderr",
		JOB_FILE,
		.exists = job_exists,
		.attr = output_attr,
		.open = output_open,
		.help = "what it printed as errors; likewise" },
	{ .path = "/jobs/{job}/exit_code",
		JOB_FILE,
		.exists = exit_code_exists,
		.attr = exit_code_attr,
		.open = exit_code_open,
		.source = field_source,
		.flags = ROW_FINAL,
		.member = "exit_code",
		.help = "its exit status; reading waits for the end" },
	{ .path = "/jobs/{job}/cancel",
		.kind = ROW_FILE,
		.mode = 0644,
		.flags = ROW_ACTION,
		.exists = job_exists,
		.render = cancel_render,
		.write = cancel_write,
		.help = "any write cancels it; what it printed stays" },
	{ .path = "/jobs/{job}/artifacts",
		.kind = ROW_DIR,
		.mode = 0755,
		.exists = job_exists,
		.list = artifacts_list,
		.find = artifacts_find,
		.remove = artifact_remove,
		.help = "files that it left behind" },
	{ .path = "/jobs/{job}/artifacts/{artifact}",
		JOB_FILE,
		.flags = ROW_FINAL,
		.attr = artifact_attr,
		.open = artifact_open,
		.help = "one of them, decoded" },
	{ .path = "/jobs/{job}/code",
		JOB_FILE,
		.flags = ROW_FINAL,
		.exists = code_exists,
		.attr = code_attr,
		.open = code_open,
		.help = "the program as it was sent" },
	{ .path = "/jobs/{job}/error",
		JOB_FILE,
		.exists = error_exists,
		.render = error_render,
		.help = "why it failed, in the API's words" },
	{ .path = "/jobs/{job}/id",
		JOB_FILE,
		.exists = id_exists,
		.render = id_render,
		.help = "the API's id of it" },
	FIELD("language", "language|detected_language", "what ran it"),
	FIELD("success", "success", "1 where it exited with 0"),
	FIELD("network_mode", "network_mode", "zerotrust or semitrusted"),
	FIELD("created_at", "created_at", "when it was submitted"),
	FIELD("started_at", "started_at", "when it began"),
	FIELD("completed_at", "completed_at", "when it ended"),
	FIELD("total_time_ms",
		"total_time_ms|execution_time_ms|execution_time|"
		"duration_ms",
		"how long it took, in milliseconds"),
	FIELD("message", "message", "what the API says beside"),
	{ .path = "/jobs/{job}/job.json",
		JOB_FILE,
		.exists = job_exists,
		.attr = answer_attr,
		.open = answer_open,
		.help = "the API's whole answer" },
	{ 0 },
};
