/* SPDX-License-Identifier: MIT */
/* fs/ops/hidden_value.h - values that one process does not see */
#ifndef FS_OPS_HIDDEN_VALUE_H
#define FS_OPS_HIDDEN_VALUE_H

#include "fs/core/core.h"

/*
 * A process that has removed or moved a value may make it anew, as mv, install
 * and tar do with O_EXCL: for a moment, the name is not there for an open of
 * that process that creates. is_removed: what cannot be removed was; if it is
 * not made anew, this is a line in .unsandboxfs/errors. -ENOMEM.
 */
int value_hide(struct op *op, const struct node *dir, const char *name,
	bool is_removed);
/* It was made anew. Whether it was hidden: then it begins empty. */
bool value_show(struct op *op, const struct node *dir, const char *name);
bool value_is_hidden(
	const struct op *op, const struct node *dir, const char *name);

#endif
