/* SPDX-License-Identifier: MIT */
/* fs/drafts/draft.c - a directory that is filled at leisure, then made
 * something of */
#include "fs/drafts/draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/errors.h"
#include "fs/base/name_rule.h"
#include "fs/core/core.h"
#include "fs/files/spool.h"
#include "fs/jobs/jobs.h"

static void draft_empty(struct core *core, struct spool_inode *dir)
{
	struct spool_inode *inode;
	const char *name;

	while (spool_entry(dir, 0, &name, &inode)) {
		char *gone = strdup(name);
		if (!gone)
			return;
		if (S_ISDIR(inode->mode))
			draft_empty(core, inode);
		int err = S_ISDIR(inode->mode)
			? spool_rmdir(core->spool, dir, gone, &core->now)
			: spool_unlink(core->spool, dir, gone, &core->now);
		free(gone);
		if (err)
			return;
	}
}

void draft_remove(struct core *core, struct spool_inode *draft)
{
	struct spool_inode *parent = draft->parent;
	const char *name;
	struct spool_inode *dir;

	draft_empty(core, draft);
	if (parent && spool_link_at(draft, 0, &dir, &name)) {
		char *gone = strdup(name);
		if (gone)
			spool_rmdir(core->spool, parent, gone, &core->now);
		free(gone);
	}
}

static bool is_program(const char *name, struct spool_inode *inode)
{
	return S_ISREG(inode->mode) && inode->size && !name_is_ignored(name) &&
		!place_is_input(name, inode);
}

/* The one program, or the one that is called main. */
static struct spool_inode *draft_program(
	struct spool_inode *draft, const char **found, size_t *count)
{
	struct spool_inode *inode, *program = NULL;
	const char *name;
	bool has_main = false;

	*count = 0;
	for (size_t i = 0; spool_entry(draft, i, &name, &inode); i++) {
		bool is_main =
			!strncmp(name, "main.", 5) || !strcmp(name, "main");
		if (!is_program(name, inode))
			continue;
		++*count;
		if (program && !(is_main && !has_main))
			continue;
		has_main |= is_main;
		program = inode;
		*found = name;
	}
	if (*count > 1 && !has_main)
		return NULL;
	return program;
}

static int draft_refuse(
	struct op *op, const char *name, int err, const char *why)
{
	errors_add(op->core->errors, &op->core->now, "MOVE", name, 0, err, why);
	return err;
}

static int draft_start(struct op *op, struct spool_inode *draft,
	const char *name, struct job **job)
{
	struct core *core = op->core;
	struct spool_inode *program;
	const char *program_name;
	size_t count;

	if (!S_ISDIR(draft->mode) || !draft->parent || draft->parent->parent ||
		!place_of(draft)->has_drafts)
		return -EPERM;
	if (jobs_lookup(core, name) ||
		json_object_get(core->jobs->aliases, name) ||
		!strcmp(name, "new") || !strcmp(name, "latest"))
		return -EEXIST;
	program = draft_program(draft, &program_name, &count);
	if (!program)
		return draft_refuse(op, name, -EINVAL,
			count ? "the draft has several programs, and "
				"none is called main.*"
			      : "the draft has no program");
	return run_start(core, draft, program_name, program, false, job);
}

/* Who gave up waiting has moved nothing: what is still in the queue leaves it.
 */
static void draft_end(struct op *op)
{
	struct job **held = op->extra;

	if (!held)
		return;
	if ((*held)->run && run_is_waiting((*held)->run)) {
		run_drop((*held)->run);
		job_remove(*held);
	}
	job_drop(*held);
}

int draft_submit_job(struct op *op, struct spool_inode *draft, const char *name)
{
	struct job *job, **held = op->extra;

	if (!held) {
		int err = draft_start(op, draft, name, &job);
		if (err)
			return err;
		held = malloc(sizeof(*held));
		if (!held)
			return -ENOMEM;
		*held = job;
		job_hold(job);
		op->extra = held;
		op->end = draft_end;
	}
	job = *held;
	if (job->status == JOB_ERROR) {
		int err = job->err;
		job_remove(job);
		return err;
	}
	if (!job->was_accepted && !job_is_final(job))
		return op_wait(op, &job->waiters);
	draft_remove(op->core, draft);
	return jobs_set_alias(op->core, name, job);
}
