/* SPDX-License-Identifier: MIT */
/* fs/base/errors.h - the last errors: what an errno cannot carry */
#ifndef FS_BASE_ERRORS_H
#define FS_BASE_ERRORS_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct errors;

/* An empty list; NULL if out of memory. errors_free takes NULL. */
struct errors *errors_new(void);
void errors_free(struct errors *errors);

/* Adds one; message NULL: strerror's. Control bytes are escaped. */
void errors_add(struct errors *errors, const struct timespec *now,
	const char *method, const char *path, int http_status, int err,
	const char *message);
/* How many were ever added. */
uint64_t errors_count(const struct errors *errors);
/* One line each, oldest first. */
void errors_print(const struct errors *errors, FILE *out);

#endif
