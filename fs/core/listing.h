/* SPDX-License-Identifier: MIT */
/* fs/core/listing.h - the entries of an open directory */
#ifndef FS_CORE_LISTING_H
#define FS_CORE_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "fs/core/row.h"

struct listing_tail;
struct worker;

/* An entry of the snapshot that opendir takes: offsets into it stay valid while
 * names come and go. */
struct listed {
	char *name;
	struct lookup_result found;
};

/* The entries of a long list that is stored elsewhere: they are not copied, and
 * follow the others. A room that has such lists embeds it in a struct. */
struct listing_tail {
	size_t count;
	uint32_t hash; /* of the names and what they stand for */
	/* The i-th: fills found, which is borrowed, and returns the name. */
	const char *(*at)(const struct listing_tail *tail, size_t i,
		struct lookup_result *found);
	/* Frees it; a long list with the worker's help. */
	void (*free)(struct listing_tail *tail, struct worker *worker);
};

struct listing {
	struct listed *entries;
	size_t count, room;
	struct listing_tail *tail; /* owned; NULL: none */
};

/* name is copied; what found holds is taken, also on error. -ENOMEM. */
int listing_add(
	struct listing *listing, const char *name, struct lookup_result *found);
/* The same for a row, with what fills its placeholders; see lookup_row. */
int listing_add_row(struct listing *listing, const char *name,
	const struct row *row, const char *id, const char *placeholder);
/* Keeps only the first of several entries of one name, since the kernel would
 * show them all, and drops invalid names, for which it would refuse the whole
 * directory: a damaged record may have them. The tail is not looked into.
 * -ENOMEM. */
int listing_check(struct listing *listing);
/* A hash of the names and what they stand for; see node_hash. */
uint32_t listing_hash(const struct listing *listing);
/* Frees what is in it; a long tail with the worker's help. */
void listing_clear(struct listing *listing, struct worker *worker);

size_t listing_size(const struct listing *listing);
/* The i-th: returns its name, fills found; both are borrowed. */
const char *listing_at(
	const struct listing *listing, size_t i, struct lookup_result *found);

#endif
