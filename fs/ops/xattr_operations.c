/* SPDX-License-Identifier: MIT */
/* fs/ops/xattr_operations.c - extended attributes of saved files */
#include "fs/ops/xattr_operations.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/ops/request.h"

static struct file *request_file(fuse_req_t req, fuse_ino_t ino)
{
	return file_by_ino(request_fs(req)->files, ino);
}

/* n is a length or an error; of size 0 only the length is wanted. */
static void reply_bytes(
	fuse_req_t req, size_t size, const char *bytes, ssize_t n)
{
	if (n < 0)
		fuse_reply_err(req, (int)-n);
	else if (!size)
		fuse_reply_xattr(req, (size_t)n);
	else
		fuse_reply_buf(req, bytes, (size_t)n);
}

void xattr_get(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct file *file = request_file(req, ino);
	char *bytes = malloc(size ? size : 1);
	ssize_t n = bytes ? -ENOTSUP : -ENOMEM;

	if (bytes && file)
		n = file_getxattr(file, name, bytes, size);
	reply_bytes(req, size, bytes, n);
	free(bytes);
}

void xattr_list(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	struct file *file = request_file(req, ino);
	char *bytes = malloc(size ? size : 1);
	ssize_t n = bytes ? 0 : -ENOMEM;

	if (bytes && file)
		n = file_listxattr(file, bytes, size);
	reply_bytes(req, size, bytes, n);
	free(bytes);
}

void xattr_set(fuse_req_t req, fuse_ino_t ino, const char *name,
	const char *value, size_t size, int flags)
{
	struct file *file = request_file(req, ino);

	fuse_reply_err(req,
		file ? -file_setxattr(file, name, value, size, flags)
		     : ENOTSUP);
}

void xattr_remove(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct file *file = request_file(req, ino);

	fuse_reply_err(req, file ? -file_removexattr(file, name) : ENOTSUP);
}
