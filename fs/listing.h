/* SPDX-License-Identifier: MIT */
/* fs/listing.h - the entries of an open directory */
#ifndef FS_LISTING_H
#define FS_LISTING_H

#include <stddef.h>

#include "fs/tree.h"

/* A snapshot, taken at opendir, so that offsets stay true while names come and
 * go. */
struct listed {
	char *name;
	struct found found;
};

struct listing {
	struct listed *entries;
	size_t count, room;
};

/* name is copied; what found holds is taken (also on error). */
int listing_add(struct listing *listing, const char *name, struct found *found);
/* Of the names and what they stand for; see node_digest. */
uint32_t listing_digest(const struct listing *listing);
void listing_clear(struct listing *listing);

#endif
