/* SPDX-License-Identifier: MIT */
/* fs/ops/file_operations.h - the kernel's requests about open files */
#ifndef FS_OPS_FILE_OPERATIONS_H
#define FS_OPS_FILE_OPERATIONS_H

#include "fs/core/core.h"

/* As fuse_lowlevel_ops has them. */
void file_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void file_create(fuse_req_t req, fuse_ino_t parent, const char *name,
	mode_t mode, struct fuse_file_info *fi);
void file_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	struct fuse_file_info *fi);
void file_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size,
	off_t offset, struct fuse_file_info *fi);
void file_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void file_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
	struct fuse_file_info *fi);
void file_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
	struct fuse_file_info *fi);
void file_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void file_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset,
	off_t len, struct fuse_file_info *fi);
void file_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	struct fuse_pollhandle *poll);

#endif
