/* SPDX-License-Identifier: MIT */
/* fs/files/spool_table.c - inodes by number: made, found, put to rest */
#include "fs/files/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/base/setting.h"
#include "fs/files/spool_private.h"

#define BITS_63 ((UINT64_C(1) << 63) - 1)
#define INO_MIN (UINT64_C(1) << 32)
#define SERIAL_STEP 1024

/* Each step is a bijection of 63 bits, so two numbers never mix to one. */
uint64_t spool_mix(const struct spool *spool, uint64_t number)
{
	uint64_t x = (number ^ spool->salt) & BITS_63;

	x ^= x >> 32;
	x = (x * UINT64_C(0x2545f4914f6cdd1d)) & BITS_63;
	x ^= x >> 29;
	x = (x * UINT64_C(0x9e3779b97f4a7c15)) & BITS_63;
	x ^= x >> 32;
	return x;
}

static struct spool_node **slot(const struct spool *spool, uint64_t ino)
{
	return &spool->table[ino & (spool->room - 1)];
}

static int table_grow(struct spool *spool)
{
	size_t room = spool->room ? spool->room * 2 : 64;
	struct spool_node **old = spool->table, *node;
	size_t old_room = spool->room;

	spool->table = calloc(room, sizeof(struct spool_node *));
	if (!spool->table) {
		spool->table = old;
		return -ENOMEM;
	}
	spool->room = room;
	for (size_t i = 0; i < old_room; i++)
		while ((node = old[i])) {
			old[i] = node->chain;
			node->chain = *slot(spool, node->inode.ino);
			*slot(spool, node->inode.ino) = node;
		}
	free(old);
	return 0;
}

int spool_table_add(struct spool *spool, struct spool_node *node)
{
	if (spool->count >= spool->room && table_grow(spool) < 0)
		return -ENOMEM;
	node->chain = *slot(spool, node->inode.ino);
	*slot(spool, node->inode.ino) = node;
	spool->count++;
	return 0;
}

static void table_remove(struct spool_node *node)
{
	struct spool_node **at;

	if (!node->spool->room)
		return;
	at = slot(node->spool, node->inode.ino);
	while (*at && *at != node)
		at = &(*at)->chain;
	if (!*at)
		return;
	*at = node->chain;
	node->spool->count--;
}

struct spool_inode *spool_by_ino(struct spool *spool, uint64_t ino)
{
	struct spool_node *node = spool->room ? *slot(spool, ino) : NULL;

	while (node && node->inode.ino != ino)
		node = node->chain;
	return node ? &node->inode : NULL;
}

struct spool_inode *spool_by_number(struct spool *spool, uint64_t number)
{
	struct spool_inode *inode =
		spool_by_ino(spool, spool_mix(spool, number));

	return inode && inode->number == number ? inode : NULL;
}

struct spool_node *spool_node_of(struct spool *spool, uint64_t number)
{
	return spool_node(spool_by_number(spool, number));
}

int spool_serial_save(struct spool *spool, uint64_t reserved)
{
	char text[32];
	int len = snprintf(
		text, sizeof(text), "%llu\n", (unsigned long long)reserved);
	int err = state_write(
		spool->state->inodes_fd, "serial", text, (size_t)len, 0);

	if (!err)
		spool->reserved = reserved;
	return err;
}

static int number_take(struct spool *spool, uint64_t *number)
{
	int err;

	while (spool_mix(spool, spool->serial) <= INO_MIN)
		spool->serial++;
	if (spool->serial >= spool->reserved) {
		err = spool_serial_save(spool, spool->serial + SERIAL_STEP);
		if (err)
			return err;
	}
	*number = spool->serial++;
	return 0;
}

struct spool_node *spool_node_new(
	struct spool *spool, uint64_t number, mode_t mode)
{
	struct spool_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->spool = spool;
	node->inode.number = number;
	node->inode.ino = spool_mix(spool, number);
	node->inode.mode = mode;
	node->inode.content = &node->content;
	node->inode.names = &node->names;
	node->inode.links = &node->links;
	return node;
}

struct spool_node *spool_node_make(struct spool *spool, mode_t mode, uid_t uid,
	gid_t gid, const struct timespec *now)
{
	struct spool_node *node;
	uint64_t number;
	int err = number_take(spool, &number);

	if (err) {
		errno = -err;
		return NULL;
	}
	node = spool_node_new(spool, number, mode);
	if (!node || spool_table_add(spool, node) < 0) {
		free(node);
		errno = ENOMEM;
		return NULL;
	}
	node->inode.uid = uid;
	node->inode.gid = gid;
	node->inode.atime = node->inode.mtime = *now;
	node->inode.ctime = node->inode.btime = *now;
	return node;
}

void spool_node_free(struct spool_node *node)
{
	if (!node)
		return;
	table_remove(node);
	spool_file_drop(node->content.file);
	for (size_t i = 0; i < node->links.count; i++)
		free(node->links.list[i]);
	free(node->links.list);
	free(node->names.list);
	free(node->names.buckets);
	free(node->doomed);
	json_decref(node->exchange);
	json_decref(node->inode.xattrs);
	json_decref(node->inode.settings);
	setting_wipe(node->inode.secrets);
	json_decref(node->inode.secrets);
	free(node->inode.target);
	free(node->inode.root);
	free(node->home);
	free(node);
}

void spool_node_rest(struct spool_node *node)
{
	struct spool *spool = node->spool;

	if (node->inode.nlink || node->inode.handles || node->commits) {
		spool_content_rest(node);
		return;
	}
	if (spool->gone)
		spool->gone(spool->ctx, &node->inode);
	spool_content_free(node);
	if (!node->kept)
		spool_files_remove(spool, node->inode.number);
	spool_node_free(node);
}
