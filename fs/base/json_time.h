/* SPDX-License-Identifier: MIT */
/* fs/base/json_time.h - a time as [SECONDS, NANOSECONDS] in our records */
#ifndef FS_BASE_JSON_TIME_H
#define FS_BASE_JSON_TIME_H

#include <jansson.h>
#include <time.h>

/* A new array, owned by the caller; NULL if out of memory. */
json_t *json_from_timespec(const struct timespec *at);

/* Reads it into *at; pair is borrowed and may be NULL. -EINVAL if it is no such
 * array, and *at stays as it is. */
int json_to_timespec(const json_t *pair, struct timespec *at);

#endif
