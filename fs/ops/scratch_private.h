/* SPDX-License-Identifier: MIT */
/* fs/ops/scratch_private.h - what the units of scratch.h share */
#ifndef FS_OPS_SCRATCH_PRIVATE_H
#define FS_OPS_SCRATCH_PRIVATE_H

#include <limits.h>

#include "fs/core/core.h"

enum { HIDDEN_COUNT = 8 };

struct scratch {
	TAILQ_ENTRY(scratch) link;
	struct core *core;
	uint64_t serial; /* of its node */
	uint64_t dir;	 /* inode number */
	struct node *at; /* the directory, held; for messages */
	int fd;
	unsigned opens;
	struct timer timer;
	char *name;
};

TAILQ_HEAD(scratch_list, scratch);

struct hidden {
	struct core *core;
	struct node *dir; /* held; NULL: none is hidden here */
	/* Held, so that its name is not cached; NULL: a setting, whose name
	 * never is. */
	struct node *value;
	uint64_t until_ms;
	pid_t process;
	bool is_removed;
	struct timer timer;
	char name[NAME_MAX + 1];
};

struct scratches {
	struct core *core;
	struct scratch_list all;
	unsigned count;
	uint64_t serial;
	struct hidden hidden[HIDDEN_COUNT];
	unsigned next_hidden;
};

/* The row of every scratch, which is in no table: it can be anywhere. A node's
 * id is the serial number. */
extern const struct row scratch_row;

/* Count the open handles of a scratch file. */
void scratch_opened(struct scratch *scratch);
void scratch_closed(struct scratch *scratch);
/* Frees the hidden values of fs/ops/hidden_value.h. */
void hidden_clear(struct scratches *all);

#endif
