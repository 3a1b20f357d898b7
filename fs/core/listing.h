/* SPDX-License-Identifier: MIT */
/* fs/core/listing.h - the entries of an open directory */
#ifndef FS_CORE_LISTING_H
#define FS_CORE_LISTING_H

#include <stddef.h>

#include "fs/core/row.h"

struct resource_index;
struct resource_part;
struct worker;

/* A snapshot, taken at opendir, so that offsets stay true while names come and
 * go. */
struct listed {
	char *name;
	struct found found;
};

/* What is of a long list is not copied: it comes behind the rest. */
struct listing {
	struct listed *entries;
	size_t count, room;
	struct resource_index *index;	   /* held; NULL: none */
	const struct row *row;		   /* of each that is in it */
	const struct resource_part *parts; /* NULL: all of it */
	size_t more;			   /* how many these are */
	char *id; /* of the directory that shows the parts */
};

/* name is copied; what found holds is taken (also on error). */
int listing_add(struct listing *listing, const char *name, struct found *found);
/* Of the names and what they stand for; see node_digest. */
uint32_t listing_digest(const struct listing *listing);
/* All that is in an index, which is held. At most once. */
void listing_add_index(struct listing *listing,
	const struct resource_index *index, const struct row *row);
/* What has a key in it, as id's. At most once. -ENOMEM. */
int listing_add_parts(struct listing *listing,
	const struct resource_index *index, const char *key,
	const struct row *row, const char *id);
/* A long index goes with the worker's help. */
void listing_clear(struct listing *listing, struct worker *worker);

size_t listing_size(const struct listing *listing);
/* The i-th, borrowed, found not to be cleared; its name. */
const char *listing_at(
	const struct listing *listing, size_t i, struct found *found);

#endif
