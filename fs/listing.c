/* SPDX-License-Identifier: MIT */
/* fs/listing.c - the entries of an open directory */
#include "fs/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/node.h"
#include "fs/spool.h"

void found_clear(struct found *found)
{
	free(found->id);
	free(found->name);
	memset(found, 0, sizeof(*found));
}

int found_row(struct found *found, const struct row *row, const char *id,
	const char *name)
{
	memset(found, 0, sizeof(*found));
	found->row = row;
	found->id = strdup(id ? id : "");
	found->name = strdup(name ? name : "");
	if (found->id && found->name)
		return 0;
	found_clear(found);
	return -ENOMEM;
}

int listing_add(struct listing *listing, const char *name, struct found *found)
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
	found_clear(found);
	return -ENOMEM;
}

static uint32_t entry_digest(uint32_t seed, const struct listed *entry)
{
	const struct found *found = &entry->found;
	uint64_t ino = found->inode
		? found->inode->ino
		: node_ino(found->row, found->id, found->name);

	seed = node_digest(seed, entry->name, strlen(entry->name) + 1);
	return node_digest(seed, &ino, sizeof(ino));
}

uint32_t listing_digest(const struct listing *listing)
{
	uint32_t digest = 1;

	for (size_t i = 0; i < listing->count; i++)
		digest = entry_digest(digest, &listing->entries[i]);
	return digest;
}

void listing_clear(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		free(listing->entries[i].name);
		found_clear(&listing->entries[i].found);
	}
	free(listing->entries);
	memset(listing, 0, sizeof(*listing));
}
