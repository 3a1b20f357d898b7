/* SPDX-License-Identifier: MIT */
/* fs/ops/hidden_value.h - values that one process does not see */
#ifndef FS_OPS_HIDDEN_VALUE_H
#define FS_OPS_HIDDEN_VALUE_H

#include "fs/core/core.h"

/*
 * A process that has removed or moved a value may make it anew with O_EXCL: for
 * a moment, the name is not there for such an open of that process.
 */
void value_hide(struct op *op, const struct node *dir, const char *name);
/* It was made anew. */
void value_show(struct op *op, const struct node *dir, const char *name);
bool value_is_hidden(
	const struct op *op, const struct node *dir, const char *name);

#endif
