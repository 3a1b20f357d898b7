/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_listing.h - a list of resources as entries of a
 * directory */
#ifndef FS_RESOURCES_RESOURCE_LISTING_H
#define FS_RESOURCES_RESOURCE_LISTING_H

#include "fs/core/listing.h"
#include "fs/resources/resource_index.h"

/* Each adds the tail of a listing, at most once a listing. index is held.
 * -ENOMEM. */

/* All resources of the index, each as row. */
int listing_add_index(struct listing *listing,
	const struct resource_index *index, const struct row *row);
/* Those that have the key in the index, as rows in the directory of id. */
int listing_add_parts(struct listing *listing,
	const struct resource_index *index, const char *key,
	const struct row *row, const char *id);

#endif
