/* SPDX-License-Identifier: MIT */
/* fs/core/notifier.c - invalidates what the kernel has cached */
#include "fs/core/notifier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"

/* Far longer than the thread ever blocks. */
enum { SETTLE_MS = 1000 };

/* Buckets of nodes that are visited in one turn of the loop. */
enum { STEP = 8192 };

struct batch {
	struct core *core;
	size_t count;
	uint64_t inodes[];
};

int notifier_init(struct notifier *notifier)
{
	TAILQ_INIT(&notifier->waiters);
	notifier->worker = worker_new();
	return notifier->worker ? 0 : -ENOMEM;
}

void notifier_clear(struct notifier *notifier)
{
	if (notifier->worker)
		worker_free(notifier->worker);
	notifier->worker = NULL;
	free(notifier->inodes);
	notifier->inodes = NULL;
	notifier->count = notifier->room = 0;
}

/* If out of memory, the kernel's cache stays until its time-out. After
 * the unmount there is none. */
static int inode_post(struct notifier *notifier, uint64_t ino)
{
	if (!notifier->worker)
		return -ENOTCONN;
	if (notifier->count == notifier->room) {
		size_t room = notifier->room ? notifier->room * 2 : 64;
		uint64_t *grown = reallocarray(
			notifier->inodes, room, sizeof(*notifier->inodes));
		if (!grown)
			return -ENOMEM;
		notifier->inodes = grown;
		notifier->room = room;
	}
	notifier->inodes[notifier->count++] = ino;
	notifier->posted++;
	return 0;
}

static void notify_node(struct core *core, struct node *node)
{
	if (!node->lookups || node->attr_until_ms <= core->now_ms)
		return;
	if (!inode_post(&core->notifier, node->ino))
		node->attr_until_ms = 0;
}

void notify_inode(struct core *core, uint64_t ino)
{
	struct node *node = node_find(&core->nodes, ino);

	if (node)
		notify_node(core, node);
}

void notify_expire(struct core *core, uint64_t ino)
{
	struct node *node = node_find(&core->nodes, ino);

	if (!node || !node->lookups)
		return;
	node->expiry = ++core->notifier.expiries;
	notify_node(core, node);
}

void notify_file(struct core *core, uint64_t ino)
{
	inode_post(&core->notifier, ino);
}

void notify_all(struct core *core)
{
	core->notifier.is_sweeping = true;
	core->notifier.swept = 0;
}

/* A node that moves because the table grows moves to the table's end, which is
 * visited later. */
static void notifier_sweep(struct core *core)
{
	struct notifier *notifier = &core->notifier;

	for (int i = 0; i < STEP && notifier->is_sweeping; i++) {
		struct node *n = core->nodes.buckets[notifier->swept++];
		for (; n; n = n->next)
			notify_node(core, n);
		notifier->is_sweeping =
			notifier->swept < core->nodes.bucket_count;
	}
	if (!notifier->is_sweeping && notifier->invalidated == notifier->posted)
		ops_wake(&notifier->waiters);
}

bool notifier_wants_turn(const struct core *core)
{
	return core->notifier.is_sweeping;
}

/* ---- the thread ---- */

static void batch_tell(void *ctx)
{
	struct batch *batch = ctx;

	/* ENOENT, if the kernel has dropped it meanwhile, is not an error. */
	for (size_t i = 0; i < batch->count; i++)
		fuse_lowlevel_notify_inval_inode(
			batch->core->session, batch->inodes[i], 0, 0);
}

static void batch_told(void *ctx)
{
	struct batch *batch = ctx;
	struct notifier *notifier = &batch->core->notifier;

	notifier->invalidated += batch->count;
	ops_wake(&notifier->waiters);
	free(batch);
}

void notifier_run(struct core *core)
{
	struct notifier *notifier = &core->notifier;
	struct batch *batch;

	if (notifier->is_sweeping)
		notifier_sweep(core);
	size_t count = notifier->count;

	if (!count)
		return;
	notifier->count = 0;
	batch = malloc(sizeof(*batch) + count * sizeof(*batch->inodes));
	if (batch) {
		batch->core = core;
		batch->count = count;
		memcpy(batch->inodes, notifier->inodes,
			count * sizeof(*batch->inodes));
		if (!worker_submit(
			    notifier->worker, batch_tell, batch_told, batch))
			return;
		free(batch);
	}
	notifier->invalidated += count;
	ops_wake(&notifier->waiters);
}

bool notifier_is_busy(const struct core *core)
{
	struct worker *worker = core->notifier.worker;

	return worker && worker_pending(worker) > 0;
}

int notifier_settle(struct op *op)
{
	struct notifier *notifier = &op->core->notifier;

	if (!op->is_settling) {
		op->is_settling = true;
		op->settles_at = UINT64_MAX;
		op_deadline_clear(op);
	}
	if (op->settles_at == UINT64_MAX && !notifier->is_sweeping)
		op->settles_at = notifier->posted;
	if (notifier->invalidated >= op->settles_at || op->is_late)
		return 0;
	op_deadline(op, op->core->now_ms + SETTLE_MS);
	return op_wait(op, &notifier->waiters);
}
