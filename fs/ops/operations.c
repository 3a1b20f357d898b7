/* SPDX-License-Identifier: MIT */
/* fs/ops/operations.c - the kernel's requests, each made an operation */
#include "fs/ops/operations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fs/core/core.h"
#include "fs/core/handle.h"
#include "fs/core/row.h"
#include "fs/files/files.h"
#include "fs/ops/file_operations.h"
#include "fs/ops/nodes.h"
#include "fs/ops/request.h"
#include "fs/ops/save.h"
#include "fs/ops/saved_files.h"
#include "fs/ops/xattr_operations.h"

static void do_init(void *userdata, struct fuse_conn_info *conn)
{
	struct core *core = userdata;

	conn->want &= ~(FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_SPLICE_READ |
		FUSE_CAP_READDIRPLUS_AUTO);
	if (conn->capable & FUSE_CAP_READDIRPLUS)
		conn->want |= FUSE_CAP_READDIRPLUS;
	if (conn->capable & FUSE_CAP_CACHE_SYMLINKS)
		conn->want &= ~FUSE_CAP_CACHE_SYMLINKS;
	core->is_initialised = true;
}

static void do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct op *op;

	if (strlen(name) > 255) {
		fuse_reply_err(req, ENAMETOOLONG);
		return;
	}
	op = request_named(req, parent, name, tree_lookup, saved_lookup);
	if (op)
		op_start(op);
}

static void forget(struct core *core, fuse_ino_t ino, uint64_t count)
{
	struct node *node = node_find(&core->nodes, ino);

	struct file *file = node ? NULL : file_by_ino(core->files, ino);

	if (node)
		node_forget(&core->nodes, node, count);
	if (file)
		file_forget(file, count);
}

static void do_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	forget(request_fs(req), ino, count);
	fuse_reply_none(req);
}

static void do_forget_multi(
	fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct core *core = request_fs(req);

	for (size_t i = 0; i < count; i++)
		forget(core, forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void do_getattr(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct op *op = request_on(req, ino, tree_getattr, saved_getattr);

	if (op && fi)
		op->fi = *fi;
	if (op)
		op_start(op);
}

static void do_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr,
	int to_set, struct fuse_file_info *fi)
{
	struct op *op = request_on(req, ino, tree_setattr, saved_setattr);

	if (!op)
		return;
	op->handle = fi ? handle_of(fi) : NULL;
	op->attr = *attr;
	op->to_set = to_set;
	op_start(op);
}

static void do_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct op *op = request_on(req, ino, tree_readlink, saved_readlink);

	if (op)
		op_start(op);
}

static void do_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
	mode_t mode, dev_t device)
{
	struct op *op =
		request_named(req, parent, name, tree_create, saved_mknod);

	(void)device;
	if (!op)
		return;
	op->mode = mode;
	op_start(op);
}

static void do_mkdir(
	fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct op *op =
		request_named(req, parent, name, tree_mkdir, saved_mkdir);

	if (!op)
		return;
	op->mode = mode;
	op_start(op);
}

static void remove_name(
	fuse_req_t req, fuse_ino_t parent, const char *name, bool is_dir)
{
	struct op *op =
		request_named(req, parent, name, tree_remove, saved_remove);

	if (!op)
		return;
	op->flags = is_dir;
	op_start(op);
}

static void do_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, parent, name, false);
}

static void do_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, parent, name, true);
}

static void do_symlink(
	fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct op *op =
		request_named(req, parent, name, request_refuse, saved_symlink);

	if (!op)
		return;
	op->new_name = strdup(target);
	if (!op->new_name)
		op->run = request_lacks_memory;
	op_start(op);
}

static void do_link(
	fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	struct op *op =
		request_named(req, ino, name, request_refuse, saved_link);

	if (!op)
		return;
	op->new_ino = parent;
	op_start(op);
}

static void do_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	fuse_ino_t new_parent, const char *new_name, unsigned flags)
{
	struct op *op =
		request_named(req, parent, name, request_refuse, saved_rename);

	if (!op)
		return;
	op->new_ino = new_parent;
	op->new_name = strdup(new_name);
	op->flags = flags;
	if (!op->new_name)
		op->run = request_lacks_memory;
	else if (request_is_row(op->core, new_parent))
		op->run = request_is_row(op->core, parent) ? request_refuse
							   : tree_move_in;
	op_start(op);
}

static void do_opendir(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct op *op = request_on(req, ino, tree_opendir, saved_opendir);

	if (!op)
		return;
	op->fi = *fi;
	op_start(op);
}

static void list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	struct fuse_file_info *fi, bool is_plus)
{
	struct op *op = request_on(req, ino, tree_readdir, saved_readdir);

	if (!op)
		return;
	op->handle = handle_of(fi);
	op->size = size;
	op->offset = offset;
	op->is_plus = is_plus;
	op_start(op);
}

static void do_readdir(fuse_req_t req, fuse_ino_t ino, size_t size,
	off_t offset, struct fuse_file_info *fi)
{
	list(req, ino, size, offset, fi, false);
}

static void do_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size,
	off_t offset, struct fuse_file_info *fi)
{
	list(req, ino, size, offset, fi, true);
}

static void do_releasedir(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct core *core = request_fs(req);

	(void)ino;
	fuse_reply_err(req, 0);
	handle_free(core, handle_of(fi));
}

/* From memory, and ample: a full or an empty disk makes programs
 * request_refuse. */
static void do_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct core *core = request_fs(req);
	struct statvfs statfs = {
		.f_bsize = 4096,
		.f_frsize = 4096,
		.f_blocks = (fsblkcnt_t)1 << 32,
		.f_bfree = (fsblkcnt_t)1 << 32,
		.f_bavail = (fsblkcnt_t)1 << 32,
		.f_files = (fsfilcnt_t)1 << 32,
		.f_ffree = ((fsfilcnt_t)1 << 32) - core->nodes.count,
		.f_favail = ((fsfilcnt_t)1 << 32) - core->nodes.count,
		.f_namemax = 255,
	};

	(void)ino;
	fuse_reply_statfs(req, &statfs);
}

const struct fuse_lowlevel_ops fs_operations = {
	.init = do_init,
	.lookup = do_lookup,
	.forget = do_forget,
	.forget_multi = do_forget_multi,
	.getattr = do_getattr,
	.setattr = do_setattr,
	.readlink = do_readlink,
	.mknod = do_mknod,
	.mkdir = do_mkdir,
	.unlink = do_unlink,
	.rmdir = do_rmdir,
	.symlink = do_symlink,
	.link = do_link,
	.rename = do_rename,
	.open = kernel_open,
	.create = kernel_create,
	.read = kernel_read,
	.write = kernel_write,
	.flush = kernel_flush,
	.fsync = kernel_fsync,
	.fsyncdir = kernel_fsyncdir,
	.release = kernel_release,
	.opendir = do_opendir,
	.readdir = do_readdir,
	.readdirplus = do_readdirplus,
	.releasedir = do_releasedir,
	.statfs = do_statfs,
	.fallocate = kernel_fallocate,
	.lseek = kernel_lseek,
	.poll = kernel_poll,
	.getxattr = xattr_get,
	.setxattr = xattr_set,
	.listxattr = xattr_list,
	.removexattr = xattr_remove,
};
