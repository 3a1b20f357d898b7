/* SPDX-License-Identifier: MIT */
/* api/json.h - how the client reads long lists */
#ifndef API_JSON_H
#define API_JSON_H

#include <jansson.h>
#include <stddef.h>

/* json_parse for an answer that lists resources: in an array that is the answer
 * or a member of it, each object stays text (a JSON string, see
 * json_list_item), and anything else becomes null. Thread-safe. */
int json_parse_list(const char *text, size_t len, json_t **out);

/* json_parse that leaves no copy of a string in memory except in the value. */
int json_parse_secret(const char *text, size_t len, json_t **out);

#endif
