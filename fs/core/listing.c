/* SPDX-License-Identifier: MIT */
/* fs/core/listing.c - the entries of an open directory */
#include "fs/core/listing.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/node.h"
#include "fs/files/files.h"
#include "fs/core/row.h"

void lookup_clear(struct lookup_result *found)
{
	free(found->id);
	free(found->name);
	file_drop(found->file);
	memset(found, 0, sizeof(*found));
}

int lookup_top(
	struct lookup_result *found, struct files *files, const char *key)
{
	memset(found, 0, sizeof(*found));
	found->file = files_top(files, key);
	return found->file ? 0 : -ENOMEM;
}

int lookup_row(struct lookup_result *found, const struct row *row,
	const char *id, const char *name)
{
	memset(found, 0, sizeof(*found));
	found->row = row;
	found->id = strdup(id ? id : "");
	found->name = strdup(name ? name : "");
	if (found->id && found->name)
		return 0;
	lookup_clear(found);
	return -ENOMEM;
}

int lookup_settings(struct lookup_result *found, const struct file *dir)
{
	char ino[32];

	snprintf(ino, sizeof(ino), "%" PRIu64, dir->ino);
	return lookup_row(found, tree_row("/run/.settings"),
		file_parent(dir) ? ino : file_top_key(dir), NULL);
}

int listing_add(
	struct listing *listing, const char *name, struct lookup_result *found)
{
	if (listing->count == listing->room) {
		size_t room = listing->room ? listing->room * 2 : 32;
		struct listed *grown =
			reallocarray(listing->entries, room, sizeof(*grown));
		if (!grown)
			goto no_memory;
		listing->entries = grown;
		listing->room = room;
	}
	struct listed *entry = &listing->entries[listing->count];
	entry->name = strdup(name);
	if (!entry->name)
		goto no_memory;
	entry->found = *found;
	memset(found, 0, sizeof(*found));
	listing->count++;
	return 0;
no_memory:
	lookup_clear(found);
	return -ENOMEM;
}

static int compare_entries(const void *a, const void *b)
{
	const struct listed *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	return order ? order : (*x > *y) - (*x < *y);
}

static void listed_clear(struct listed *entry)
{
	free(entry->name);
	entry->name = NULL;
	lookup_clear(&entry->found);
}

static bool is_name(const char *name)
{
	return *name && strlen(name) <= NAME_MAX && !strchr(name, '/') &&
		strcmp(name, ".") && strcmp(name, "..");
}

static int drop_twins(struct listing *listing)
{
	size_t count = listing->count;
	struct listed **sorted = calloc(count + 1, sizeof(struct listed *));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &listing->entries[i];
	qsort(sorted, count, sizeof(struct listed *), compare_entries);
	for (size_t i = count; i-- > 1;)
		if (!strcmp(sorted[i]->name, sorted[i - 1]->name))
			listed_clear(sorted[i]);
	free(sorted);
	return 0;
}

int listing_check(struct listing *listing)
{
	size_t kept = 0;
	int err = drop_twins(listing);

	if (err)
		return err;
	for (size_t i = 0; i < listing->count; i++) {
		struct listed *entry = &listing->entries[i];

		if (entry->name && !is_name(entry->name))
			listed_clear(entry);
		if (entry->name)
			listing->entries[kept++] = *entry;
	}
	listing->count = kept;
	return 0;
}

static uint32_t entry_hash(uint32_t seed, const struct listed *entry)
{
	const struct lookup_result *found = &entry->found;
	uint64_t ino;

	seed = node_hash(seed, entry->name, strlen(entry->name) + 1);
	if (found->file) /* a directory in which people save: always the same
			  */
		return seed;
	ino = node_ino(found->row, found->id, found->name);
	return node_hash(seed, &ino, sizeof(ino));
}

int listing_add_row(struct listing *listing, const char *name,
	const struct row *row, const char *id, const char *placeholder)
{
	struct lookup_result found;
	int err = lookup_row(&found, row, id, placeholder);

	return err ? err : listing_add(listing, name, &found);
}

uint32_t listing_hash(const struct listing *listing)
{
	uint32_t digest = 1;

	for (size_t i = 0; i < listing->count; i++)
		digest = entry_hash(digest, &listing->entries[i]);
	if (listing->tail)
		digest = node_hash(digest, &listing->tail->hash,
			sizeof(listing->tail->hash));
	return digest;
}

void listing_clear(struct listing *listing, struct worker *worker)
{
	for (size_t i = 0; i < listing->count; i++)
		listed_clear(&listing->entries[i]);
	free(listing->entries);
	if (listing->tail)
		listing->tail->free(listing->tail, worker);
	memset(listing, 0, sizeof(*listing));
}

size_t listing_size(const struct listing *listing)
{
	return listing->count + (listing->tail ? listing->tail->count : 0);
}

const char *listing_at(
	const struct listing *listing, size_t i, struct lookup_result *found)
{
	memset(found, 0, sizeof(*found));
	if (i >= listing->count)
		return listing->tail->at(
			listing->tail, i - listing->count, found);
	*found = listing->entries[i].found;
	return listing->entries[i].name;
}
