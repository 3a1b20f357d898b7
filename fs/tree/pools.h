/* SPDX-License-Identifier: MIT */
/* fs/tree/pools.h - pools of containers as names in directories */
#ifndef FS_TREE_POOLS_H
#define FS_TREE_POOLS_H

#include "fs/core/core.h"

/* Lists the pools of the API's answer, if the key may see it, each as the
 * directory's row for a pool. The id of its node is the pool's id as a file
 * name. */
int pools_list(struct op *op, const struct node *node, struct listing *listing);
int pools_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found);

#endif
