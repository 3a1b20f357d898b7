/* SPDX-License-Identifier: MIT */
/* tests/server/types.h - the types of members that requests may have */
#ifndef TESTS_SERVER_TYPES_H
#define TESTS_SERVER_TYPES_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Whether every known member of a request to this path has its type.  Others
 * are ignored, as the API does it (api/API.md 16.2), and so is null.
 */
bool types_fit(const char *pattern, const json_t *json);

#endif
