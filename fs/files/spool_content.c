/* SPDX-License-Identifier: MIT */
/* fs/files/spool_content.c - what is in the files: read, and written to a copy
 */
#include "fs/files/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fs/files/spool_private.h"

void spool_file_drop(struct spool_file *file)
{
	if (!file || --file->users)
		return;
	close(file->fd);
	free(file);
}

/* The most that its content may be. */
static uint64_t size_max(const struct spool_node *node)
{
	return node->is_secret ? SPOOL_SECRET_MAX : INT64_MAX;
}

static int file_open(struct spool_node *node, const char *ending, int flags,
	struct spool_file **out)
{
	struct spool_file *file = malloc(sizeof(*file));
	char name[SPOOL_FILE_LEN];

	if (!file)
		return -ENOMEM;
	spool_file_name(name, node->inode.number, ending);
	file->users = 1;
	file->fd = openat(node->spool->state->inodes_fd, name,
		flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd < 0) {
		free(file);
		return -errno;
	}
	*out = file;
	return 0;
}

int spool_content_open(struct spool_node *node)
{
	struct spool_content *content = &node->content;

	if (content->file)
		return 0;
	if (content->working)
		return file_open(node, "work", O_RDWR, &content->file);
	if (!node->inode.size)
		return 0;
	return file_open(node, "data", O_RDONLY, &content->file);
}

/* While a commit is under way, no name is sure to be that of the content. */
void spool_content_rest(struct spool_node *node)
{
	if (node->inode.handles || node->commits || node->is_secret)
		return;
	spool_file_drop(node->content.file);
	node->content.file = NULL;
}

static void work_unlink(struct spool_node *node)
{
	char name[SPOOL_FILE_LEN];

	spool_file_name(name, node->inode.number, "work");
	unlinkat(node->spool->state->inodes_fd, name, 0);
}

void spool_content_free(struct spool_node *node)
{
	if (node->is_secret)
		spool_secret_wipe(node);
	spool_file_drop(node->content.file);
	node->content.file = NULL;
	if (node->content.working)
		work_unlink(node);
	node->content.working = false;
}

static int bytes_copy(int from, int to, off_t len)
{
	char buf[65536];
	off_t in = 0, out = 0;
	ssize_t n, m;

	while (in < len &&
		(n = copy_file_range(
			 from, &in, to, &out, (size_t)(len - in), 0)) > 0)
		continue;
	while (in < len) {
		n = pread(from, buf, sizeof(buf), in);
		if (n > len - in)
			n = len - in;
		m = n > 0 ? pwrite(to, buf, (size_t)n, in) : n;
		if (m < 0)
			return -errno;
		if (m == 0)
			return -EIO;
		in += m;
	}
	return 0;
}

static int content_copy(int from, int to, off_t len, off_t size)
{
	if (!len || (len == size && ioctl(to, FICLONE, from) == 0))
		return 0;
	return bytes_copy(from, to, len);
}

/* Makes sure that there is a working copy, with the first `keep` bytes of what
 * there is now. */
static int work_begin(struct spool_node *node, uint64_t keep)
{
	struct spool_content *content = &node->content;
	struct spool_file *work;
	int err = spool_content_open(node);

	if (err || content->working)
		return err;
	err = file_open(node, "work", O_RDWR | O_CREAT | O_TRUNC, &work);
	if (err)
		return err;
	if (content->file)
		err = content_copy(content->file->fd, work->fd, (off_t)keep,
			(off_t)node->inode.size);
	if (err) {
		spool_file_drop(work);
		work_unlink(node);
		return err;
	}
	spool_file_drop(content->file);
	content->file = work;
	content->working = true;
	content->saved = node->inode.mtime;
	content->version++;
	return 0;
}

static void content_changed(struct spool_node *node, const struct timespec *now)
{
	node->inode.generation++;
	node->inode.mtime = node->inode.ctime = *now;
}

ssize_t spool_read(
	struct spool_inode *inode, void *bytes, size_t len, off_t offset)
{
	struct spool_node *node = spool_node(inode);
	size_t got = 0;
	ssize_t n = 1;
	int err;

	if (!S_ISREG(inode->mode))
		return spool_is_dir(inode) ? -EISDIR : -EINVAL;
	if (offset < 0)
		return -EINVAL;
	if ((uint64_t)offset >= inode->size)
		return 0;
	if (len > inode->size - (uint64_t)offset)
		len = inode->size - (uint64_t)offset;
	err = spool_content_open(node);
	if (err)
		return err;
	while (got < len && n > 0) {
		n = pread(node->content.file->fd, (char *)bytes + got,
			len - got, offset + (off_t)got);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			got += (size_t)n;
	}
	if (n < 0 && !got)
		err = -errno;
	spool_content_rest(node);
	return err ? err : (ssize_t)got;
}

static ssize_t work_write(int fd, const char *bytes, size_t len, off_t offset)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pwrite(fd, bytes + done, len - done, offset + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return done ? (ssize_t)done : n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t spool_write(struct spool *spool, struct spool_inode *inode,
	const void *bytes, size_t len, off_t offset, const struct timespec *now)
{
	struct spool_node *node = spool_node(inode);
	ssize_t done;

	(void)spool;
	if (!S_ISREG(inode->mode))
		return spool_is_dir(inode) ? -EISDIR : -EINVAL;
	if (offset < 0)
		return -EINVAL;
	if ((uint64_t)offset + len > size_max(node))
		return -EFBIG;
	if (!len)
		return 0;
	done = work_begin(node, inode->size);
	if (!done)
		done = work_write(node->content.file->fd, bytes, len, offset);
	if (done > 0) {
		content_changed(node, now);
		if ((uint64_t)(offset + done) > inode->size)
			inode->size = (uint64_t)(offset + done);
	}
	spool_content_rest(node);
	return done;
}

int spool_truncate(struct spool *spool, struct spool_inode *inode, off_t size,
	const struct timespec *now)
{
	struct spool_node *node = spool_node(inode);
	int err;

	if (!S_ISREG(inode->mode))
		return spool_is_dir(inode) ? -EISDIR : -EINVAL;
	if (size < 0)
		return -EINVAL;
	if ((uint64_t)size > size_max(node))
		return -EFBIG;
	if ((uint64_t)size == inode->size) {
		inode->mtime = inode->ctime = *now;
		return spool_record(spool, inode);
	}
	err = work_begin(node,
		(uint64_t)size < inode->size ? (uint64_t)size : inode->size);
	if (!err && ftruncate(node->content.file->fd, size) < 0)
		err = -errno;
	if (!err) {
		content_changed(node, now);
		inode->size = (uint64_t)size;
	}
	spool_content_rest(node);
	return err;
}

/* Room alone is no new content; another size, and zeroes, are. */
int spool_allocate(struct spool *spool, struct spool_inode *inode, int mode,
	off_t offset, off_t len, const struct timespec *now)
{
	struct spool_node *node = spool_node(inode);
	bool is_longer;
	int err;

	(void)spool;
	if (!S_ISREG(inode->mode))
		return spool_is_dir(inode) ? -EISDIR : -ENODEV;
	if (offset < 0 || len <= 0)
		return -EINVAL;
	if ((uint64_t)offset + (uint64_t)len > size_max(node))
		return -EFBIG;
	if (mode &
		~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE |
			FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	is_longer = !(mode & FALLOC_FL_KEEP_SIZE) &&
		(uint64_t)(offset + len) > inode->size;
	err = work_begin(node, inode->size);
	if (!err && fallocate(node->content.file->fd, mode, offset, len) < 0)
		err = -errno;
	if (!err && is_longer)
		inode->size = (uint64_t)(offset + len);
	if (!err && (is_longer || (mode & ~FALLOC_FL_KEEP_SIZE)))
		content_changed(node, now);
	spool_content_rest(node);
	return err;
}
