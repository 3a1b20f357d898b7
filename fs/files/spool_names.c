/* SPDX-License-Identifier: MIT */
/* fs/files/spool_names.c - directories: a hash of names beside a list in order
 */
#include "fs/files/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/files/spool_private.h"

static uint32_t name_hash(const char *name)
{
	uint32_t hash = 2166136261u;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619u;
	return hash;
}

int spool_name_check(const char *name, size_t len)
{
	if (len > SPOOL_NAME_MAX)
		return -ENAMETOOLONG;
	if (!len || memchr(name, '/', len) || memchr(name, '\0', len) ||
		(len == 1 && name[0] == '.') ||
		(len == 2 && name[0] == '.' && name[1] == '.'))
		return -EINVAL;
	return 0;
}

struct spool_place *spool_place_new(struct spool_node *node, uint64_t parent,
	const char *name, size_t len, uint64_t order)
{
	struct spool_place *place = malloc(sizeof(*place) + len + 1);

	if (!place)
		return NULL;
	memcpy(place->name, name, len);
	place->name[len] = '\0';
	place->dir = NULL;
	place->node = node;
	place->parent = parent;
	place->order = order;
	place->hash = name_hash(place->name);
	place->next = NULL;
	return place;
}

struct spool_place *spool_place_find(
	const struct spool_node *dir, const char *name)
{
	uint32_t hash = name_hash(name);
	struct spool_place *place;

	if (!dir->names.room)
		return NULL;
	place = dir->names.buckets[hash & (dir->names.room - 1)];
	while (place && (place->hash != hash || strcmp(place->name, name)))
		place = place->next;
	return place;
}

static void bucket_add(struct spool_names *names, struct spool_place *place)
{
	struct spool_place **bucket =
		&names->buckets[place->hash & (names->room - 1)];

	place->next = *bucket;
	*bucket = place;
}

int spool_names_reserve(struct spool_node *dir)
{
	struct spool_names *names = &dir->names;
	size_t room = names->room ? names->room * 2 : 8;
	struct spool_place **list, **buckets;

	if (names->count < names->room)
		return 0;
	list = realloc(names->list, room * sizeof(*list));
	if (!list)
		return -ENOMEM;
	names->list = list;
	buckets = calloc(room, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	free(names->buckets);
	names->buckets = buckets;
	names->room = room;
	for (size_t i = 0; i < names->count; i++)
		bucket_add(names, list[i]);
	return 0;
}

int spool_links_reserve(struct spool_node *node)
{
	struct spool_links *links = &node->links;
	size_t room = links->room ? links->room * 2 : 1;
	struct spool_place **list;

	if (links->count < links->room)
		return 0;
	list = realloc(links->list, room * sizeof(*list));
	if (!list)
		return -ENOMEM;
	links->list = list;
	links->room = room;
	return 0;
}

/* Index of the first place whose order is not below this one. */
static size_t position(const struct spool_names *names, uint64_t order)
{
	size_t low = 0, high = names->count, middle;

	if (high && names->list[high - 1]->order < order)
		return high;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (names->list[middle]->order < order)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void spool_names_add(struct spool_node *dir, struct spool_place *place)
{
	struct spool_names *names = &dir->names;
	size_t at = position(names, place->order);

	memmove(&names->list[at + 1], &names->list[at],
		(names->count - at) * sizeof(*names->list));
	names->list[at] = place;
	names->count++;
	bucket_add(names, place);
	place->dir = dir;
	place->parent = dir->inode.number;
}

void spool_names_append(struct spool_node *dir, struct spool_place *place)
{
	dir->names.list[dir->names.count++] = place;
	bucket_add(&dir->names, place);
	place->dir = dir;
}

static int place_compare(const void *a, const void *b)
{
	const struct spool_place *left = *(struct spool_place *const *)a;
	const struct spool_place *right = *(struct spool_place *const *)b;

	return (left->order > right->order) - (left->order < right->order);
}

void spool_names_sort(struct spool_node *dir)
{
	struct spool_names *names = &dir->names;

	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list),
			place_compare);
	for (size_t i = 1; i < names->count; i++)
		if (names->list[i]->order <= names->list[i - 1]->order)
			names->list[i]->order = names->list[i - 1]->order + 1;
}

void spool_names_remove(struct spool_place *place)
{
	struct spool_names *names = &place->dir->names;
	struct spool_place **in =
		&names->buckets[place->hash & (names->room - 1)];
	size_t at = position(names, place->order);

	while (*in != place)
		in = &(*in)->next;
	*in = place->next;
	while (names->list[at] != place)
		at++;
	names->count--;
	memmove(&names->list[at], &names->list[at + 1],
		(names->count - at) * sizeof(*names->list));
	place->dir = NULL;
}

void spool_links_add(struct spool_place *place)
{
	struct spool_links *links = &place->node->links;

	links->list[links->count++] = place;
}

void spool_links_remove(struct spool_place *place)
{
	struct spool_links *links = &place->node->links;
	size_t at = 0;

	while (links->list[at] != place)
		at++;
	links->count--;
	memmove(&links->list[at], &links->list[at + 1],
		(links->count - at) * sizeof(*links->list));
}

/* The first directory of dir at or behind index, or NULL. */
static struct spool_node *dir_from(const struct spool_node *dir, size_t index)
{
	for (; index < dir->names.count; index++)
		if (spool_is_dir(&dir->names.list[index]->node->inode))
			return dir->names.list[index]->node;
	return NULL;
}

/* The directories of a tree one by one, parents first; without recursion, as
 * nothing limits how deep people nest them. */
static struct spool_node *dir_next(
	const struct spool_node *root, struct spool_node *dir)
{
	struct spool_node *next = dir_from(dir, 0), *parent;
	size_t at;

	while (!next && dir != root) {
		parent = dir->links.list[0]->dir;
		at = position(&parent->names, dir->links.list[0]->order);
		while (parent->names.list[at]->node != dir)
			at++;
		next = dir_from(parent, at + 1);
		dir = parent;
	}
	return next;
}

void spool_top_set(struct spool_node *dir, struct spool_inode *top)
{
	for (struct spool_node *at = dir; at; at = dir_next(dir, at))
		at->inode.top = top;
}

void spool_place_add(struct spool_node *dir, struct spool_place *place)
{
	struct spool_node *node = place->node;

	spool_names_add(dir, place);
	spool_links_add(place);
	if (!spool_is_dir(&node->inode)) {
		node->inode.nlink++;
		return;
	}
	node->inode.nlink += 2;
	dir->inode.nlink++;
	node->inode.parent = &dir->inode;
	if (node->inode.top != dir->inode.top)
		spool_top_set(node, dir->inode.top);
}

void spool_place_detach(struct spool_place *place)
{
	struct spool_node *node = place->node;

	if (spool_is_dir(&node->inode)) {
		node->inode.nlink -= 2;
		place->dir->inode.nlink--;
		node->inode.parent = NULL;
		node->inode.top = NULL;
	} else {
		node->inode.nlink--;
	}
	spool_names_remove(place);
	spool_links_remove(place);
}

struct spool_inode *spool_find(const struct spool_inode *dir, const char *name)
{
	struct spool_place *place = spool_place_find(spool_node(dir), name);

	return place ? &place->node->inode : NULL;
}

size_t spool_count(const struct spool_inode *dir)
{
	return spool_node(dir)->names.count;
}

bool spool_entry(const struct spool_inode *dir, size_t index, const char **name,
	struct spool_inode **inode)
{
	const struct spool_names *names = &spool_node(dir)->names;

	if (index >= names->count)
		return false;
	*name = names->list[index]->name;
	*inode = &names->list[index]->node->inode;
	return true;
}

bool spool_entry_after(const struct spool_inode *dir, uint64_t cookie,
	uint64_t *next, const char **name, struct spool_inode **inode)
{
	const struct spool_names *names = &spool_node(dir)->names;
	size_t at = position(names, cookie + 1);

	if (!spool_entry(dir, at, name, inode))
		return false;
	*next = names->list[at]->order;
	return true;
}

bool spool_link_at(const struct spool_inode *inode, size_t index,
	struct spool_inode **dir, const char **name)
{
	const struct spool_links *links = &spool_node(inode)->links;

	if (index >= links->count)
		return false;
	*dir = &links->list[index]->dir->inode;
	*name = links->list[index]->name;
	return true;
}
