/* SPDX-License-Identifier: MIT */
/* fs/resources/volatile_fields.h - members that change by themselves; when
 * resources changed apart from them */
#ifndef FS_RESOURCES_VOLATILE_FIELDS_H
#define FS_RESOURCES_VOLATILE_FIELDS_H

#include "fs/resources/resource_index.h"

/* Whether two items are the same apart from members that change by themselves,
 * such as remaining_ttl, and tell nothing about the resource. Thread-safe. */
bool item_is_same(const json_t *a, const json_t *b);

/*
 * The API seldom tells when a resource changed. The mount sees it, and keeps
 * for the next mount what it saw of each resource, as an object of id -> a hash
 * of its item and the time.
 */

/* Owned by the caller; NULL: out of memory. */
json_t *changes_of(const struct resource_index *index);
/* Dates the resources of a mount's first list. A resource that is not as the
 * last mount saw it differs from now on. kept may be NULL. Thread-safe. */
void changes_restore(struct resource_index *index, const json_t *kept);

#endif
