/* SPDX-License-Identifier: MIT */
/* fs/base/errors.h - the last errors: what an errno cannot carry */
#ifndef FS_BASE_ERRORS_H
#define FS_BASE_ERRORS_H

#include <stdio.h>

struct fs;

/* Notes one; message NULL: strerror's. Control bytes are escaped. */
void errors_add(struct fs *fs, const char *method, const char *path,
	int http_status, int err, const char *message);
/* One line each, oldest first. */
void errors_print(const struct fs *fs, FILE *out);
void errors_clear(struct fs *fs);

#endif
