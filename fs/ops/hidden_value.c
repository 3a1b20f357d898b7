/* SPDX-License-Identifier: MIT */
/* fs/ops/hidden_value.c - values that one process does not see */
#include "fs/ops/hidden_value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fs/ops/caller.h"
#include "fs/ops/open_descriptors.h"
#include "fs/ops/scratch_private.h"

/* The process creates the value at once, however slow the machine is. If /proc
 * does not tell which process that is, or what it does, the value is hidden
 * from others, too. */
enum {
	HIDDEN_MS = 10000,
	HIDDEN_UNKNOWN_MS = 500,
	LOOK_MS = 1000, /* whether the process is still there */
};

static void hidden_end(struct hidden *hidden)
{
	struct core *core = hidden->core;

	timer_disarm(&core->timers, &hidden->timer);
	node_drop(&core->nodes, hidden->dir);
	node_drop(&core->nodes, hidden->value);
	hidden->dir = NULL;
}

static void hidden_expire(struct hidden *hidden)
{
	if (hidden->is_removed)
		row_refuse(hidden->core, "REMOVE", hidden->dir, hidden->name,
			-EPERM,
			"a value cannot be removed, and is unchanged; it is "
			"replaced only if the program creates it anew at once");
	hidden_end(hidden);
}

static void hidden_look(void *ctx)
{
	struct hidden *hidden = ctx;
	struct core *core = hidden->core;

	if (hidden->until_ms <= core->now_ms ||
		!writer_process(hidden->process))
		hidden_expire(hidden);
	else
		timer_arm(
			&core->timers, &hidden->timer, core->now_ms + LOOK_MS);
}

static bool hidden_hold(
	struct hidden *hidden, struct nodes *nodes, const struct node *dir)
{
	const struct row *row = tree_named(dir->row, hidden->name);

	hidden->value = NULL;
	if (row) {
		hidden->value = node_hold(nodes, row, dir->id, dir->name);
		if (!hidden->value)
			return false;
		hidden->value->is_moved = true;
	}
	hidden->dir = node_hold(nodes, dir->row, dir->id, dir->name);
	if (!hidden->dir)
		node_drop(nodes, hidden->value);
	return hidden->dir;
}

int value_hide(struct op *op, const struct node *dir, const char *name,
	bool is_removed)
{
	struct scratches *all = op->core->scratches;
	struct hidden *hidden = &all->hidden[all->next_hidden++ % HIDDEN_COUNT];
	uint64_t now_ms = op->core->now_ms;

	if (hidden->dir)
		hidden_expire(hidden);
	hidden->core = op->core;
	hidden->process = writer_process(op->pid);
	hidden->until_ms = now_ms +
		(hidden->process && caller_creates(op->pid, O_CREAT) >= 0
				? HIDDEN_MS
				: HIDDEN_UNKNOWN_MS);
	hidden->is_removed = is_removed;
	snprintf(hidden->name, sizeof(hidden->name), "%s", name);
	if (!hidden_hold(hidden, &op->core->nodes, dir))
		return -ENOMEM;
	hidden->timer.fire = hidden_look;
	hidden->timer.ctx = hidden;
	timer_arm(&op->core->timers, &hidden->timer, now_ms + LOOK_MS);
	return 0;
}

static bool is_of(
	const struct hidden *hidden, const struct node *dir, const char *name)
{
	return hidden->dir && hidden->dir->ino == dir->ino &&
		!strcmp(hidden->name, name);
}

bool value_show(struct op *op, const struct node *dir, const char *name)
{
	struct scratches *all = op->core->scratches;
	bool was_hidden = false;

	for (unsigned i = 0; i < HIDDEN_COUNT; i++)
		if (is_of(&all->hidden[i], dir, name)) {
			was_hidden = true;
			hidden_end(&all->hidden[i]);
		}
	return was_hidden;
}

bool value_is_hidden(
	const struct op *op, const struct node *dir, const char *name)
{
	const struct scratches *all = op->core->scratches;

	for (unsigned i = 0; i < HIDDEN_COUNT; i++) {
		const struct hidden *hidden = &all->hidden[i];
		if (is_of(hidden, dir, name) &&
			hidden->until_ms > op->core->now_ms &&
			hidden->process == writer_process(op->pid))
			return caller_creates(op->pid, O_CREAT) != 0;
	}
	return false;
}

void hidden_clear(struct scratches *all)
{
	for (unsigned i = 0; i < HIDDEN_COUNT; i++)
		if (all->hidden[i].dir)
			hidden_end(&all->hidden[i]);
}
