/* SPDX-License-Identifier: MIT */
/* fs/ops/stale.c - cached names that no longer stand for a job */
#include "fs/ops/stale.h"

#include <string.h>

#include "fs/core/core.h"
#include "fs/ops/nodes.h"
#include "fs/ops/open_descriptors.h"

struct handle *handle_of_caller(
	const struct op *op, const struct node *node, bool reads)
{
	struct handle *handle;
	pid_t process = 0;

	if (node->holds < 2) /* the operation holds it once */
		return NULL;
	TAILQ_FOREACH_REVERSE(handle, &op->core->open, handle_list, link)
	{
		if (handle->node != node || (reads && !handle->is_reader))
			continue;
		if (handle->thread == op->pid)
			return handle;
		if (!process)
			process = writer_process(op->pid);
		if (process && writer_process(handle->thread) == process)
			return handle;
	}
	return NULL;
}

static struct told_stale *told_stale(const struct op *op)
{
	return &op->core->told_stale[op->pid % TOLD_STALE];
}

static uint64_t job_hash(const struct node *node)
{
	return hash_text(HASH_START, node->id);
}

bool stale_was_told(const struct op *op, const struct node *node)
{
	const struct told_stale *told = told_stale(op);

	return op->pid && told->thread == op->pid &&
		told->job == job_hash(node);
}

void stale_tell(const struct op *op, const struct node *node)
{
	*told_stale(op) =
		(struct told_stale){ op->pid, job_hash(node), 0, false };
}

/* As the kernel does first, for each path that has it. */
static bool asks_about_job(const struct op *op)
{
	return op->act == tree_getattr &&
		op->node->row == tree_row("/jobs/{job}");
}

void stale_asked(const struct op *op)
{
	struct told_stale *told = told_stale(op);

	if (told->thread != op->pid)
		return;
	if (!op->node || !stale_was_told(op, op->node) ||
		(told->is_used && asks_about_job(op)))
		told->thread = 0;
	told->is_used |= op->act != tree_getattr;
}

bool stale_is_reached(const struct op *op, struct node *node)
{
	uint64_t looked_up = told_stale(op)->expiry;
	bool may_be_fstat = op->act == tree_getattr;

	if (!node->expiry)
		return true;
	if (stale_was_told(op, node)) {
		if (looked_up == node->expiry)
			node->expiry = 0;
		if (!looked_up || !node->expiry)
			return true;
	}
	if (op->fi.fh || (may_be_fstat && handle_of_caller(op, node, false)))
		return true;
	stale_tell(op, node);
	return false;
}

void stale_named(const struct op *op, struct node *node)
{
	if (!node->expiry)
		return;
	if (op->node && !strcmp(op->node->id, node->id))
		node->expiry = op->node->expiry;
	else if (op->pid)
		*told_stale(op) = (struct told_stale){ op->pid, job_hash(node),
			node->expiry, false };
	else
		node->expiry = 0;
}
