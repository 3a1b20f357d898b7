/* SPDX-License-Identifier: MIT */
/* fs/resource_index.h - the API's list of a collection, by id and by name */
#ifndef FS_RESOURCE_INDEX_H
#define FS_RESOURCE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <jansson.h>

/*
 * An answer with a list is read once, however often it is then asked for one
 * of its resources. Where the next answer differs, what has changed is seen
 * here, and when.
 */
struct resource {
	char *id;
	char *name;		 /* under which it is shown: fs/safe_name.h */
	const json_t *item;	 /* its object in the list; borrowed */
	struct timespec created; /* as the API says, or the epoch of `born` */
	struct timespec changed; /* the API's word, or when we saw it change */
	uint64_t detail_version; /* of the detail that was seen last; 0: none */
};

struct resource_index {
	json_t *json; /* held: the items are in it */
	uint64_t version;
	struct resource *all; /* in the API's order */
	size_t count;
	uint64_t names;		   /* moves when a name comes or goes */
	uint32_t *by_id, *by_name; /* open addressing; index + 1, 0: free */
	size_t slots;
};

/* What is to be known of a list. */
struct resource_list {
	const char *member; /* of the answer: the array; it may stand alone */
	const char *ids;    /* names of an item's id */
	const char *names;  /* of what it is shown as; NULL: by its id */
	const char *const *taken; /* names that the directory has itself */
};

/* Reads an answer. before: the index that it follows, or NULL; borrowed. json
 * is held. Items that are no object, or that have no id, are passed over, and
 * an id counts once. -EPROTO: there is no list in it; -ENOMEM. */
int resource_index_new(const struct resource_list *list, json_t *json,
	uint64_t version, const struct resource_index *before,
	const struct timespec *born, const struct timespec *now,
	struct resource_index **out);
void resource_index_free(struct resource_index *index); /* takes NULL */

/* NULL: none such. Borrowed. */
struct resource *resource_by_id(
	const struct resource_index *index, const char *id);
struct resource *resource_by_name(
	const struct resource_index *index, const char *name);

/* The id of an object, as text; NULL where it has none that can be used.
 * Owned by the caller, free(). */
char *resource_id(const json_t *object, const char *ids);

/* When it was made and when it changed last, by its own members; what it does
 * not tell stays as it is. */
void resource_times(const json_t *object, struct timespec *created,
	struct timespec *changed);

#endif
