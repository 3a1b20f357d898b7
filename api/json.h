/* SPDX-License-Identifier: MIT */
/* api/json.h - JSON as answers have it, and as it is sent */
#ifndef API_JSON_H
#define API_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "api/text.h"

/* json_parse of an answer that lists resources: each object in an array, the
 * answer itself or a member of it, stays text (a JSON string, see
 * json_list_item); what is no object there is null. Thread-safe. */
int json_parse_list(const char *text, size_t len, json_t **out);

/* Adds a real number in as few digits as give the same number back. */
int json_add_real(struct text *text, double real);

/* Adds value as compact JSON. -ENOMEM. */
int json_add(struct text *text, const json_t *value);

#endif
