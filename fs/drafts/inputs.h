/* SPDX-License-Identifier: MIT */
/* fs/drafts/inputs.h - a request's body with input files, made by the worker */
#ifndef FS_DRAFTS_INPUTS_H
#define FS_DRAFTS_INPUTS_H

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/* The first member of a struct from calloc(). The directory of the files is
 * frozen until they have been read. */
struct inputs {
	struct task task;
	struct run run; /* its body is the request's, when the task is done */
	json_t *body;	/* without the files; NULL: nothing is to be sent */
};

/* name is for messages; borrowed until the operation's turn ends. */
void inputs_init(struct inputs *inputs, struct core *core, const char *name);
/* files: the directory, which may not exist. 0 or -errno. */
int inputs_open(struct inputs *inputs, struct file *files);
/* Frees what is in it. */
void inputs_clear(struct inputs *inputs);

#endif
