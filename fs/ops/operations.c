/* SPDX-License-Identifier: MIT */
/* fs/ops/operations.c - the kernel's requests, each made an operation */
#include "fs/ops/operations.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/ops/nodes.h"
#include "fs/ops/request.h"
#include "fs/ops/save.h"
#include "fs/ops/saved_files.h"

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
	if (strlen(name) > 255)
		fuse_reply_err(req, ENAMETOOLONG);
	else
		request_start(req, tree_lookup, saved_lookup,
			REQUEST(.ino = parent, .name = name));
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
	request_start(req, tree_getattr, saved_getattr,
		REQUEST(.ino = ino, .fi = fi));
}

static void do_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr,
	int to_set, struct fuse_file_info *fi)
{
	request_start(req, tree_setattr, saved_setattr,
		REQUEST(.ino = ino, .attr = attr, .to_set = to_set, .fi = fi,
			.method = "CHANGE"));
}

static void do_readlink(fuse_req_t req, fuse_ino_t ino)
{
	request_start(req, tree_readlink, saved_readlink, REQUEST(.ino = ino));
}

static void do_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
	mode_t mode, dev_t device)
{
	(void)device;
	request_start(req, tree_create, saved_make,
		REQUEST(.ino = parent, .name = name, .mode = mode,
			.method = "CREATE"));
}

static void do_mkdir(
	fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	request_start(req, tree_mkdir, saved_make,
		REQUEST(.ino = parent, .name = name, .mode = mode | S_IFDIR,
			.method = "MKDIR"));
}

static void do_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	request_start(req, tree_remove, saved_remove,
		REQUEST(.ino = parent, .name = name, .method = "REMOVE"));
}

static void do_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	request_start(req, tree_remove, saved_remove,
		REQUEST(.ino = parent, .name = name, .flags = true,
			.method = "REMOVE"));
}

static void do_symlink(
	fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	request_start(req, request_refuse, saved_make,
		REQUEST(.ino = parent, .name = name, .mode = S_IFLNK,
			.new_name = target, .method = "SYMLINK"));
}

static void do_link(
	fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	request_start(req, tree_link, saved_link,
		REQUEST(.ino = ino, .new_ino = parent, .name = name,
			.method = "LINK"));
}

static void do_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	fuse_ino_t new_parent, const char *new_name, unsigned flags)
{
	struct core *core = fuse_req_userdata(req);
	struct node *to = node_find(&core->nodes, new_parent);

	request_start(req, tree_move, to ? tree_move_in : saved_rename,
		REQUEST(.ino = parent, .name = name, .new_ino = new_parent,
			.new_name = new_name, .flags = flags,
			.method = "RENAME"));
}

static void do_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	request_start(
		req, tree_open, saved_open, REQUEST(.ino = ino, .fi = fi));
}

static void do_create(fuse_req_t req, fuse_ino_t parent, const char *name,
	mode_t mode, struct fuse_file_info *fi)
{
	request_start(req, tree_create, saved_create,
		REQUEST(.ino = parent, .name = name, .mode = mode, .fi = fi,
			.opens = true, .method = "CREATE"));
}

static int saved_read(struct op *op)
{
	return op->handle->kind->read(op);
}

static void do_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	struct fuse_file_info *fi)
{
	request_start(req, tree_read, saved_read,
		REQUEST(.ino = ino, .fi = fi, .size = size, .offset = offset));
}

/* While the worker reads the file, or the disk is stalled, the write waits. */
static void do_write(fuse_req_t req, fuse_ino_t ino, const char *bytes,
	size_t size, off_t offset, struct fuse_file_info *fi)
{
	struct handle *handle = handle_of(fi);

	if (!handle->file || file_is_frozen(handle->file) ||
		!disk_is_ready(fuse_req_userdata(req))) {
		bool is_row = !handle->file;

		request_start(req, tree_write, saved_write,
			REQUEST(.ino = ino, .fi = fi, .bytes = bytes,
				.size = size, .offset = offset,
				.method = "WRITE"));
		/* The loop reuses the buffer, which may hold a vault. */
		if (is_row)
			explicit_bzero((char *)bytes, size);
		return;
	}
	ssize_t n =
		saved_write_bytes(request_fs(req), handle, bytes, size, offset);
	if (n < 0)
		fuse_reply_err(req, -n);
	else
		fuse_reply_write(req, n);
}

static void do_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	request_start(req, tree_flush, save_flush,
		REQUEST(.ino = ino, .fi = fi, .method = "WRITE"));
}

static void do_fsync(
	fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)datasync;
	request_start(
		req, tree_fsync, save_fsync, REQUEST(.ino = ino, .fi = fi));
}

/* Saved before it is answered: the process's next request finds the job. */
static void do_release(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct core *core = request_fs(req);
	struct handle *handle = handle_of(fi);

	(void)ino;
	if (!handle->file) {
		fuse_reply_err(req, 0);
		tree_released(core, handle);
		return;
	}
	if (handle->is_writable) {
		handle->file->writers--;
		save_released(core, handle);
	}
	fuse_reply_err(req, 0);
	handle_free(core, handle);
}

static void do_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset,
	off_t len, struct fuse_file_info *fi)
{
	request_start(req, request_refuse, saved_fallocate,
		REQUEST(.ino = ino, .fi = fi, .mode = mode, .offset = offset,
			.size = len, .method = "CHANGE"));
}

static void do_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
	struct fuse_file_info *fi)
{
	request_start(req, tree_lseek, saved_lseek,
		REQUEST(.ino = ino, .fi = fi, .offset = offset,
			.flags = (unsigned)whence));
}

static void do_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	struct fuse_pollhandle *poll)
{
	struct core *core = request_fs(req);
	struct handle *handle = handle_of(fi);
	unsigned events;

	(void)ino;
	if (handle->kind->poll)
		events = handle->kind->poll(core, handle, poll);
	else if (handle->node && handle->node->row->poll)
		events = handle->node->row->poll(core, handle, poll);
	else
		events = handle_poll_ready(poll);
	fuse_reply_poll(req, events);
}

static void do_opendir(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	request_start(req, tree_opendir, saved_opendir,
		REQUEST(.ino = ino, .fi = fi));
}

static void do_readdir(fuse_req_t req, fuse_ino_t ino, size_t size,
	off_t offset, struct fuse_file_info *fi)
{
	request_start(req, dir_read, dir_read,
		REQUEST(.ino = ino, .fi = fi, .size = size, .offset = offset));
}

static void do_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size,
	off_t offset, struct fuse_file_info *fi)
{
	request_start(req, dir_read, dir_read,
		REQUEST(.ino = ino, .fi = fi, .size = size, .offset = offset,
			.is_plus = true));
}

static void do_releasedir(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct core *core = request_fs(req);

	(void)ino;
	fuse_reply_err(req, 0);
	handle_free(core, handle_of(fi));
}

/* Made up, and ample: if no room is shown, programs refuse to write. */
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
	.open = do_open,
	.create = do_create,
	.read = do_read,
	.write = do_write,
	.flush = do_flush,
	.fsync = do_fsync,
	.fsyncdir = do_fsync,
	.release = do_release,
	.opendir = do_opendir,
	.readdir = do_readdir,
	.readdirplus = do_readdirplus,
	.releasedir = do_releasedir,
	.statfs = do_statfs,
	.fallocate = do_fallocate,
	.lseek = do_lseek,
	.poll = do_poll,
	.getxattr = xattr_get,
	.setxattr = xattr_set,
	.listxattr = xattr_list,
	.removexattr = xattr_remove,
};
