/* SPDX-License-Identifier: MIT */
/* fs/base/safe_name.h - names from the network as names of files */
#ifndef FS_BASE_SAFE_NAME_H
#define FS_BASE_SAFE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The API names things as it likes: twice the same, `..`, `a/b`, nothing at
 * all, 300 bytes, a newline, a name that is another's id. Here each gets a name
 * that a directory can hold, by these rules:
 *
 *   - `/`, `%`, control bytes and a dot in front are percent-encoded.
 *   - A name that is empty, too long, shared, another's id, one that the
 *     directory has itself, or that has a `~` is told apart by `~ID`.
 *
 * So no plain name has a `~`, what follows the last one is the id, and ids
 * differ: none hides another. What a resource is called depends on it and on
 * who shares its name, not on the order of the list.
 */

enum { SAFE_NAME_MAX = 255 };

/* The bytes with `/`, `%`, `~`, control bytes and a dot in front encoded. "" is
 * "". Different bytes give different names. Owned by the caller, free(); NULL:
 * no memory. */
char *safe_name_encode(const char *bytes, size_t len);
/* What safe_name_encode made it of; as it is where nothing is encoded. Owned by
 * the caller, free(); NULL: no memory. */
char *safe_name_decode(const char *name);

/* One of those that are to be named. */
struct named {
	const char *raw; /* the API's name of it */
	size_t raw_len;
	const char *id; /* not "" and no other's */
	char *name;	/* the result, owned by the caller, free() */
};

/* Names them all. taken: what the directory has itself, NULL ends. -ENOMEM, and
 * then no name is left to be freed. */
int safe_names(struct named *all, size_t count, const char *const *taken);

#endif
