/* SPDX-License-Identifier: MIT */
/* fs/core/reply.c - the reply of an operation */
#include "fs/core/op.h"

#include <errno.h>

/* The kernel may have dropped the request meanwhile (it was interrupted).
 * libfuse returns an error then, which is ignored: there is nobody left to
 * tell. */
static fuse_req_t op_take_request(struct op *op)
{
	fuse_req_t req = op->req;

	op->req = NULL;
	return req;
}

int op_reply_ok(struct op *op)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_err(req, 0);
	return 0;
}

int op_reply_entry(struct op *op, const struct fuse_entry_param *entry)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_entry(req, entry);
	return 0;
}

int op_reply_attr(struct op *op, const struct stat *attr, double timeout_s)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_attr(req, attr, timeout_s);
	return 0;
}

int op_reply_open(struct op *op, const struct fuse_file_info *fi)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_open(req, fi);
	return 0;
}

int op_reply_create(struct op *op, const struct fuse_entry_param *entry,
	const struct fuse_file_info *fi)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_create(req, entry, fi);
	return 0;
}

int op_reply_buf(struct op *op, const void *bytes, size_t len)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_buf(req, bytes, len);
	return 0;
}

int op_reply_fd(struct op *op, int fd, size_t size)
{
	fuse_req_t req = op_take_request(op);
	struct fuse_bufvec bytes = FUSE_BUFVEC_INIT(size);

	bytes.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	bytes.buf[0].fd = fd;
	bytes.buf[0].pos = op->offset;
	if (req)
		fuse_reply_data(req, &bytes, 0);
	return 0;
}

int op_reply_write(struct op *op, size_t len)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_write(req, len);
	return 0;
}

int op_reply_lseek(struct op *op, off_t at)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_lseek(req, at);
	return 0;
}

int op_reply_link(struct op *op, const char *target)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_readlink(req, target);
	return 0;
}

int op_reply_xattr(struct op *op, size_t len)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_xattr(req, len);
	return 0;
}

int op_reply_poll(struct op *op, unsigned events)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_poll(req, events);
	return 0;
}

int op_reply_statfs(struct op *op, const struct statvfs *statfs)
{
	fuse_req_t req = op_take_request(op);

	if (req)
		fuse_reply_statfs(req, statfs);
	return 0;
}
