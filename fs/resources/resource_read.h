/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_read.h - what the reader of a list shares with its
 * index */
#ifndef FS_RESOURCES_RESOURCE_READ_H
#define FS_RESOURCES_RESOURCE_READ_H

#include "fs/resources/resource_index.h"

/* How many objects an index keeps parsed. */
enum { RESOURCE_SHELF = 16 };

/* What moves of an index; of the loop alone. */
struct resource_use {
	unsigned holds;
	unsigned next; /* of the shelf: the one before it came last */
	struct {
		const struct resource *of;
		json_t *json;
	} shelf[RESOURCE_SHELF];
};

/* Members that move by themselves, and say nothing of the resource. */
extern const char *const resource_clockwork[];

uint64_t resource_hash(const char *text);
/* Where a key is, or would be. */
uint32_t *resource_slot(const struct resource_index *index, uint32_t *slots,
	const char *key, bool is_id);

/* Copies a text to *at, which moves behind it; the copy. */
const char *resource_word(char **at, const char *text);

/* ---- the parts, fs/resources/by_source.c ---- */

struct part_reader {
	struct part_found *found;
	size_t count, room;
};

/* An item, the of-th that counts, may be in some directories. -ENOMEM. */
int part_reader_add(struct part_reader *reader,
	const struct resource_list *list, const json_t *item, uint32_t of);
/* All were added: puts them into the index. -ENOMEM. */
int part_reader_end(struct part_reader *reader, struct resource_index *index);
void part_reader_clear(struct part_reader *reader);

#endif
