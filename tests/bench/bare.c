/* SPDX-License-Identifier: MIT */
/* tests/bench/bare.c - a minimal libfuse filesystem of files in memory */
#define FUSE_USE_VERSION 312

#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * usage: bare MOUNTPOINT DIRS FILES BYTES
 *
 * /list/0 ... /list/DIRS-1 with the files 0 ... FILES-1 of BYTES bytes each.
 * All kernel caches have no time limit: this is the fastest that a low-level
 * libfuse filesystem can be, as a reference for others.
 */
#define FOREVER 1e9

enum { LIST = 2, FIRST_DIR = 3 };

static unsigned dirs, files;
static char *content;
static size_t content_len;

static fuse_ino_t dir_ino(unsigned dir)
{
	return FIRST_DIR + (fuse_ino_t)dir * (files + 1);
}

static bool ino_is_file(fuse_ino_t ino)
{
	return ino >= FIRST_DIR && (ino - FIRST_DIR) % (files + 1);
}

static void entry_fill(fuse_ino_t ino, struct fuse_entry_param *entry)
{
	bool is_file = ino_is_file(ino);

	memset(entry, 0, sizeof(*entry));
	entry->ino = ino;
	entry->attr.st_ino = ino;
	entry->attr.st_mode = is_file ? S_IFREG | 0444 : S_IFDIR | 0755;
	entry->attr.st_nlink = is_file ? 1 : 2;
	entry->attr.st_size = is_file ? content_len : 0;
	entry->attr.st_uid = getuid();
	entry->attr.st_gid = getgid();
	entry->attr.st_mtime = entry->attr.st_ctime = 1700000000;
	entry->attr_timeout = entry->entry_timeout = FOREVER;
}

/* The name'th entry of a directory, 0 if there is none. */
static fuse_ino_t child_ino(fuse_ino_t parent, unsigned long index)
{
	if (parent == FUSE_ROOT_ID)
		return index ? 0 : LIST;
	if (parent == LIST)
		return index < dirs ? dir_ino(index) : 0;
	return index < files ? parent + 1 + index : 0;
}

static void bare_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = { .entry_timeout = FOREVER };
	char *end;
	unsigned long index = strtoul(name, &end, 10);
	fuse_ino_t ino = 0;

	if (parent == FUSE_ROOT_ID)
		ino = strcmp(name, "list") ? 0 : LIST;
	else if (!*end && *name)
		ino = child_ino(parent, index);
	if (ino)
		entry_fill(ino, &entry);
	fuse_reply_entry(req, &entry);
}

static void bare_getattr(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fuse_entry_param entry;

	(void)fi;
	entry_fill(ino, &entry);
	fuse_reply_attr(req, &entry.attr, FOREVER);
}

static void bare_opendir(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fi->cache_readdir = 1;
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

static void bare_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size,
	off_t offset, struct fuse_file_info *fi)
{
	char *buf = malloc(size), name[32];
	size_t used = 0;

	(void)fi;
	for (; buf; offset++) {
		struct fuse_entry_param entry;
		fuse_ino_t child = child_ino(ino, offset);
		if (!child)
			break;
		entry_fill(child, &entry);
		snprintf(name, sizeof(name), "%lu", (unsigned long)offset);
		size_t len = fuse_add_direntry_plus(req, buf + used,
			size - used, ino == FUSE_ROOT_ID ? "list" : name,
			&entry, offset + 1);
		if (len > size - used)
			break;
		used += len;
	}
	if (buf)
		fuse_reply_buf(req, buf, used);
	else
		fuse_reply_err(req, ENOMEM);
	free(buf);
}

static void bare_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fi->keep_cache = 1;
	fi->noflush = 1;
	fuse_reply_open(req, fi);
}

static void bare_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	struct fuse_file_info *fi)
{
	size_t from =
		(size_t)offset < content_len ? (size_t)offset : content_len;

	(void)ino;
	(void)fi;
	if (size > content_len - from)
		size = content_len - from;
	fuse_reply_buf(req, content + from, size);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = bare_lookup,
	.getattr = bare_getattr,
	.opendir = bare_opendir,
	.readdirplus = bare_readdirplus,
	.open = bare_open,
	.read = bare_read,
};

static int serve(struct fuse_args *args, const char *mountpoint)
{
	struct fuse_session *session =
		fuse_session_new(args, &operations, sizeof(operations), NULL);
	int status = 1;

	if (!session)
		return 1;
	if (!fuse_set_signal_handlers(session)) {
		if (!fuse_session_mount(session, mountpoint)) {
			status = fuse_session_loop(session) != 0;
			fuse_session_unmount(session);
		}
		fuse_remove_signal_handlers(session);
	}
	fuse_session_destroy(session);
	return status;
}

int main(int argc, char **argv)
{
	char *words[] = { argv[0], "-o", "fsname=bare" };
	struct fuse_args args = FUSE_ARGS_INIT(3, words);

	if (argc != 5) {
		fprintf(stderr, "usage: bare MOUNTPOINT DIRS FILES BYTES\n");
		return 2;
	}
	dirs = strtoul(argv[2], NULL, 10);
	files = strtoul(argv[3], NULL, 10);
	content_len = strtoul(argv[4], NULL, 10);
	content = malloc(content_len + 1);
	if (!content)
		return 1;
	memset(content, 'x', content_len);
	int status = serve(&args, argv[1]);
	fuse_opt_free_args(&args);
	free(content);
	return status;
}
