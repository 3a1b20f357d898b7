/* SPDX-License-Identifier: MIT */
/* fs/base/json.h - lists and reasons in answers of the API, and times in our
 * records */
#ifndef FS_BASE_JSON_H
#define FS_BASE_JSON_H

#include <jansson.h>
#include <time.h>

/* The array that an answer is, or that is one of its members ("jobs|items").
 * Borrowed; NULL: there is none. */
const json_t *json_array_in(const json_t *answer, const char *members);

/* A time as [SECONDS, NANOSECONDS], owned by the caller; NULL if out of memory.
 */
json_t *json_from_timespec(const struct timespec *at);

/* Reads it into *at; pair is borrowed and may be NULL. -EINVAL if it is no such
 * array, and *at stays as it is. */
int json_to_timespec(const json_t *pair, struct timespec *at);

/* A string as a file name (fs/base/safe_name.h), owned by the caller, free();
 * NULL: it is none, is empty or too long, or out of memory. */
char *json_file_name(const json_t *string);

/* The API's reason in an answer: message, details and code, in one line.
 * message NULL: that of the answer. Owned by the caller, free(); NULL: there is
 * none, or out of memory. */
char *json_reason(const json_t *answer, const char *message);

#endif
