/* SPDX-License-Identifier: MIT */
/* fs/files/spool_secret.c - files that are never on disk */
#include "fs/files/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/files/spool_private.h"

/*
 * Such a file has an unnamed file of memory as its working copy, which no
 * commit ever takes, and no record. It has both as soon as it has a name that
 * is secret, and keeps them: what is secret gets no name that is not.
 */

void spool_keep_secret(struct spool *spool, spool_secret *is_secret)
{
	spool->is_secret = is_secret;
}

bool spool_is_secret(const struct spool_inode *inode)
{
	return spool_node(inode)->is_secret;
}

static int memory_fill(int to, const struct spool_file *from, off_t size)
{
	char buf[4096];
	ssize_t n = 0;
	off_t done = 0;

	while (from && done < size &&
		(n = pread(from->fd, buf, sizeof(buf), done)) > 0) {
		if (pwrite(to, buf, n, done) != n)
			return -ENOMEM;
		done += n;
	}
	explicit_bzero(buf, sizeof(buf));
	return n < 0 ? -errno : 0;
}

static int memory_take(struct spool_node *node)
{
	struct spool_content *content = &node->content;
	struct spool_file *memory;
	int err = spool_content_open(node);

	if (err)
		return err;
	memory = malloc(sizeof(*memory));
	if (!memory)
		return -ENOMEM;
	memory->users = 1;
	memory->fd = memfd_create("secret", MFD_CLOEXEC);
	err = memory->fd < 0 ? -errno
			     : memory_fill(memory->fd, content->file,
				       (off_t)node->inode.size);
	if (err) {
		spool_file_drop(memory);
		return err;
	}
	spool_content_free(node); /* with its file on disk */
	content->file = memory;
	content->working = true;
	return 0;
}

/* A commit that is under way leaves files behind, which go at its end. */
static int node_conceal(struct spool_node *node)
{
	int err;

	if (node->inode.size > SPOOL_SECRET_MAX)
		return -EFBIG;
	err = memory_take(node);
	if (!err)
		err = spool_doomed_remove(node);
	if (!err)
		err = spool_files_remove(node->spool, node->inode.number);
	node->inode.mode &= ~(mode_t)077;
	node->is_secret = true;
	return err;
}

int spool_secret_named(
	struct spool_node *node, const struct spool_node *dir, const char *name)
{
	struct spool *spool = node->spool;
	bool is_secret = S_ISREG(node->inode.mode) && spool->is_secret &&
		spool->is_secret(&dir->inode, name);

	if (is_secret == node->is_secret)
		return 0;
	return is_secret ? node_conceal(node) : -EPERM;
}

void spool_secret_wipe(const struct spool_node *node)
{
	static const char zeroes[4096];
	const struct spool_file *file = node->content.file;

	for (uint64_t at = 0; file && at < node->inode.size;
		at += sizeof(zeroes))
		if (pwrite(file->fd, zeroes, sizeof(zeroes), (off_t)at) < 0)
			return;
}
