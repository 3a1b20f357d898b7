/* SPDX-License-Identifier: MIT */
/* fs/resources/resource_index.h - the API's list of a collection, by id and by
 * name */
#ifndef FS_RESOURCES_RESOURCE_INDEX_H
#define FS_RESOURCES_RESOURCE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <jansson.h>

/*
 * An answer with a list is read once, however often it is then asked for one
 * of its resources. Where the next answer differs, what has changed is seen
 * here, and when.
 *
 * A list may be long: it is read by a worker, where it holds nobody up. Once
 * it is read nothing of it moves but what is marked so, which is the loop's
 * alone; so the next one may be compared with it while it is shown. An open
 * directory holds it, and copies nothing.
 */
struct resource {
	const char *id;
	const char *name;   /* under which it is shown: fs/base/safe_name.h */
	const json_t *text; /* its object, as json_list_item takes it */
	uint32_t before;    /* in the index before this: + 1, 0: is new */
	bool differs;	    /* from what it was there, or for the last mount */
	struct timespec created; /* as the API says, or the epoch of `born` */
	/* These move. */
	struct timespec changed; /* the API's word, or when we saw it change */
	uint64_t detail_version; /* of the detail that was seen last; 0: none */
};

/* A resource in a directory that shows some of them. */
struct resource_part {
	const char *key;
	const char *name;
	uint32_t of; /* in all */
};

struct resource_index {
	json_t *json; /* held: the texts are in it */
	uint64_t version;
	struct resource *all; /* in the API's order */
	size_t count;
	uint64_t names;		   /* moves when a name comes or goes */
	uint32_t digest;	   /* of the ids and names, in their order */
	uint32_t *by_id, *by_name; /* open addressing; index + 1, 0: free */
	size_t slots;
	struct resource_part *parts; /* by key, then by name */
	size_t part_count;
	char *words, *part_words; /* where ids, names and keys are */
	size_t bytes;		  /* that it takes, about */
	struct resource_use *use; /* moves */
};

enum { RESOURCE_KEYS = 2 };

/* What is to be known of a list. */
struct resource_list {
	const char *member; /* of the answer: the array; it may stand alone */
	const char *ids;    /* names of an item's id */
	const char *names;  /* of what it is shown as; NULL: by its id */
	const char *const *taken; /* names that the directory has itself */
	/* The directories that show it, too, under the name that it has there:
	 * a key of each, owned by the caller, free(); *count of them, at most
	 * RESOURCE_KEYS, also where -ENOMEM is returned. NULL: none.
	 * Thread-safe. */
	int (*keys)(const json_t *item, char **keys, unsigned *count);
	const char *part_names; /* names of what it is shown as there */
};

/* Reads an answer. before: the index that it follows, or NULL; borrowed. json
 * is taken where 0 is returned. Items that are no object, or that have no id,
 * are passed over, and an id counts once. Held once for the caller.
 * Thread-safe. -EPROTO: there is no list in it; -ENOMEM. */
int resource_index_new(const struct resource_list *list, json_t *json,
	uint64_t version, const struct resource_index *before,
	const struct timespec *born, struct resource_index **out);
/* How many items an answer lists; -EPROTO. */
int resource_index_size(
	const struct resource_list *list, const json_t *json, size_t *count);
/* Takes over what moved in the one before; whether anything differs, or is new.
 * In the loop, once, before it is shown. */
bool resource_index_follow(struct resource_index *index,
	const struct resource_index *before, const struct timespec *now);

struct worker;
struct resource_index *resource_index_hold(const struct resource_index *index);
/* Freed by the worker, where it is long; worker NULL: here. Takes NULL. */
void resource_index_drop(struct resource_index *index, struct worker *worker);

/* NULL: none such. Borrowed. */
struct resource *resource_by_id(
	const struct resource_index *index, const char *id);
struct resource *resource_by_name(
	const struct resource_index *index, const char *name);
/* Its object. NULL: no memory. Borrowed until some others were asked for: not
 * over a wait. */
json_t *resource_json(
	const struct resource_index *index, const struct resource *resource);

/* The resources with this key. Borrowed. */
const struct resource_part *resource_parts(
	const struct resource_index *index, const char *key, size_t *count);
/* That of them with this name; NULL: none such. */
const struct resource_part *resource_part_by_name(
	const struct resource_part *parts, size_t count, const char *name);

/* The id of an object, as text, owned by the caller, free(). -EPROTO: it has
 * none that can be used; -ENOMEM; *id is NULL then. */
int resource_id(const json_t *object, const char *ids, char **id);

/* When it was made and when it changed last, by its own members; what it does
 * not tell stays as it is. */
void resource_times(const json_t *object, struct timespec *created,
	struct timespec *changed);

#endif
