/* SPDX-License-Identifier: MIT */
/* fs/resources/volatile_fields.h - when resources changed, as the last mount
 * saw it */
#ifndef FS_RESOURCES_VOLATILE_FIELDS_H
#define FS_RESOURCES_VOLATILE_FIELDS_H

#include "fs/resources/resource_index.h"

/*
 * The API seldom says when a resource changed: this mount sees it, and keeps
 * for the next one what it saw of each, as an object of id -> a digest of its
 * item and the time.
 */

/* A list of the last mount's times; NULL: no memory. Owned by the caller. */
json_t *times_of(const struct resource_index *index);
/* Dates the resources of a mount's first list. What is not as it was then
 * differs from now on. Thread-safe. */
void times_recall(struct resource_index *index, const json_t *times);

#endif
