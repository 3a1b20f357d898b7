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
/* Where an id is, or would be. */
uint32_t *resource_slot(const struct resource_index *index, const char *id);

#endif
