/* SPDX-License-Identifier: MIT */
/* fs/ops/saved_files.h - the kernel's requests about saved files */
#ifndef FS_OPS_SAVED_FILES_H
#define FS_OPS_SAVED_FILES_H

#include "fs/core/core.h"
#include "fs/files/files.h"

/* Call it before op changes a file, or the names in a directory: 0, or
 * -EINPROGRESS while the worker reads a program and its input files, which must
 * not change meanwhile. */
int op_wait_thaw(struct op *op, const struct file *file);
/* The same for op's directory, whose names will change; -ESTALE: it is not a
 * directory. */
int op_wait_dir(struct op *op);
/* Creates what op->mode says, under op->name in the directory. opened: NULL
 * unless it is a file that is opened, too. */
int saved_make_file(
	struct op *op, struct file_opened *opened, struct file **file);

/* Call it before op truncates the file to size: waits while the file is frozen.
 * Freeing hundreds of megabytes takes as many milliseconds, so the worker
 * truncates such a file first. 0 (done, or not needed), -EINPROGRESS, or
 * -errno. Uses op->task. */
int saved_truncate(struct op *op, struct file *file, off_t size);

/* Operations as op->run; op->file is a saved file's or directory's. */
int saved_lookup(struct op *op);
int saved_getattr(struct op *op);
int saved_setattr(struct op *op); /* handle: NULL, or one of the file */
int saved_readlink(struct op *op);
int saved_open(struct op *op);
int saved_create(struct op *op); /* O_CREAT: replies entry and handle */
int saved_make(struct op *op);	 /* mode says what; new_name: a link's target */
int saved_write(struct op *op);	 /* extra: the bytes */
/* Writes at once: how much was written, or -errno. */
ssize_t saved_write_bytes(struct core *core, struct handle *handle,
	const void *bytes, size_t size, off_t offset);
int saved_lseek(struct op *op); /* flags: whence */
int saved_opendir(struct op *op);
int saved_link(struct op *op);	 /* new_ino, name: where */
int saved_remove(struct op *op); /* flags: 1 for rmdir */
int saved_rename(struct op *op); /* both are saved */
int saved_fallocate(struct op *op);

/* ---- extended attributes ---- */

/* Saved files have only user.*; all others are ENOTSUP. */
void xattr_get(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void xattr_set(fuse_req_t req, fuse_ino_t ino, const char *name,
	const char *value, size_t size, int flags);
void xattr_list(fuse_req_t req, fuse_ino_t ino, size_t size);
void xattr_remove(fuse_req_t req, fuse_ino_t ino, const char *name);

#endif
