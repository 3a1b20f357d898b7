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

#include "fs/resources/item_texts.h"

/*
 * A list is read once, however often one of its resources is looked up
 * afterwards. The next list is compared with it, to find out which resources
 * have changed, and when.
 *
 * A list may be long, so a worker reads it. After that only what is marked
 * "mutable" changes, and only in the loop; so a worker may compare the next
 * list with it while it is shown. An open directory holds it, and copies
 * nothing.
 */
struct resource {
	const char *id;
	const char *name;     /* under which it is shown: fs/base/safe_name.h */
	uint64_t text_hash;   /* of its object's text */
	uint32_t hash;	      /* of the members that describe it */
	uint32_t before : 31; /* in the previous index, + 1; 0: it is new */
	/* From the previous index, or what the last mount saw. */
	uint32_t differs : 1;
	/* Mutable. */
	struct timespec changed; /* as the API says, or when we saw it change */
	uint64_t detail_version; /* of the detail that was seen last; 0: none */
};

/* A name in a directory that shows some of the list, or all. */
struct resource_part {
	uint32_t name; /* where it begins in `words` */
	uint32_t of;   /* index in all */
};

/* Such a directory. */
struct resource_group {
	const char *key;       /* "": the collection's own, which shows all */
	uint32_t first, count; /* of its parts */
};

/* How many objects stay parsed. */
enum { RESOURCE_SHELF = 16 };

struct resource_index {
	uint64_t version;
	struct resource *all; /* in the API's order */
	size_t count;
	uint64_t names_hash; /* of the ids and names, in any order */
	uint32_t hash;	     /* of the ids, names and keys, in this order */
	uint32_t *by_id;     /* open addressing; index + 1, 0: free */
	size_t slots;
	struct resource_part *parts;   /* by group, then by name */
	struct resource_group *groups; /* by key */
	size_t group_count;
	char *words;		 /* ids, names and keys */
	struct item_texts texts; /* the objects, in the order of `all` */
	size_t bytes;		 /* that the index takes, roughly */
	/* Mutable. */
	unsigned holds;
	unsigned last; /* on the shelf */
	struct {
		const struct resource *of;
		json_t *json;
	} shelf[RESOURCE_SHELF];
};

static inline const char *resource_part_name(
	const struct resource_index *index, const struct resource_part *part)
{
	return index->words + part->name;
}

enum { RESOURCE_KEYS = 2 };

/* What a list looks like. */
struct resource_list {
	const char *member; /* of the answer: the array; or the answer is the
			       array */
	const char *ids;    /* members of an item with its id */
	const char *names;  /* with its name; NULL: it is shown by its id */
	const char *const *reserved; /* names that the directory has itself */
	/* The keys of other directories that show the item. Each is owned by
	 * the caller, free(); *count of them, at most RESOURCE_KEYS, also where
	 * -ENOMEM is returned. NULL: none. Thread-safe. */
	int (*keys)(const json_t *item, char **keys, unsigned *count);
	const char *part_names; /* members with its name there */
	/* Whether an item is of another list; NULL: none is. Thread-safe. */
	bool (*is_other)(const json_t *item);
};

/* Reads an answer, borrowed. before: the index that it follows, or NULL;
 * borrowed. Items that are not objects or have no id are
 * skipped, and so are those whose id came before. sources: id -> the key of an
 * item that has none; may be NULL. epoch: the time of an item that has none.
 * Held once for the caller. Thread-safe. -EPROTO: the answer has no list;
 * -ENOMEM. */
int resource_index_new(const struct resource_list *list, const json_t *json,
	uint64_t version, const struct resource_index *before,
	const json_t *sources, const struct timespec *epoch,
	struct resource_index **out);
/* Takes over what is mutable from the index before it (NULL: none). Returns
 * whether a resource differs. To be called in the loop, once, before the index
 * is shown. */
bool resource_index_follow(struct resource_index *index,
	const struct resource_index *before, const struct timespec *now);

/*
 * The API seldom tells when a resource changed, so the mount notes it, and
 * keeps for the next mount what it saw of each resource: an object of id -> its
 * hash and the time.
 */

/* Owned by the caller; NULL: out of memory. */
json_t *changes_of(const struct resource_index *index);
/* Dates the resources of a mount's first list. A resource that differs from
 * what the last mount saw has changed now. kept may be NULL. Thread-safe. */
void changes_restore(struct resource_index *index, const json_t *kept);

struct worker;
struct resource_index *resource_index_hold(const struct resource_index *index);
/* A long one is freed by the worker; worker NULL: here. Takes NULL. */
void resource_index_drop(struct resource_index *index, struct worker *worker);

/* NULL: not found. Borrowed. */
struct resource *resource_by_id(
	const struct resource_index *index, const char *id);
struct resource *resource_by_name(
	const struct resource_index *index, const char *name);
/* By the name that it has in the directory of this key. */
struct resource *resource_by_part(
	const struct resource_index *index, const char *key, const char *name);
/* Its object. NULL: out of memory. Borrowed until this was called for
 * RESOURCE_SHELF others, so not beyond a wait. */
json_t *resource_json(
	const struct resource_index *index, const struct resource *resource);

/* The resources with this key. Borrowed. */
const struct resource_part *resource_parts(
	const struct resource_index *index, const char *key, size_t *count);

/* The id of an object, as text, owned by the caller, free(). -EPROTO: it has
 * no usable one; -ENOMEM; *id is NULL then. */
int resource_id(const json_t *object, const char *ids, char **id);

/* When an object was last changed, or else created, by its own members; without
 * them *changed is unchanged. */
void resource_date(const json_t *object, struct timespec *changed);

/* ---- for what builds an index ---- */

uint64_t resource_hash(const char *text);
/* Where an id is, or would be. */
uint32_t *resource_slot(const struct resource_index *index, const char *id);

#endif
