/* SPDX-License-Identifier: MIT */
/* fs/resources/image_trusted.h - trusted/ of an image: keys as empty files */
#ifndef FS_RESOURCES_IMAGE_TRUSTED_H
#define FS_RESOURCES_IMAGE_TRUSTED_H

#include "fs/core/row.h"

/* Functions of its rows. A file's being there grants its key. */
int trusted_list(
	struct op *op, const struct node *node, struct listing *listing);
int trusted_find(struct op *op, const struct node *node, const char *name,
	struct found *found);
int trusted_make(struct op *op, const struct node *node, const char *name,
	struct found *found);
int trusted_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir);

#endif
