/* SPDX-License-Identifier: MIT */
/* tests/server/folder.h - creates, fills, copies and removes directories */
#ifndef TESTS_SERVER_FOLDER_H
#define TESTS_SERVER_FOLDER_H

#include <stddef.h>

/* All return 0 or -errno.  None follows a symlink out of the directory. */

/* Creates the directory and its parents. */
int folder_make(const char *path);

/* Writes a new file at dir/name, or replaces it. */
int folder_write(
	const char *dir, const char *name, const void *bytes, size_t len);

int folder_remove(const char *path);

/* Copies a tree: files, directories, symlinks, modes, times. */
int folder_copy(const char *from, const char *to);

/* Adds up the bytes of all files below. */
int folder_size(const char *path, long long *size);

/*
 * Calls each for the regular files directly in the directory, sorted by name,
 * with the whole content; files longer than limit are skipped.
 */
int folder_each(const char *path, size_t limit,
	void (*each)(
		void *arg, const char *name, const void *bytes, size_t len),
	void *arg);

/* Stores the file's bytes in *bytes, owned by the caller. */
int folder_read(const char *path, size_t limit, char **bytes, size_t *len);

#endif
