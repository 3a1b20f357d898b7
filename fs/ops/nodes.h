/* SPDX-License-Identifier: MIT */
/* fs/ops/nodes.h - the kernel's requests about rows of the tree */
#ifndef FS_OPS_NODES_H
#define FS_OPS_NODES_H

#include "fs/core/core.h"

struct node;

/* Whether the node's file still exists: 0, -ESTALE (-ENOENT if op has it open),
 * -EINPROGRESS. */
int node_exists(struct op *op, const struct node *node);

/* A handle that reads a snapshot, which was taken at its open, in `text`. */
extern const struct handle_kind handle_text;

/* The whole content of a row's node: 0 (owned by the caller, free()),
 * -EINPROGRESS, -ENOENT, ... */
int row_content(
	struct op *op, const struct node *node, char **text, size_t *len);
/* Whether the file exists: 0, -ENOENT, -EINPROGRESS. */
int row_exists(struct op *op, const struct node *node);
/* The attributes that are known without asking the API. */
void row_attr_plain(
	const struct core *core, const struct node *node, struct stat *attr);
/* All attributes of a node; sets node->content_hash for its content. */
int row_attr(
	struct op *op, struct node *node, struct stat *attr, double *timeout_s);

/* Extended attributes of rows, as getxattr(2) and listxattr(2) return them, and
 * -errno. Changing one of ours has no effect, so that copies with all
 * attributes succeed; setting any other is -ENOTSUP. */
ssize_t row_getxattr(struct core *core, const struct node *node,
	const char *name, void *value, size_t size);
ssize_t row_listxattr(
	struct core *core, const struct node *node, char *list, size_t size);
int row_changexattr(const char *name);

/* Operations as op->run: the arguments are in op. */
int tree_lookup(struct op *op);
int tree_getattr(struct op *op);
int tree_setattr(struct op *op);
int tree_readlink(struct op *op);
int tree_open(struct op *op);
int tree_read(struct op *op);
int tree_lseek(struct op *op); /* flags: whence */
int tree_write(struct op *op); /* extra: the bytes; a whole value is sent */
int tree_flush(struct op *op);
int tree_fsync(struct op *op);
/* Parts of an operation: written_set copies what is to be written into
 * op->extra, tree_send writes it to the value, as a close does. */
int written_set(struct op *op, const char *text, size_t len);
int tree_send(struct op *op, struct node *node);
/* Opens a row's node as op->fi says. On success *handle is filled into op->fi.
 */
int node_open(struct op *op, struct node *node, struct handle **handle);
int tree_opendir(struct op *op);
int dir_read(struct op *op); /* also of a saved directory */
int tree_mkdir(struct op *op);
int tree_create(struct op *op);
int tree_remove(struct op *op); /* flags: 1 for rmdir */

/* Explains in .unsandboxfs/errors why the operation on this name in a directory
 * is refused; the second is for what would be created or moved there, and says
 * what to do instead. -EPERM. */
int dir_refuse(struct op *op, const struct node *dir, const char *name,
	const char *why);
int dir_refuse_making(struct op *op, const struct node *dir, const char *name,
	const char *why);

/* Copies a value to a second name, in memory: new_ino and name. */
int tree_link(struct op *op);
/* Renames a name in a row's directory. */
int tree_move(struct op *op);
/* Renames a draft of a job into a row's directory, which submits it. */
int tree_move_in(struct op *op);

/* Call it when a handle is released. After the last writer's release, what is
 * unsent is sent. */
void tree_released(struct core *core, struct handle *handle);

#endif
