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
	const char *method; /* NULL: it changes nothing */
};

#define REQUEST(...) (&(const struct request){ __VA_ARGS__ })

/* The mount that a request is for; counts the request. */
struct core *request_fs(fuse_req_t req);

/* Starts an operation on args->ino, which is a row or a saved file; replies
 * -ESTALE if it is neither. If it fails with EPERM or EINVAL, a line is added
 * to .unsandboxfs/errors, whoever refused it. */
void request_start(fuse_req_t req, int (*on_row)(struct op *),
	int (*on_file)(struct op *), const struct request *args);

/* Explains why something is refused that was done to name (NULL: none) in the
 * directory dir_ino, a row's or a saved one. Returns -EPERM. */
int request_refuse_in(
	struct op *op, fuse_ino_t dir_ino, const char *name, const char *why);

/* As on_row of request_start: refuses what no row offers. */
int request_refuse(struct op *op);
int request_refuse_link(struct op *op);
extern const char no_links[];

#endif
