/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_read.h - inside of an index, for what builds one */
#ifndef FS_RESOURCES_RESOURCE_READ_H
#define FS_RESOURCES_RESOURCE_READ_H

#include "fs/resources/resource_index.h"

/* How many objects stay parsed. */
enum { RESOURCE_SHELF = 16 };

/* Of the loop alone. */
struct resource_use {
	unsigned holds;
	unsigned last; /* on the shelf */
	struct {
		const struct resource *of;
		json_t *json;
	} shelf[RESOURCE_SHELF];
};

uint64_t resource_hash(const char *text);
bool is_earlier(const struct timespec *a, const struct timespec *b);
/* Where a key is, or would be. */
uint32_t *resource_slot(const struct resource_index *index, uint32_t *slots,
	const char *key, bool is_id);

/* Copies a text to *at, which moves behind it. Returns the copy. */
const char *resource_word(char **at, const char *text);

/* ---- the parts, fs/resources/by_source.c ---- */

struct part_reader {
	struct named *found; /* each with its key as group */
	size_t count, room;
};

/* Adds an item for each of its keys; id is borrowed until the end. -ENOMEM. */
int part_reader_add(struct part_reader *reader,
	const struct resource_list *list, const json_t *item, const char *id);
/* Puts what was added into the index. -ENOMEM. */
int part_reader_end(struct part_reader *reader, struct resource_index *index);
void part_reader_clear(struct part_reader *reader);

#endif
