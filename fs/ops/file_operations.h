/* SPDX-License-Identifier: MIT */
/* fs/ops/file_operations.h - the kernel's requests about open files */
#ifndef FS_OPS_FILE_OPERATIONS_H
#define FS_OPS_FILE_OPERATIONS_H

#include "fs/core/core.h"

/* As fuse_lowlevel_ops has them. */
void kernel_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void kernel_create(fuse_req_t req, fuse_ino_t parent, const char *name,
	mode_t mode, struct fuse_file_info *fi);
void kernel_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	struct fuse_file_info *fi);
void kernel_write(fuse_req_t req, fuse_ino_t ino, const char *bytes,
	size_t size, off_t offset, struct fuse_file_info *fi);
void kernel_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void kernel_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
	struct fuse_file_info *fi);
void kernel_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
	struct fuse_file_info *fi);
void kernel_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void kernel_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset,
	off_t len, struct fuse_file_info *fi);
void kernel_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
	struct fuse_file_info *fi);
void kernel_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	struct fuse_pollhandle *poll);

#endif
