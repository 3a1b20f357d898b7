/* SPDX-License-Identifier: MIT */
/* fs/ops/request.h - a request of the kernel becomes an operation */
#ifndef FS_OPS_REQUEST_H
#define FS_OPS_REQUEST_H

#include "fs/core/core.h"

/* The arguments of a request, as struct op has them; all are borrowed. */
struct request {
	fuse_ino_t ino, new_ino;
	const char *name, *new_name;
	const struct fuse_file_info *fi; /* may be NULL; has the handle */
	const struct stat *attr;
	const char *bytes; /* size bytes; op->extra gets a copy */
	size_t size;
	off_t offset;
	int to_set;
	unsigned flags;
	mode_t mode;
	bool is_plus, opens;
};

#define REQUEST(...) (&(const struct request){ __VA_ARGS__ })

/* The mount that a request is to; counts it. */
struct core *request_fs(fuse_req_t req);

/* Starts an operation on args->ino, which is a row or a saved file; replies
 * -ESTALE if it is neither. */
void request_start(fuse_req_t req, int (*on_row)(struct op *),
	int (*on_file)(struct op *), const struct request *args);

/* What the tree does not offer: -EPERM. */
int request_refuse(struct op *op);

#endif
