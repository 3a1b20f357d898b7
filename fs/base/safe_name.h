/* SPDX-License-Identifier: MIT */
/* fs/base/safe_name.h - names from the network as names of files */
#ifndef FS_BASE_SAFE_NAME_H
#define FS_BASE_SAFE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The API allows any name: duplicates, `..`, `a/b`, the empty one, 300 bytes, a
 * newline, a name that is another resource's id. Each gets a file name by these
 * rules:
 *
 *   - `/`, `%`, control bytes (C1, too) and a leading dot are
 *     percent-encoded.
 *   - `~ID` is appended to a name that is empty, too long, shared, another's
 *     id, reserved by the directory, or that contains a `~`.
 *
 * So no plain name contains a `~`, the last `~` is followed by the id, and ids
 * are unique: no resource hides another. The name of a resource depends on it
 * and on those that share its name, not on the order of the list.
 */

enum { SAFE_NAME_MAX = 255 };

/* Whether there is no `/` and nothing that a terminal interprets: control
 * bytes, and C1 controls, as UTF-8 or as single bytes. */
bool safe_name_is_plain(const char *bytes, size_t len);

/* The bytes with `/`, `%`, `~`, control bytes and a leading dot encoded; ""
 * stays "". Different bytes give different names. Owned by the caller, free();
 * NULL if out of memory. */
char *safe_name_encode(const char *bytes, size_t len);
/* The reverse; a name without encoded bytes stays as it is. Owned by the
 * caller, free(); NULL if out of memory. */
char *safe_name_decode(const char *name);

/* One resource that gets a name. */
struct named {
	const char *raw; /* the API's name; NULL: "" */
	size_t raw_len;
	const char *id; /* not "", unique */
	const char
		*group; /* its directory, of several; NULL: there is only one */
	char *name;	/* the result, owned by the caller, free() */
	bool is_unclear; /* ambiguous without `~ID`; set by safe_names */
};

/* Sets all names. taken: the reserved names; NULL ends. -ENOMEM; no name is
 * left to be freed then. */
int safe_names(struct named *all, size_t count, const char *const *taken);

#endif
