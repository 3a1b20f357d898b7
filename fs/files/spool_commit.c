/* SPDX-License-Identifier: MIT */
/* fs/files/spool_commit.c - the working copy becomes the content, durably */
#include "fs/files/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/files/spool_private.h"

/* A record as it was when the commit began; the node is for the loop alone. */
struct commit_record {
	struct spool_node *node;
	uint64_t number;
	uint64_t sequence;
	char *text;
	size_t len;
};

/*
 * The directories above go first, then the content, then the inode's own
 * record: whatever a power cut leaves of this order is a whole file, the old
 * one or the new one.
 */
struct spool_commit {
	int dir_fd;
	uint64_t number;
	struct commit_record *records; /* the inode's own is the last */
	size_t count;
	struct spool_file *file; /* NULL: the record alone */
	struct timespec saved;	 /* of what was committed before */
	uint64_t version;
	char work[SPOOL_FILE_LEN];
	bool is_empty;
	bool moved; /* the content has its name */
	int err;    /* -ECANCELED until the work was done */
};

static int record_add(struct spool_commit *commit, struct spool_node *node)
{
	size_t room = (commit->count + 1) * sizeof(*commit->records);
	struct commit_record *records = realloc(commit->records, room);
	uint64_t sequence = ++node->spool->sequence;
	struct commit_record *record;

	if (!records)
		return -ENOMEM;
	commit->records = records;
	record = &records[commit->count];
	record->text = spool_record_text(node, sequence, &record->len);
	if (!record->text)
		return -ENOMEM;
	record->node = node;
	record->number = node->inode.number;
	record->sequence = sequence;
	commit->count++;
	node->commits++;
	return 0;
}

static bool has_record(
	const struct spool_commit *commit, const struct spool_node *node)
{
	for (size_t i = 0; i < commit->count; i++)
		if (commit->records[i].node == node)
			return true;
	return false;
}

/* The directories that the inode hangs from, as far as it is not on disk yet
 * where they are. */
static int ancestors_add(
	struct spool_commit *commit, const struct spool_node *node)
{
	const struct spool_inode *dir;
	struct spool_node *above;
	int err;

	for (size_t i = 0; i < node->links.count; i++)
		for (dir = &node->links.list[i]->dir->inode; dir;
			dir = dir->parent) {
			above = spool_node(dir);
			if (above->durable >= above->placed ||
				has_record(commit, above))
				continue;
			err = record_add(commit, above);
			if (err)
				return err;
		}
	return 0;
}

static int records_add(struct spool_commit *commit, struct spool_node *node)
{
	struct spool_inode *other = NULL;
	int err;

	if (node->exchanged)
		other = spool_by_number(node->spool, node->exchanged);
	err = ancestors_add(commit, node);
	if (!err && other && other->nlink)
		err = ancestors_add(commit, spool_node(other));
	if (!err && other && other->nlink &&
		!has_record(commit, spool_node(other)))
		err = record_add(commit, spool_node(other));
	return err ? err : record_add(commit, node);
}

/* The working copy gets a name of its own, so that the next one can be made
 * while the worker is at this one. */
static int work_take(struct spool_commit *commit, struct spool_node *node)
{
	char name[SPOOL_FILE_LEN];
	int err = spool_content_open(node);

	if (err)
		return err;
	snprintf(commit->work, sizeof(commit->work), "%llu.%llu.work",
		(unsigned long long)node->inode.number,
		(unsigned long long)node->content.version);
	spool_file_name(name, node->inode.number, "work");
	if (renameat(commit->dir_fd, name, commit->dir_fd, commit->work) < 0)
		return -errno;
	commit->file = node->content.file;
	commit->file->users++;
	commit->version = node->content.version;
	commit->saved = node->content.saved;
	commit->is_empty = !node->inode.size;
	return 0;
}

static void commit_free(struct spool_commit *commit)
{
	for (size_t i = 0; i < commit->count; i++)
		free(commit->records[i].text);
	free(commit->records);
	spool_file_drop(commit->file);
	free(commit);
}

bool spool_is_dirty(const struct spool_inode *inode)
{
	const struct spool_node *node = spool_node(inode);

	return !node->is_secret &&
		(node->content.working || node->durable < node->sequence);
}

struct spool_commit *spool_commit_begin(
	struct spool *spool, struct spool_inode *inode, int *err)
{
	struct spool_node *node = spool_node(inode);
	bool is_working = node->content.working;
	struct spool_commit *commit;

	*err = 0;
	if (!inode->nlink || !spool_is_dirty(inode))
		return NULL;
	commit = calloc(1, sizeof(*commit));
	if (!commit) {
		*err = -ENOMEM;
		return NULL;
	}
	commit->dir_fd = spool->state->inodes_fd;
	commit->number = inode->number;
	commit->err = -ECANCELED;
	node->content.working = false; /* the record has the new mtime */
	*err = records_add(commit, node);
	node->content.working = is_working;
	if (!*err && is_working)
		*err = work_take(commit, node);
	for (size_t i = 0; i < commit->count; i++)
		if (*err)
			commit->records[i].node->commits--;
		else
			commit->records[i].node->sequence =
				commit->records[i].sequence;
	if (*err) {
		commit_free(commit);
		spool_content_rest(node);
		return NULL;
	}
	node->content.working = false;
	return commit;
}

static int content_settle(struct spool_commit *commit)
{
	char name[SPOOL_FILE_LEN];

	spool_file_name(name, commit->number, "data");
	if (commit->is_empty) {
		if (unlinkat(commit->dir_fd, name, 0) < 0 && errno != ENOENT)
			return -errno;
		unlinkat(commit->dir_fd, commit->work, 0);
	} else if (fsync(commit->file->fd) < 0 ||
		renameat(commit->dir_fd, commit->work, commit->dir_fd, name) <
			0) {
		return -errno;
	}
	commit->moved = true;
	return 0;
}

static int records_settle(struct spool_commit *commit)
{
	const struct commit_record *record;
	char name[SPOOL_FILE_LEN];
	int err = 0;

	for (size_t i = 0; !err && i < commit->count; i++) {
		record = &commit->records[i];
		if (i == commit->count - 1 && commit->file) {
			err = content_settle(commit);
			if (err)
				break;
		}
		spool_file_name(name, record->number, "json");
		err = state_write(
			commit->dir_fd, name, record->text, record->len, 1);
	}
	return err;
}

int spool_commit_work(struct spool_commit *commit)
{
	commit->err = records_settle(commit);
	return commit->err;
}

/* The content of a commit that failed is a working copy again, unless there is
 * a newer one already. */
static void work_return(struct spool_commit *commit, struct spool_node *node)
{
	char name[SPOOL_FILE_LEN];

	spool_file_name(name, commit->number, "work");
	if (!node->content.working && node->inode.nlink &&
		node->content.version == commit->version &&
		renameat(commit->dir_fd, commit->work, commit->dir_fd, name) ==
			0) {
		node->content.working = true;
		node->content.saved = commit->saved;
		return;
	}
	unlinkat(commit->dir_fd, commit->work, 0);
}

static void exchange_end(struct spool_node *node)
{
	struct spool_node *other;

	if (!node->exchanged)
		return;
	other = spool_node(spool_by_number(node->spool, node->exchanged));
	if (other &&
		(node->durable < node->placed ||
			other->durable < other->placed))
		return;
	if (other && other->exchanged == node->inode.number)
		other->exchanged = 0;
	node->exchanged = 0;
}

static void record_end(const struct commit_record *record, int dir_fd)
{
	struct spool_node *node = record->node;
	char name[SPOOL_FILE_LEN];

	if (node->durable < record->sequence)
		node->durable = record->sequence;
	if (node->sequence == record->sequence) {
		node->is_stale = false;
		unlinkat(dir_fd,
			spool_file_name(name, node->inode.number, "next"), 0);
	}
	if (node->durable >= node->placed)
		spool_doomed_remove(node);
}

void spool_commit_end(struct spool *spool, struct spool_commit *commit)
{
	struct spool_node *node;

	if (!commit)
		return;
	node = commit->records[commit->count - 1].node;
	if (commit->err && commit->file && !commit->moved)
		work_return(commit, node);
	for (size_t i = 0; i < commit->count && !commit->err; i++)
		record_end(&commit->records[i], commit->dir_fd);
	if (!commit->err)
		exchange_end(node);
	if (node->is_secret) /* since then */
		spool_files_remove(spool, node->inode.number);
	for (size_t i = 0; i < commit->count; i++) {
		commit->records[i].node->commits--;
		spool_node_rest(commit->records[i].node);
	}
	commit_free(commit);
}

static int content_open(const struct state *state, uint64_t number)
{
	char name[SPOOL_FILE_LEN];
	int fd = openat(state->inodes_fd, spool_file_name(name, number, "data"),
		O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Where a link cannot be: another filesystem, or too many of them. */
static int content_copy(const struct state *state, uint64_t number, int dir_fd,
	const char *name)
{
	char buf[65536];
	int from = content_open(state, number), to, err = 0;
	ssize_t n = 0;

	if (from < 0 && from != -ENOENT)
		return from;
	to = openat(
		dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		err = -errno;
	while (!err && from >= 0 && (n = read(from, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0, m; !err && done < n; done += m) {
			m = write(to, buf + done, (size_t)(n - done));
			if (m < 0)
				err = -errno;
		}
	if (!err && n < 0)
		err = -errno;
	if (!err && fsync(to) < 0)
		err = -errno;
	if (from >= 0)
		close(from);
	if (to >= 0) {
		close(to);
		if (err)
			unlinkat(dir_fd, name, 0);
	}
	return err;
}

int spool_content_link(const struct state *state, uint64_t number, int dir_fd,
	const char *name)
{
	char from[SPOOL_FILE_LEN];

	spool_file_name(from, number, "data");
	if (linkat(state->inodes_fd, from, dir_fd, name, 0) == 0)
		return 0;
	if (errno == EEXIST)
		return -EEXIST;
	return content_copy(state, number, dir_fd, name);
}

int spool_content_read(const struct state *state, uint64_t number, size_t limit,
	char **out, size_t *len)
{
	char name[SPOOL_FILE_LEN];
	int err = state_read(state->inodes_fd,
		spool_file_name(name, number, "data"), limit, out, len);

	if (err != -ENOENT)
		return err;
	*out = calloc(1, 1);
	*len = 0;
	return *out ? 0 : -ENOMEM;
}
