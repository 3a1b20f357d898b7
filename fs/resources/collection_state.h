/* SPDX-License-Identifier: MIT */
/* fs/resources/collection_state.h - what is remembered of collections between
 * operations
 */
#ifndef FS_RESOURCES_COLLECTION_STATE_H
#define FS_RESOURCES_COLLECTION_STATE_H

#include <sys/queue.h>

#include "fs/resources/console.h"
#include "fs/resources/resources.h"

/* Of one collection. */
struct collection_state {
	const struct collection *collection;
	struct resource_index *index; /* of its last list; NULL: none yet */
	uint64_t fetched_ms;	      /* of that */
	uint64_t fresh_until_ms;      /* of that */
	uint64_t dropped_ms;	      /* when lists were last invalidated */
	bool is_stale;		      /* the index was fetched before that */
	bool is_reading;	      /* a worker reads the next list */
	uint64_t reading_version;     /* of the answer that is, or was last */
	struct op_list readers;	      /* operations that wait for it */
	uint64_t unread_version; /* a list that could not be read: out of memory
				  */
	uint64_t unread_until_ms;
	json_t *example;      /* a detail of it; NULL: none yet */
	json_t *aliases;      /* name -> id */
	json_t *sources;      /* id -> resource_key of what it was made of */
	json_t *recorded;     /* id -> "1": session_is_recorded */
	json_t *kept_changes; /* of the last mount; NULL: already used */
	json_t *last_answers; /* id -> row path -> value */
	uint64_t names_hash;  /* of the names that it last showed */
	struct timespec names_changed;
};

/* Never NULL. */
struct collection_state *collection_state(
	struct core *core, const struct collection *collection);

struct service_log;
TAILQ_HEAD(service_log_list, service_log);

struct resources {
	struct service_log_list logs; /* that are open */
	struct console_list consoles;
	struct resources_calls calls;
	char *token; /* that was minted last; NULL: none. To be wiped. */
	size_t count;
	struct collection_state states[]; /* of each collection */
};

/* Writes the aliases, and the names and times of directories. */
int collections_save(struct core *core);
/* The same as soon as the disk takes it; an error is logged. */
void collections_save_later(struct core *core);
/* Writes the times of changes if there are few: many would take too long for
 * the loop. */
void changes_save_few(struct core *core);

/* ---- the list, fs/resources/collection_index.c ---- */

/* When it was fetched, and how long it is fresh (0: it is not). */
void collection_times(struct core *core, const struct collection *collection,
	struct cache_answer *answer);
void collection_forget(struct core *core, const struct collection *collection);

/* ---- fs/resources/collection.c ---- */

/* Deletes a resource, in slot 0. */
int collection_delete(
	struct op *op, const struct collection *collection, const char *id);

/* ---- fs/resources/resource.c ---- */

/* resource_value without a request. */
bool resource_value_is_known(struct op *op, const struct node *node,
	const char *members, const json_t **value);

/* ---- fs/resources/key_tokens.c ---- */

/* Wipes the token that was minted last. */
void token_forget(struct resources *resources);

/* ---- answers to writes ---- */

enum { LAST_ANSWERS_MAX = 256 }; /* resources of a collection */

/* The value in the API's last answer to a write to the node, if no other answer
 * has it. Borrowed; NULL: none, or forgotten. */
const json_t *last_answer(struct core *core, const struct node *node);
/* value is taken; NULL forgets it. */
void last_answer_set(struct core *core, const struct node *node, json_t *value);
/* Forgets the answers of resources that are no longer in the collection's list.
 */
void last_answers_prune(struct collection_state *state);

/* ---- fs/resources/service_bootstrap.c ---- */

/* Redeploys a service with this body (taken) and what is in its files/. As
 * resource_send. */
int redeploy_send(
	struct op *op, const struct node *node, json_t *body, json_t **answer);

#endif
