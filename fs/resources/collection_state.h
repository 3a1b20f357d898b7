/* SPDX-License-Identifier: MIT */
/* fs/resources/collection_state.h - what is remembered of collections between
 * operations
 */
#ifndef FS_RESOURCES_COLLECTION_STATE_H
#define FS_RESOURCES_COLLECTION_STATE_H

#include "fs/resources/resource.h"
#include "fs/resources/service_log.h"

/* Of one collection. */
struct memory {
	struct resource_index *index; /* of its last list; NULL: none yet */
	uint64_t fetched_ms;	      /* of that */
	uint64_t fresh_until_ms;      /* of that */
	uint64_t dropped_ms;	      /* when the list was known to be untrue */
	bool is_untrue;		      /* what was asked for before that */
	bool is_reading;	      /* the next one, by a worker */
	struct op_list readers;	      /* who wait for it */
	uint64_t unread; /* the version for which there was no memory */
	uint64_t unread_until_ms;
	json_t *example;	 /* a detail of it; NULL: none yet */
	json_t *aliases;	 /* name -> id */
	json_t *times;		 /* of the last mount; NULL: they were used */
	uint64_t names;		 /* that it showed last */
	struct timespec changed; /* since when */
};

/* Never NULL. */
struct memory *memory_of(
	struct core *core, const struct collection *collection);

/* What the API's last answer to a write said of a value that no other answer
 * tells. Borrowed; NULL: nothing. */
const json_t *memory_told(struct core *core, const struct node *node);
/* value is taken; NULL forgets it. */
void memory_tell(struct core *core, const struct node *node, json_t *value);

/* Calls what resources_new was given. */
void memory_gone(
	struct core *core, const struct collection *collection, const char *id);

/* The logs that somebody reads. */
struct service_log_list *resource_logs(struct core *core);

/* Keeps aliases, and the names and times of directories, over a remount. */
int memory_store(struct core *core);
/* Keeps the times of resources. is_end: of all; else of few alone, since it
 * takes its time. */
void memory_store_times(struct core *core, bool is_end);

#endif
