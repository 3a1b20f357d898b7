/* SPDX-License-Identifier: MIT */
/* fs/tree/jobs.c - jobs/: all asynchronous jobs */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/drafts/drafts.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
#include "fs/tree/job.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

static int jobs_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	struct core *core = op->core;
	struct job *job = jobs_lookup(core, name);

	if (jobs_alias(core, name)) {
		jobs_drop_alias(core, name);
		return 0;
	}
	if (!job || !is_dir)
		return row_refuse(core, "REMOVE", node, name, -EPERM,
			"it is part of jobs/; a job that has ended is "
			"forgotten by rmdir of its directory");
	if (!job_is_final(job))
		return row_refuse(
			core, "REMOVE", node, name, -EBUSY, job_is_busy);
	if (job->id)
		jobs_forget(core, job->id);
	job_remove(job);
	return 0;
}

/* ---- jobs/ itself ---- */

static int jobs_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	(void)node;
	attr_times(attr, &op->core->jobs->changed, &op->core->jobs->changed);
	*timeout_s = 0;
	return 0;
}

static int add_job(struct listing *listing, const struct job *job)
{
	char name[300];

	job_name(job, name, sizeof(name));
	return listing_add_row(
		listing, name, tree_row("/jobs/{job}"), job->key, NULL);
}

/* The job of an alias, unless a draft of its name, which will replace it, hides
 * it: the kernel would not rename a directory onto a link. */
static struct job *alias_job(struct core *core, const char *alias)
{
	struct job *job = jobs_alias(core, alias);
	struct file *drafts = job ? files_top(core->files, "jobs/new") : NULL;
	struct file *draft;

	if (drafts && file_lookup(drafts, alias, &draft) == 0) {
		if (S_ISDIR(draft->type))
			job = NULL;
		file_drop(draft);
	}
	file_drop(drafts);
	return job;
}

static int add_aliases(struct op *op, struct listing *listing)
{
	const struct row *row = tree_row("/jobs/{alias}");
	const char *key;
	json_t *unused;
	int err = 0;

	json_object_foreach (op->core->jobs->aliases, key, unused) {
		json_t *string = json_string_nocheck(key);
		size_t len;
		char *alias = json_to_bytes(string, &len);
		json_decref(string);
		if (!alias)
			err = -ENOMEM;
		else if (alias_job(op->core, alias))
			err = listing_add_row(listing, alias, row, alias, NULL);
		free(alias);
		if (err)
			break;
	}
	return err;
}

/* The name of a job that the API has not accepted yet will change. */
static bool is_listed(const struct job *job)
{
	return job->is_async && !job->is_unlisted &&
		(job->was_accepted || job->is_foreign || job_is_final(job));
}

/* Foreign jobs are those of the API's list; if that fails, our own are still
 * listed. */
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
		jobs_read_list(op->core, answer.json, answer.fetched_ms);
	err = add_aliases(op, listing);
	TAILQ_FOREACH(job, &op->core->jobs->all, link)
	{
		if (!err && is_listed(job))
			err = add_job(listing, job);
	}
	return err;
}

/* Not every name that a shell or an editor looks up is worth a request: job ids
 * are UUIDs (api/API.md 3.1), and all other names are known from the list. */
static bool looks_like_id(const char *name)
{
	size_t dashes = 0, digits = 0;

	for (const char *c = name; *c; c++) {
		dashes += *c == '-';
		digits += isxdigit((unsigned char)*c) != 0;
	}
	return dashes == 4 && digits == 32 && strlen(name) == 36;
}

/* Looking up an unknown id asks the API for that job. */
static int jobs_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	struct core *core = op->core;
	struct job *job = jobs_lookup(core, name);
	struct cache_answer answer;

	(void)node;
	if (alias_job(core, name))
		return lookup_row(found, tree_row("/jobs/{alias}"), name, NULL);
	if (!job && looks_like_id(name) && !job_by_id(core, name) &&
		!job_is_forgotten(core, name)) {
		enum job_status status;
		int err = op_get(op, API_JOB, name, &answer);
		if (!err)
			err = job_judge(answer.json, &status);
		if (err)
			return err;
		job = job_foreign(core, name);
		if (!job)
			return -ENOMEM;
		job->is_unlisted = true;
		job_answer(job, answer.json, NULL, status);
	}
	if (!job)
		return -ENOENT;
	return lookup_row(found, tree_row("/jobs/{job}"), job->key, NULL);
}

static int jobs_move_in(struct op *op, const struct node *node,
	struct file *file, const char *name)
{
	(void)node;
	return draft_submit_job(op, file, name);
}

static int jobs_new_saves(
	struct op *op, const struct node *dir, struct lookup_result *found)
{
	(void)dir;
	return lookup_top(found, op->core->files, "jobs/new");
}

/* node->id is the inode number of the draft. */
static void submitted_draft_locate(
	struct core *core, const struct node *node, FILE *out)
{
	struct file *draft =
		file_by_ino(core->files, strtoull(node->id, NULL, 10));

	if (draft)
		dir_locate(core, draft, NULL, out);
}

static int commit_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	struct file *draft =
		file_by_ino(op->core->files, strtoull(node->id, NULL, 10));
	struct file *dir;
	const char *name;

	(void)text;
	(void)len;
	if (op->step)
		return task_wait(op);
	if (!draft || !file_place(draft, 0, &dir, &name))
		return -ENOENT;
	file_hold(draft);
	int err = draft_submit_job(op, draft, name);
	file_drop(draft);
	return err;
}

/* ---- links ---- */

static int link_render(const struct job *job, const char *prefix, FILE *out)
{
	char name[300];

	if (!job)
		return -ENOENT;
	job_name(job, name, sizeof(name));
	fprintf(out, "%s%s", prefix, name);
	return 0;
}

static int latest_exists(struct op *op, const struct node *node)
{
	(void)node;
	return job_by_number(op->core, op->core->jobs->latest) ? 0 : -ENOENT;
}

static int latest_render(struct op *op, const struct node *node, FILE *out)
{
	(void)node;
	return link_render(
		job_by_number(op->core, op->core->jobs->latest), "", out);
}

static int alias_render(struct op *op, const struct node *node, FILE *out)
{
	return link_render(jobs_alias(op->core, node->id), "", out);
}

/* Both are also for a ghost, whose job is gone (fs/jobs/ghost.h). */
static int submitted_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	*timeout_s = 0;
	return node_job(op, node) ? job_attr(op, node, attr, timeout_s) : 0;
}

static int submitted_render(struct op *op, const struct node *node, FILE *out)
{
	const struct job *job = node_job(op, node);

	if (!job)
		fputs("../removed", out);
	return job ? link_render(job, "../", out) : 0;
}

const struct row tree_jobs_rows[] = {
	DIRECTORY("/jobs",
		"asynchronous jobs: this mount's, and what the API lists",
		.instead = "a job is made in jobs/new/", .attr = jobs_attr,
		.list = jobs_list, .find = jobs_find, .remove = jobs_remove,
		.move_in = jobs_move_in),
	DIRECTORY("/jobs/new",
		"save a script here to submit it as an asynchronous job; "
		"mkdir makes a draft",
		.saves = jobs_new_saves),
	LINK("/jobs/new/{name}.job", "the newest job of NAME",
		.attr = submitted_attr, .render = submitted_render),
	DIRECTORY("/jobs/new/{draft}",
		"a program and its files, which mv to jobs/ submits",
		.locate = submitted_draft_locate),
	WRITABLE("/jobs/new/{draft}/commit",
		"1 submits it, as mv to jobs/ does; not listed",
		.flags = ROW_ACTION | ROW_UNLISTED,
		.text = "write 1 here to submit this directory as a job\n",
		.write = commit_write),
	LINK("/jobs/latest",
		"the job that was saved here last, accepted or not",
		.exists = latest_exists, .render = latest_render),
	LINK("/jobs/{alias}",
		"the job of a draft that was moved here under this name",
		.render = alias_render),
	{ 0 },
};
