/* SPDX-License-Identifier: MIT */
/* fs/tree/resource_run.h - run/ of a session or a service */
#ifndef FS_TREE_RESOURCE_RUN_H
#define FS_TREE_RESOURCE_RUN_H

#include "fs/resources/resources.h"

/* The directory in which its commands are saved: `saves` of a row. */
int resource_run_saves(
	struct op *op, const struct node *dir, struct found *found);
/* The resource is gone: removes what was saved there. */
void resource_run_drop(
	struct core *core, const struct collection *collection, const char *id);

#endif
