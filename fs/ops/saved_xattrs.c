/* SPDX-License-Identifier: MIT */
/* fs/ops/saved_xattrs.c - extended attributes; those of saved files are stored
 * on disk */
#include "fs/ops/saved_files.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
#include "fs/ops/nodes.h"
#include "fs/ops/request.h"

static struct file *request_file(fuse_req_t req, fuse_ino_t ino)
{
	return file_by_ino(request_fs(req)->files, ino);
}

/* A file in memory (fs/ops/scratch.h) is neither. */
static ssize_t node_read(struct core *core, fuse_ino_t ino, const char *name,
	char *bytes, size_t size)
{
	const struct node *node = node_find(&core->nodes, ino);

	if (!node)
		return name ? -ENOTSUP : 0;
	return name ? row_getxattr(core, node, name, bytes, size)
		    : row_listxattr(core, node, bytes, size);
}

/* name NULL: the list of names. */
static void xattr_read(
	fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct file *file = request_file(req, ino);
	char *bytes = malloc(size ? size : 1);
	ssize_t n = -ENOMEM;

	if (bytes && !file)
		n = node_read(fuse_req_userdata(req), ino, name, bytes, size);
	else if (bytes)
		n = name ? file_getxattr(file, name, bytes, size)
			 : file_listxattr(file, bytes, size);
	if (n < 0)
		fuse_reply_err(req, (int)-n);
	else if (!size) /* only the length is wanted */
		fuse_reply_xattr(req, (size_t)n);
	else
		fuse_reply_buf(req, bytes, (size_t)n);
	free(bytes);
}

void xattr_get(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	xattr_read(req, ino, name, size);
}

void xattr_list(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	xattr_read(req, ino, NULL, size);
}

static void xattr_changed(fuse_req_t req, struct file *file, int err)
{
	struct file *dir = file;
	const char *name = NULL;

	if (err == -EPERM || err == -EINVAL) {
		file_place(file, 0, &dir, &name);
		file_refuse(fuse_req_userdata(req), "CHANGE", dir, name, err,
			"only files and directories have attributes of user.*");
	}
	fuse_reply_err(req, -err);
}

void xattr_set(fuse_req_t req, fuse_ino_t ino, const char *name,
	const char *value, size_t size, int flags)
{
	struct file *file = request_file(req, ino);

	xattr_changed(req, file,
		file ? file_setxattr(file, name, value, size, flags)
		     : row_changexattr(name));
}

void xattr_remove(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct file *file = request_file(req, ino);

	xattr_changed(req, file,
		file ? file_removexattr(file, name) : row_changexattr(name));
}
