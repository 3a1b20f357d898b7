/* SPDX-License-Identifier: MIT */
/* fs/base/json_array.h - the list in an answer of the API */
#ifndef FS_BASE_JSON_ARRAY_H
#define FS_BASE_JSON_ARRAY_H

#include <jansson.h>

/* The array that an answer is, or that is one of its members ("jobs|items").
 * Borrowed; NULL: there is none. */
const json_t *json_array_in(const json_t *answer, const char *members);

#endif
