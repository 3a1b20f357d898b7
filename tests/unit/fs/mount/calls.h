/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/mount/calls.h - system calls of programs, as requests of the
 * kernel */
#ifndef TESTS_UNIT_FS_MOUNT_CALLS_H
#define TESTS_UNIT_FS_MOUNT_CALLS_H

#include "tests/unit/fs/mount/kernel.h"

/* Each returns 0 or the program's -errno; -EINPROGRESS if the program would
 * still be waiting. */

/* ---- paths ---- */

/* A path that was looked up, component by component. If only its last one,
 * name, does not exist, ino is 0. */
struct spot {
	uint64_t dir, ino;
	const char *name;
	char path[4096];
};

static inline int spot_step(struct spot *spot, const char *name)
{
	int err;

	if (is_dots(name, strlen(name)))
		return -EINVAL; /* the kernel does not look up . and .. */
	spot->dir = spot->ino;
	spot->name = name;
	err = kernel_ask(
		FUSE_LOOKUP, spot->dir, name, strlen(name) + 1, NULL, 0);
	spot->ino = err ? 0 : ((struct fuse_entry_out *)kernel.reply)->nodeid;
	return err || spot->ino ? err : -ENOENT; /* 0: the same, cacheable */
}

static inline int spot_find(struct spot *spot, const char *path)
{
	char *rest = spot->path, *name;
	int err = 0;

	if (strlen(path) >= sizeof(spot->path))
		return -ENAMETOOLONG;
	strcpy(spot->path, path);
	spot->dir = spot->ino = 1;
	spot->name = "";
	while (!err && (name = strsep(&rest, "/")))
		if (*name)
			err = spot_step(spot, name);
	if (err == -ENOENT && (!rest || !rest[strspn(rest, "/")]))
		return 0; /* only the last component does not exist */
	return err;
}

/* Looks up what must exist. */
static inline int spot_old(struct spot *spot, const char *path)
{
	int err = spot_find(spot, path);

	return err || spot->ino ? err : -ENOENT;
}

/* Looks up what must not exist. */
static inline int spot_new(struct spot *spot, const char *path)
{
	int err = spot_find(spot, path);

	return !err && spot->ino ? -EEXIST : err;
}

/* ---- reading ---- */

static inline int call_stat(const char *path)
{
	struct fuse_getattr_in in = { 0 };
	struct spot spot;
	int err = spot_old(&spot, path);

	return err ? err : ASK(FUSE_GETATTR, spot.ino, in, NULL, 0);
}

static inline int call_readlink(const char *path)
{
	struct spot spot;
	int err = spot_old(&spot, path);

	return err ? err
		   : kernel_ask(FUSE_READLINK, spot.ino, NULL, 0, NULL, 0);
}

/* Opens, and sets *which to its index in kernel.open. */
static inline int call_open_ino(
	uint64_t ino, uint32_t opcode, uint32_t flags, unsigned *which)
{
	struct fuse_open_in in = { .flags = flags };

	*which = kernel.open_count;
	if (*which == OPEN_MAX)
		return -EMFILE;
	return ASK(opcode, ino, in, NULL, 0);
}

static inline int call_open(const char *path, uint32_t flags, unsigned *which)
{
	struct spot spot;
	int err = spot_old(&spot, path);

	return err ? err : call_open_ino(spot.ino, FUSE_OPEN, flags, which);
}

static inline int first(int err, int other)
{
	return err ? err : other;
}

/* opcode: FUSE_READDIR or FUSE_READDIRPLUS. */
static inline int call_list(const char *path, uint32_t opcode)
{
	struct fuse_read_in in = { .size = 4096 };
	struct spot spot;
	unsigned which;
	int err = spot_old(&spot, path);

	if (!err)
		err = call_open_ino(spot.ino, FUSE_OPENDIR, O_RDONLY, &which);
	if (err)
		return err;
	in.fh = kernel.open[which].fh;
	for (int i = 0; !err && i < 50; i++) {
		err = ASK(opcode, spot.ino, in, NULL, 0);
		if (err || !kernel.len)
			break;
		in.offset = kernel_listed(opcode == FUSE_READDIRPLUS, false);
	}
	return first(err, kernel_release(which));
}

static inline int call_cat_by(const char *path, uint32_t flags)
{
	struct fuse_read_in in = { .size = 65536, .flags = flags };
	unsigned which;
	int err = call_open(path, flags, &which);

	if (err)
		return err;
	in.fh = kernel.open[which].fh;
	for (int i = 0; !err && i < 20; i++) {
		err = ASK(FUSE_READ, kernel.open[which].ino, in, NULL, 0);
		if (err || !kernel.len)
			break;
		HOLDS(kernel.len <= in.size);
		in.offset += kernel.len;
	}
	return first(err, kernel_release(which));
}

static inline int call_cat(const char *path)
{
	return call_cat_by(path, O_RDONLY);
}

/* ---- writing ---- */

/* Opens for writing; creates the file if it does not exist. */
static inline int call_open_to_write(
	const char *path, uint32_t flags, unsigned *which)
{
	struct fuse_create_in in = { .flags = O_WRONLY | flags,
		.mode = S_IFREG | 0644 };
	struct spot spot;
	int err = spot_find(&spot, path);

	if (err)
		return err;
	if (spot.ino)
		return call_open_ino(
			spot.ino, FUSE_OPEN, O_WRONLY | flags, which);
	*which = kernel.open_count;
	if (*which == OPEN_MAX)
		return -EMFILE;
	return ASK(FUSE_CREATE, spot.dir, in, spot.name, strlen(spot.name) + 1);
}

static inline int call_write(
	unsigned which, uint64_t offset, const char *bytes, size_t len)
{
	struct fuse_write_in in = { .fh = kernel.open[which].fh,
		.offset = offset,
		.size = (uint32_t)len };

	return ASK(FUSE_WRITE, kernel.open[which].ino, in, bytes, len);
}

static inline int call_truncate(uint64_t ino, uint64_t size)
{
	struct fuse_setattr_in in = { .valid = FATTR_SIZE, .size = size };

	return ASK(FUSE_SETATTR, ino, in, NULL, 0);
}

/* Like `>` of a shell. */
static inline int call_put(const char *path, const char *bytes, size_t len)
{
	unsigned which;
	int err = call_open_to_write(path, 0, &which);

	if (err)
		return err;
	err = call_truncate(kernel.open[which].ino, 0);
	if (!err)
		err = call_write(which, 0, bytes, len);
	return first(err, kernel_release(which));
}

/* Like `>>` of a shell. */
static inline int call_add(const char *path, const char *bytes, size_t len)
{
	struct fuse_getattr_in in = { 0 };
	unsigned which;
	int err = call_open_to_write(path, O_APPEND, &which);

	if (err)
		return err;
	err = ASK(FUSE_GETATTR, kernel.open[which].ino, in, NULL, 0);
	uint64_t size = ((struct fuse_attr_out *)kernel.reply)->attr.size;
	if (!err)
		err = call_write(which, size, bytes, len);
	return first(err, kernel_release(which));
}

/* ---- names ---- */

static inline int call_mkdir(const char *path)
{
	struct fuse_mkdir_in in = { .mode = 0755 };
	struct spot spot;
	int err = spot_new(&spot, path);

	return err ? err
		   : ASK(FUSE_MKDIR, spot.dir, in, spot.name,
			     strlen(spot.name) + 1);
}

static inline int call_mknod(const char *path)
{
	struct fuse_mknod_in in = { .mode = S_IFREG | 0644 };
	struct spot spot;
	int err = spot_new(&spot, path);

	return err ? err
		   : ASK(FUSE_MKNOD, spot.dir, in, spot.name,
			     strlen(spot.name) + 1);
}

/* opcode: FUSE_UNLINK or FUSE_RMDIR. */
static inline int call_remove(const char *path, uint32_t opcode)
{
	struct spot spot;
	int err = spot_old(&spot, path);

	if (!err && spot.ino == 1)
		err = -EBUSY;
	return err ? err
		   : kernel_ask(opcode, spot.dir, spot.name,
			     strlen(spot.name) + 1, NULL, 0);
}

static inline int call_move_once(
	const char *old_path, const char *new_path, uint32_t flags)
{
	struct fuse_rename2_in in = { .flags = flags };
	struct spot from, to;
	char names[sizeof(from.path) + sizeof(to.path)];
	size_t len;
	int err = spot_old(&from, old_path);

	if (!err)
		err = spot_find(&to, new_path);
	if (err)
		return err;
	len = strlen(from.name) + 1;
	memcpy(names, from.name, len);
	strcpy(names + len, to.name);
	in.newdir = to.dir;
	return ASK(
		FUSE_RENAME2, from.dir, in, names, len + strlen(to.name) + 1);
}

/* ESTALE: the kernel looks up both again. */
static inline int call_move(
	const char *old_path, const char *new_path, uint32_t flags)
{
	int err = call_move_once(old_path, new_path, flags);

	return err == -ESTALE ? call_move_once(old_path, new_path, flags) : err;
}

static inline int call_link(const char *old_path, const char *new_path)
{
	struct fuse_link_in in = { 0 };
	struct spot from, to;
	int err = spot_old(&from, old_path);

	if (!err)
		err = spot_new(&to, new_path);
	in.oldnodeid = from.ino;
	return err ? err
		   : ASK(FUSE_LINK, to.dir, in, to.name, strlen(to.name) + 1);
}

static inline int call_symlink(const char *path, const char *target)
{
	struct spot spot;
	int err = spot_new(&spot, path);

	return err ? err
		   : kernel_ask(FUSE_SYMLINK, spot.dir, spot.name,
			     strlen(spot.name) + 1, target, strlen(target) + 1);
}

/* ---- attributes ---- */

static inline int call_set(const char *path, uint32_t valid, uint64_t value)
{
	struct fuse_setattr_in in = { .valid = valid,
		.mode = S_IFREG | (value & 07777),
		.size = value,
		.atime = value,
		.mtime = value,
		.uid = (uint32_t)value,
		.gid = (uint32_t)value };
	struct spot spot;
	int err = spot_old(&spot, path);

	return err ? err : ASK(FUSE_SETATTR, spot.ino, in, NULL, 0);
}

static inline int call_set_xattr(
	const char *path, const char *name, const char *bytes, size_t len)
{
	struct fuse_setxattr_in in = { .size = (uint32_t)len };
	size_t name_len = strlen(name) + 1;
	struct spot spot;
	char both[8192];
	int err = spot_old(&spot, path);

	if (!err && name_len + len > sizeof(both))
		err = -E2BIG;
	if (err)
		return err;
	memcpy(both, name, name_len);
	memcpy(both + name_len, bytes, len);
	return kernel_ask(FUSE_SETXATTR, spot.ino, &in,
		FUSE_COMPAT_SETXATTR_IN_SIZE, both, name_len + len);
}

static inline int call_get_xattr(const char *path, const char *name)
{
	struct fuse_getxattr_in in = { .size = 4096 };
	struct spot spot;
	int err = spot_old(&spot, path);

	if (!err)
		err = ASK(FUSE_LISTXATTR, spot.ino, in, NULL, 0);
	return err ? err
		   : ASK(FUSE_GETXATTR, spot.ino, in, name, strlen(name) + 1);
}

static inline int call_remove_xattr(const char *path, const char *name)
{
	struct spot spot;
	int err = spot_old(&spot, path);

	return err ? err
		   : kernel_ask(FUSE_REMOVEXATTR, spot.ino, name,
			     strlen(name) + 1, NULL, 0);
}

#endif
