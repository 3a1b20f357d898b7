/* SPDX-License-Identifier: MIT */
/* fs/ops/hidden_value.h - values that one process does not see */
#ifndef FS_OPS_HIDDEN_VALUE_H
#define FS_OPS_HIDDEN_VALUE_H

#include "fs/core/core.h"

/*
 * A process that removed or moved a value may create it anew with O_EXCL, as
 * mv, install and tar do: for a moment, that process can create the name, as if
 * it did not exist. is_removed: a value that cannot really be removed was
 * removed; if it is not created anew, .unsandboxfs/errors gets a line. -ENOMEM.
 */
int value_hide(struct op *op, const struct node *dir, const char *name,
	bool is_removed);
/* Call it when the name was created anew. Returns whether it was hidden: then
 * it begins empty. */
bool value_show(struct op *op, const struct node *dir, const char *name);
bool value_is_hidden(
	const struct op *op, const struct node *dir, const char *name);

#endif
