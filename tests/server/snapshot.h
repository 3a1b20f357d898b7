/* SPDX-License-Identifier: MIT */
/* tests/server/snapshot.h - copies of sessions and services */
#ifndef TESTS_SERVER_SNAPSHOT_H
#define TESTS_SERVER_SNAPSHOT_H

#include "resource.h"

/* POST /sessions/ID/snapshot and /services/ID/snapshot. */
void snapshot_of_source(
	struct server *server, struct request *request, struct reply *reply);

/*
 * POST /snapshots/ID/restore, and /sessions/ID and /services/ID with the
 * snapshot's id in the body; without one, ID may be of either.
 */
void snapshot_restore(
	struct server *server, struct request *request, struct reply *reply);

/*
 * A new resource of the kind with a copy of the source's directory and fields;
 * not on a shelf yet.  The lock is held.
 */
struct resource *snapshot_copy(struct server *server, enum kind kind,
	const char *owner, const struct resource *source);

/* Replaces the content of to; a seeded source has nothing to copy. */
void snapshot_copy_dir(struct server *server, const struct resource *from,
	const struct resource *to);

#endif
