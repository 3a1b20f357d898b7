/* SPDX-License-Identifier: MIT */
/* fs/resources/snapshot_keys.h - whose a snapshot is */
#ifndef FS_RESOURCES_SNAPSHOT_KEYS_H
#define FS_RESOURCES_SNAPSHOT_KEYS_H

#include <jansson.h>

struct collection;

/* The key, in the list of all snapshots, of those of one session or service.
 * Owned by the caller, free(); NULL if out of memory. */
char *snapshot_key(const struct collection *collection, const char *id);

/* Keys of one snapshot, as `keys` of struct resource_list. */
int snapshot_keys(const json_t *item, char **keys, unsigned *count);

#endif
