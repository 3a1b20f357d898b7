/* SPDX-License-Identifier: MIT */
/* fs/core/reply.c - the reply of an operation */
#include "fs/core/op.h"

#include <stddef.h>
#include <stdint.h>

#include <linux/fuse.h>

#include "fs/core/core.h"

/* Takes the request, so that it is answered only once. Errors are ignored: the
 * kernel may have dropped an interrupted request meanwhile. */
#define REPLY(op, reply, ...)                                                  \
	do {                                                                   \
		fuse_req_t req = (op)->req;                                    \
		(op)->req = NULL;                                              \
		if (req)                                                       \
			reply(req, __VA_ARGS__);                               \
	} while (0)

int op_reply_ok(struct op *op)
{
	REPLY(op, fuse_reply_err, 0);
	return 0;
}

int op_reply_entry(struct op *op, const struct fuse_entry_param *entry)
{
	REPLY(op, fuse_reply_entry, entry);
	return 0;
}

int op_reply_absent(struct op *op)
{
	struct fuse_entry_param none = { .entry_timeout = FOREVER_S };

	return op_reply_entry(op, &none);
}

int op_reply_attr(struct op *op, const struct stat *attr, double timeout_s)
{
	REPLY(op, fuse_reply_attr, attr, timeout_s);
	return 0;
}

int op_reply_open(struct op *op, const struct fuse_file_info *fi)
{
	REPLY(op, fuse_reply_open, fi);
	return 0;
}

/* libfuse has no field for FOPEN_STREAM. */
int op_reply_open_stream(struct op *op, struct handle *handle)
{
	const struct fuse_open_out out = {
		.fh = (uintptr_t)handle,
		.open_flags =
			FOPEN_DIRECT_IO | FOPEN_NONSEEKABLE | FOPEN_STREAM,
	};

	REPLY(op, fuse_reply_buf, (const char *)&out, sizeof(out));
	return 0;
}

int op_reply_create(struct op *op, const struct fuse_entry_param *entry,
	const struct fuse_file_info *fi)
{
	REPLY(op, fuse_reply_create, entry, fi);
	return 0;
}

int op_reply_buf(struct op *op, const void *bytes, size_t len)
{
	REPLY(op, fuse_reply_buf, bytes, len);
	return 0;
}

int op_reply_fd(struct op *op, int fd, size_t size)
{
	struct fuse_bufvec bytes = FUSE_BUFVEC_INIT(size);

	bytes.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	bytes.buf[0].fd = fd;
	bytes.buf[0].pos = op->offset;
	REPLY(op, fuse_reply_data, &bytes, 0);
	return 0;
}

int op_reply_write(struct op *op, size_t len)
{
	REPLY(op, fuse_reply_write, len);
	return 0;
}

int op_reply_lseek(struct op *op, off_t at)
{
	REPLY(op, fuse_reply_lseek, at);
	return 0;
}

int op_reply_link(struct op *op, const char *target)
{
	REPLY(op, fuse_reply_readlink, target);
	return 0;
}
