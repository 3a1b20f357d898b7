/* SPDX-License-Identifier: MIT */
/* fs/ops/saved_files.h - the kernel's requests about saved files */
#ifndef FS_OPS_SAVED_FILES_H
#define FS_OPS_SAVED_FILES_H

#include "fs/core/op.h"

struct spool_inode;

/* What an operation is about; NULL: none, or no directory. */
struct spool_inode *op_inode(const struct op *op);
struct spool_inode *op_directory(const struct op *op);

/* Operations as op->run; op->ino is a saved file's or directory's. */
int spool_op_lookup(struct op *op);
int spool_op_getattr(struct op *op);
int spool_op_setattr(struct op *op);
int spool_op_readlink(struct op *op);
int spool_op_open(struct op *op);
int spool_op_create(struct op *op); /* O_CREAT: replies entry and handle */
int spool_op_mknod(struct op *op);
int spool_op_opendir(struct op *op);
int spool_op_readdir(struct op *op);
int spool_op_mkdir(struct op *op);
int spool_op_symlink(struct op *op); /* new_name: the target */
int spool_op_link(struct op *op);    /* new_ino, name: where */
int spool_op_remove(struct op *op);  /* flags: 1 for rmdir */
int spool_op_rename(struct op *op);  /* both in spools */
int spool_op_fallocate(struct op *op);

/* A handle on a saved file or directory, which is held. NULL if out of
 * memory. */
extern const struct handle_kind saved_directory_kind;
struct handle *saved_handle_new(struct op *op, const struct handle_kind *kind,
	struct spool_inode *inode);

#endif
