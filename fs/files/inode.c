/* SPDX-License-Identifier: MIT */
/* fs/files/inode.c - backing inodes that are known, and their names */
#include "fs/files/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/files/files_private.h"

/*
 * Inode numbers as shown: bit 63 is clear; bit 62 is set, but clear in the
 * numbers of rows (fs/core/node.c). Bit 61 is set for top directories, whose
 * number is not made from a backing inode.
 */
#define BITS_61 ((UINT64_C(1) << 61) - 1)
#define OF_FILES (UINT64_C(1) << 62)
#define OF_TOPS (UINT64_C(1) << 61)

static uint64_t mix(const struct files *files, uint64_t number)
{
	return ((number ^ files->salt) & BITS_61) | OF_FILES;
}

static struct inode *table_find(struct files *files, uint64_t ino)
{
	struct inode *inode;

	HASH_FIND(hh, files->table, &ino, sizeof(ino), inode);
	return inode;
}

static struct inode *inode_new(struct files *files, uint64_t ino, mode_t type)
{
	struct inode *inode = calloc(1, sizeof(*inode));

	if (!inode)
		return NULL;
	inode->files = files;
	inode->file.ino = ino;
	inode->file.type = type;
	inode->fd = -1;
	inode->holds = 1;
	LIST_INIT(&inode->opened);
	TAILQ_INIT(&inode->places);
	if (S_ISDIR(type))
		inode->dir = calloc(1, sizeof(*inode->dir));
	if (inode->dir) /* after a start, it is unknown what is durable */
		inode->is_dirty = inode->dir->is_new = true;
	if (!S_ISDIR(type) || inode->dir)
		HASH_ADD(hh, files->table, file.ino, sizeof(ino), inode);
	if (inode->hh.tbl)
		return inode;
	free(inode->dir);
	free(inode);
	return NULL;
}

/* If the number is taken, uses the next one. That happens by chance, or if
 * another filesystem is mounted below, or by changes from outside. */
static struct inode *disk_find(
	struct files *files, const struct stat *st, uint64_t *ino)
{
	uint64_t number = st->st_ino;
	struct inode *inode;

	if (st->st_dev != files->dev)
		number ^= st->st_dev * UINT64_C(0x9e3779b97f4a7c15);
	*ino = mix(files, number);
	while ((inode = table_find(files, *ino)) &&
		(inode->file.number != st->st_ino || inode->dev != st->st_dev ||
			(st->st_mode &&
				inode->file.type != (st->st_mode & S_IFMT))))
		++*ino;
	return inode;
}

struct inode *inode_find(struct files *files, const struct stat *st)
{
	uint64_t ino;

	return disk_find(files, st, &ino);
}

static void places_clear(struct inode *inode)
{
	while (!TAILQ_EMPTY(&inode->places))
		place_remove(TAILQ_FIRST(&inode->places));
}

int inode_adopt(struct inode *dir, const char *name, const struct stat *st,
	struct file **out)
{
	struct files *files = dir->files;
	uint64_t ino;
	struct inode *inode = disk_find(files, st, &ino);

	if (inode) {
		inode->holds++;
	} else {
		inode = inode_new(files, ino, st->st_mode & S_IFMT);
		if (!inode)
			return -ENOMEM;
		inode->file.number = st->st_ino;
		inode->dev = st->st_dev;
	}
	if (!place_find(inode, dir, name)) {
		if (inode->dir)
			places_clear(inode); /* it has one name */
		if (place_add(inode, dir, name)) {
			file_drop(&inode->file);
			return -ENOMEM;
		}
	}
	*out = &inode->file;
	return 0;
}

struct file *files_top(struct files *files, const char *key)
{
	uint64_t ino = mix(files, hash_text(HASH_START, key)) | OF_TOPS;
	struct inode *top;

	while ((top = table_find(files, ino)) &&
		(!top->dir || !top->dir->key || top->is_pinned ||
			strcmp(top->dir->key, key)))
		ino++;
	if (top) {
		top->holds++;
		return &top->file;
	}
	top = inode_new(files, ino, S_IFDIR);
	if (!top)
		return NULL;
	top->dir->key = strdup(key);
	if (top->dir->key)
		return &top->file;
	file_drop(&top->file);
	return NULL;
}

uint64_t files_ino(const struct files *files, uint64_t number)
{
	return mix(files, number);
}

struct file *file_by_number(struct files *files, uint64_t number)
{
	struct stat st = { .st_ino = number, .st_dev = files->dev };
	struct inode *inode = inode_find(files, &st);

	return inode ? &inode->file : NULL;
}

struct file *file_by_ino(struct files *files, uint64_t ino)
{
	struct inode *inode = table_find(files, ino);

	return inode ? &inode->file : NULL;
}

/* ---- how long an inode is kept ---- */

/* A rename may still save unsaved content; see fs/ops/save.c. */
static bool is_needed(const struct inode *inode)
{
	if (inode->lookups || inode->holds || inode->commits)
		return true;
	return !inode->dir && !TAILQ_EMPTY(&inode->places) &&
		inode->file.generation != inode->file.sent;
}

void directory_clear(struct directory *dir)
{
	json_decref(dir->settings);
	dir->settings = NULL;
	dir->is_read = true;
}

void inode_free(struct inode *inode)
{
	HASH_DEL(inode->files->table, inode);
	inode_close_fd(inode);
	if (inode->dir) {
		directory_clear(inode->dir);
		free(inode->dir->key);
	}
	free(inode->dir);
	free(inode);
}

/* Upward without recursion, as nothing limits how deep people nest directories.
 */
void inode_release(struct inode *inode)
{
	struct inode *dir;

	while (inode && !is_needed(inode)) {
		dir = dir_parent(inode);
		if (dir)
			dir->holds++;
		places_clear(inode);
		inode_free(inode);
		if (dir)
			dir->holds--;
		inode = dir;
	}
}

void file_hold(struct file *file)
{
	inode_of(file)->holds++;
}

void file_drop(struct file *file)
{
	if (!file)
		return;
	inode_of(file)->holds--;
	inode_release(inode_of(file));
}

void file_known(struct file *file)
{
	inode_of(file)->lookups++;
}

void file_forget(struct file *file, uint64_t count)
{
	struct inode *inode = inode_of(file);

	inode->lookups -= count < inode->lookups ? count : inode->lookups;
	inode_release(inode);
}

/* ---- names ---- */

struct place *place_find(
	const struct inode *inode, const struct inode *dir, const char *name)
{
	struct place *place;

	TAILQ_FOREACH(place, &inode->places, link)
	if (place->dir == dir && !strcmp(place->name, name))
		return place;
	return NULL;
}

struct place *place_new(struct inode *dir, const char *name)
{
	size_t size = strlen(name) + 1;
	struct place *place = malloc(sizeof(*place) + size);

	if (!place)
		return NULL;
	memcpy(place->name, name, size);
	place->inode = NULL;
	place->dir = dir;
	dir->holds++;
	return place;
}

void place_insert(struct place *place, struct inode *inode)
{
	place->inode = inode;
	TAILQ_INSERT_TAIL(&inode->places, place, link);
}

int place_add(struct inode *inode, struct inode *dir, const char *name)
{
	struct place *place = place_new(dir, name);

	if (place)
		place_insert(place, inode);
	return place ? 0 : -ENOMEM;
}

void place_remove(struct place *place)
{
	struct inode *dir;

	if (!place)
		return;
	dir = place->dir;
	if (place->inode)
		TAILQ_REMOVE(&place->inode->places, place, link);
	free(place);
	file_drop(&dir->file);
}

struct inode *dir_parent(const struct inode *dir)
{
	struct place *place = TAILQ_FIRST(&dir->places);

	return place ? place->dir : NULL;
}

struct file *file_parent(const struct file *dir)
{
	struct inode *parent = dir_parent(inode_of(dir));

	return parent ? &parent->file : NULL;
}

const char *file_top_key(const struct file *file)
{
	const struct inode *dir = inode_of(file);

	while (dir && !dir->dir->key)
		dir = dir_parent(dir);
	return dir && !dir->is_pinned ? dir->dir->key : NULL;
}

bool dir_is_alive(const struct inode *dir)
{
	return file_top_key(&dir->file) != NULL;
}

bool file_place(
	const struct file *file, size_t i, struct file **dir, const char **name)
{
	struct place *place;

	TAILQ_FOREACH(place, &inode_of(file)->places, link)
	if (!i--) {
		*dir = &place->dir->file;
		*name = place->name;
		return true;
	}
	return false;
}
