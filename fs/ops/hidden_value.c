/* SPDX-License-Identifier: MIT */
/* fs/ops/hidden_value.c - values that one process does not see */
#include "fs/ops/hidden_value.h"

#include <stdio.h>
#include <string.h>

#include "fs/ops/open_descriptors.h"
#include "fs/ops/scratch_private.h"

enum { HIDDEN_MS = 500 };

void value_hide(struct op *op, const struct node *dir, const char *name)
{
	struct scratches *all = op->core->scratches;
	struct hidden *hidden = &all->hidden[all->next_hidden++ % HIDDEN_COUNT];

	hidden->dir = dir->ino;
	hidden->until_ms = op->core->now_ms + HIDDEN_MS;
	hidden->process = writer_process(op->pid);
	snprintf(hidden->name, sizeof(hidden->name), "%s", name);
}

void value_show(struct op *op, const struct node *dir, const char *name)
{
	struct scratches *all = op->core->scratches;

	for (unsigned i = 0; i < HIDDEN_COUNT; i++)
		if (all->hidden[i].dir == dir->ino &&
			!strcmp(all->hidden[i].name, name))
			all->hidden[i].until_ms = 0;
}

bool value_is_hidden(
	const struct op *op, const struct node *dir, const char *name)
{
	const struct scratches *all = op->core->scratches;

	for (unsigned i = 0; i < HIDDEN_COUNT; i++) {
		const struct hidden *hidden = &all->hidden[i];
		if (hidden->dir == dir->ino &&
			hidden->until_ms > op->core->now_ms &&
			!strcmp(hidden->name, name) &&
			hidden->process == writer_process(op->pid))
			return caller_creates_anew(op->pid) != 0;
	}
	return false;
}
