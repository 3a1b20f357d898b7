/* SPDX-License-Identifier: MIT */
/* fs/files/spool.c - the tree of saved files: top directories, names,
 * attributes */
#include "fs/files/spool.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fs/files/spool_private.h"

/* Cookies of listings leave room below for a caller's own entries. */
#define FIRST_SEQUENCE 16

static void nodes_free(struct spool *spool)
{
	for (size_t i = 0; i < spool->room; i++)
		while (spool->table[i])
			spool_node_free(spool->table[i]);
	free(spool->table);
	free(spool);
}

/* A process that writes to files of two mounts must not find them to be one:
 * FNV-1a of the state directory's path, the same after a remount. */
static uint64_t path_hash(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 0x100000001b3;
	return hash;
}

int spool_open(struct state *state, void (*complain)(const char *line),
	spool_gone *gone, void *ctx, struct spool **out)
{
	struct spool *spool = calloc(1, sizeof(*spool));
	int err;

	if (!spool)
		return -ENOMEM;
	spool->state = state;
	spool->complain = complain;
	spool->gone = gone;
	spool->ctx = ctx;
	spool->salt = path_hash(state->path);
	spool->top_mode = 0755;
	spool->serial = 1;
	spool->sequence = FIRST_SEQUENCE;
	err = spool_load(spool);
	if (err)
		nodes_free(spool);
	else
		*out = spool;
	return err;
}

/* What nothing refers to any more, not even a rename that could be undone by a
 * power cut, leaves the disk with the mount. */
static void node_close(struct spool_node *node)
{
	spool_content_free(node);
	if (node->doomed_count && spool_record_settle(node) == 0)
		spool_doomed_remove(node);
	if (node->inode.nlink && node->is_stale)
		spool_record_write(node);
	if (!node->inode.nlink && !node->kept)
		spool_files_remove(node->spool, node->inode.number);
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	for (size_t i = 0; i < spool->room; i++)
		for (struct spool_node *node = spool->table[i]; node;
			node = node->chain)
			node_close(node);
	spool_serial_save(spool, spool->serial);
	nodes_free(spool);
}

void spool_tops_add(struct spool *spool, struct spool_node *top)
{
	top->inode.top = &top->inode;
	top->next_top = NULL;
	if (spool->last_top)
		spool->last_top->next_top = top;
	else
		spool->tops = top;
	spool->last_top = top;
}

struct spool_node *spool_top_of(struct spool *spool, const char *root)
{
	struct spool_node *top = spool->tops;

	while (top && strcmp(top->inode.root, root))
		top = top->next_top;
	return top;
}

struct spool_inode *spool_top(struct spool *spool, const char *root, uid_t uid,
	gid_t gid, const struct timespec *now)
{
	struct spool_node *top = spool_top_of(spool, root);
	int err;

	if (top)
		return &top->inode;
	top = spool_node_make(spool, S_IFDIR | spool->top_mode, uid, gid, now);
	if (!top)
		return NULL;
	top->inode.nlink = 2;
	top->inode.root = strdup(root);
	err = top->inode.root ? spool_record_place(top) : -ENOMEM;
	if (err) {
		spool_node_free(top);
		errno = -err;
		return NULL;
	}
	spool_tops_add(spool, top);
	return &top->inode;
}

void spool_lend(struct spool *spool, uid_t uid, gid_t gid, mode_t mode)
{
	spool->top_mode = mode;
	for (struct spool_node *top = spool->tops; top; top = top->next_top) {
		struct spool_inode *inode = &top->inode;
		if (inode->uid == uid && inode->gid == gid &&
			(inode->mode & 07777) == mode)
			continue;
		inode->uid = uid;
		inode->gid = gid;
		inode->mode = S_IFDIR | mode;
		spool_record(spool, inode);
	}
}

struct spool_inode *spool_next_top(
	struct spool *spool, const struct spool_inode *after)
{
	struct spool_node *top =
		after ? spool_node(after)->next_top : spool->tops;

	return top ? &top->inode : NULL;
}

static void top_remove(struct spool_node *top)
{
	struct spool *spool = top->spool;
	struct spool_node **at = &spool->tops, *last = NULL;

	while (*at != top) {
		last = *at;
		at = &last->next_top;
	}
	*at = top->next_top;
	if (spool->last_top == top)
		spool->last_top = last;
}

/* From the bottom up: a kill leaves a smaller tree, and nothing loose. */
void spool_drop_top(struct spool *spool, struct spool_inode *inode)
{
	struct spool_node *top = spool_node(inode), *dir = top;
	struct spool_place *place;
	struct spool_node *node;

	(void)spool;
	while (dir != top || dir->names.count) {
		if (!dir->names.count) {
			dir = spool_node(dir->inode.parent);
			continue;
		}
		place = dir->names.list[dir->names.count - 1];
		node = place->node;
		if (node->names.count) {
			dir = node;
			continue;
		}
		spool_place_detach(place);
		free(place);
		if (node->inode.nlink)
			spool_record_follow(node);
		else
			spool_record_remove(node);
		spool_node_rest(node);
	}
	top_remove(top);
	top->inode.nlink = 0;
	top->inode.top = NULL;
	spool_record_remove(top);
	spool_node_rest(top);
}

/* What every new name asks first. */
static int name_free(const struct spool_inode *dir, const char *name)
{
	int err = spool_name_check(name, strlen(name));

	if (err)
		return err;
	if (!spool_is_dir(dir))
		return -ENOTDIR;
	if (!dir->nlink)
		return -ENOENT;
	return spool_find(dir, name) ? -EEXIST : 0;
}

/* Gives a node one more name; on error it is as before. */
static int node_place(struct spool_node *dir, const char *name,
	struct spool_node *node, const struct timespec *now)
{
	struct spool *spool = dir->spool;
	struct spool_place *place;
	int err = spool_secret_named(node, dir, name);

	if (err)
		return err;
	place = spool_place_new(
		node, dir->inode.number, name, strlen(name), ++spool->sequence);
	if (!place || spool_names_reserve(dir) < 0 ||
		spool_links_reserve(node) < 0) {
		free(place);
		return -ENOMEM;
	}
	spool_place_add(dir, place);
	err = spool_record_place(node);
	if (err) {
		spool_place_detach(place);
		free(place);
		return err;
	}
	spool_record_touch(dir, now);
	return 0;
}

int spool_create(struct spool *spool, struct spool_inode *dir, const char *name,
	mode_t mode, uid_t uid, gid_t gid, const struct timespec *now,
	struct spool_inode **out)
{
	struct spool_node *node;
	int err = name_free(dir, name);

	if (err)
		return err;
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	if (!S_ISREG(mode) && !S_ISDIR(mode))
		return -EPERM;
	node = spool_node_make(spool, mode & (S_IFMT | 07777), uid, gid, now);
	if (!node)
		return -errno;
	err = node_place(spool_node(dir), name, node, now);
	if (err)
		spool_node_free(node);
	else
		*out = &node->inode;
	return err;
}

int spool_symlink(struct spool *spool, struct spool_inode *dir,
	const char *name, const char *target, uid_t uid, gid_t gid,
	const struct timespec *now, struct spool_inode **out)
{
	struct spool_node *node;
	int err = name_free(dir, name);

	if (err)
		return err;
	if (!*target)
		return -ENOENT;
	if (strlen(target) >= PATH_MAX)
		return -ENAMETOOLONG;
	node = spool_node_make(spool, S_IFLNK | 0777, uid, gid, now);
	if (!node)
		return -errno;
	node->inode.target = strdup(target);
	node->inode.size = strlen(target);
	err = node->inode.target ? node_place(spool_node(dir), name, node, now)
				 : -ENOMEM;
	if (err)
		spool_node_free(node);
	else
		*out = &node->inode;
	return err;
}

int spool_link(struct spool *spool, struct spool_inode *inode,
	struct spool_inode *dir, const char *name, const struct timespec *now)
{
	struct timespec ctime = inode->ctime;
	int err = name_free(dir, name);

	(void)spool;
	if (err)
		return err;
	if (spool_is_dir(inode))
		return -EPERM;
	if (!inode->nlink)
		return -ENOENT;
	if (inode->nlink >= SPOOL_LINKS_MAX)
		return -EMLINK;
	inode->ctime = *now;
	err = node_place(spool_node(dir), name, spool_node(inode), now);
	if (err)
		inode->ctime = ctime;
	return err;
}

static int place_remove(struct spool_place *place, const struct timespec *now)
{
	struct spool_node *node = place->node, *dir = place->dir;
	struct timespec ctime = node->inode.ctime;
	int err;

	spool_place_detach(place);
	node->inode.ctime = *now;
	/* The last name is gone: nothing on disk may bring it back. */
	err = node->inode.nlink ? spool_record_place(node)
				: spool_record_remove(node);
	if (err) {
		node->inode.ctime = ctime;
		spool_place_add(dir, place);
		spool_record_follow(node); /* half of it may be gone */
		return err;
	}
	free(place);
	spool_record_touch(dir, now);
	spool_node_rest(node);
	return 0;
}

int spool_unlink(struct spool *spool, struct spool_inode *dir, const char *name,
	const struct timespec *now)
{
	struct spool_place *place = spool_place_find(spool_node(dir), name);

	(void)spool;
	if (!place)
		return spool_is_dir(dir) ? -ENOENT : -ENOTDIR;
	if (spool_is_dir(&place->node->inode))
		return -EISDIR;
	return place_remove(place, now);
}

int spool_rmdir(struct spool *spool, struct spool_inode *dir, const char *name,
	const struct timespec *now)
{
	struct spool_place *place = spool_place_find(spool_node(dir), name);

	(void)spool;
	if (!place)
		return spool_is_dir(dir) ? -ENOENT : -ENOTDIR;
	if (!spool_is_dir(&place->node->inode))
		return -ENOTDIR;
	if (place->node->names.count)
		return -ENOTEMPTY;
	return place_remove(place, now);
}

int spool_setattr(struct spool *spool, struct spool_inode *inode, int which,
	const struct stat *stat, const struct timespec *now)
{
	struct spool_inode old = *inode;
	int err;

	if (which & SPOOL_SET_MODE)
		inode->mode = (inode->mode & S_IFMT) |
			(stat->st_mode &
				(spool_is_secret(inode) ? 0700 : 07777));
	if (which & SPOOL_SET_UID)
		inode->uid = stat->st_uid;
	if (which & SPOOL_SET_GID)
		inode->gid = stat->st_gid;
	if (which & SPOOL_SET_ATIME)
		inode->atime = stat->st_atim;
	if (which & SPOOL_SET_MTIME)
		inode->mtime = stat->st_mtim;
	inode->ctime = *now;
	err = spool_record(spool, inode);
	if (err)
		*inode = old;
	return err;
}

int spool_record(struct spool *spool, struct spool_inode *inode)
{
	(void)spool;
	return inode->nlink ? spool_record_write(spool_node(inode)) : 0;
}

void spool_hold(struct spool_inode *inode)
{
	inode->handles++;
}

void spool_drop(struct spool *spool, struct spool_inode *inode)
{
	(void)spool;
	inode->handles--;
	spool_node_rest(spool_node(inode));
}
