/* SPDX-License-Identifier: MIT */
/* tests/server/folder.h - directories: made, filled, copied, removed */
#ifndef TESTS_SERVER_FOLDER_H
#define TESTS_SERVER_FOLDER_H

#include <stddef.h>

/* All return 0 or -errno.  Nothing follows a symlink out of the directory. */

/* Makes the directory and those above it. */
int folder_make(const char *path);

/* Writes a new file at dir/name, or replaces it. */
int folder_write(
	const char *dir, const char *name, const void *bytes, size_t len);

int folder_remove(const char *path);

/* Makes to a copy of from: files, directories, symlinks, modes, times. */
int folder_copy(const char *from, const char *to);

/* Sums up the bytes of all files below. */
int folder_size(const char *path, long long *size);

/*
 * Calls each for the plain files right in the directory, sorted by name, with
 * all of a file's bytes; one that is longer than limit is left out.
 */
int folder_each(const char *path, size_t limit,
	void (*each)(
		void *arg, const char *name, const void *bytes, size_t len),
	void *arg);

/* Gives the file's bytes in *bytes, owned by the caller. */
int folder_read(const char *path, size_t limit, char **bytes, size_t *len);

#endif
