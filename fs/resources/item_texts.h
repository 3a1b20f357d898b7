/* SPDX-License-Identifier: MIT */
/* fs/resources/item_texts.h - the objects of a long list, as little memory */
#ifndef FS_RESOURCES_ITEM_TEXTS_H
#define FS_RESOURCES_ITEM_TEXTS_H

#include <stddef.h>

#include <jansson.h>

/*
 * The resources of an account differ in little but their ids. As text, each
 * takes 350 bytes, and few are ever looked at; together, deflated, fifty.
 * Numbers are in the order in which they were added. All zero: empty.
 */
struct item_texts {
	struct item_block *blocks;
	size_t count, room; /* of blocks */
	char *packed;
	size_t packed_len, packed_room;
	/* The last block, while it is made; then the one that was read last. */
	char *open;
	size_t open_len, open_room, open_items;
	size_t open_block;
	void *packer; /* zlib's, while blocks are made */
};

/* Both -ENOMEM. Nothing is read before the end, and added after it. */
int item_texts_add(struct item_texts *texts, const char *text, size_t len);
int item_texts_end(struct item_texts *texts);

/* A new reference; NULL: out of memory. */
json_t *item_texts_read(struct item_texts *texts, size_t number);

/* How many it takes. */
size_t item_texts_bytes(const struct item_texts *texts);

void item_texts_clear(struct item_texts *texts);

#endif
