/* SPDX-License-Identifier: MIT */
/* api/json.h - json_read for those who must know why it failed */
#ifndef API_JSON_H
#define API_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "api/text.h"

/* json_read with -EPROTO for what is not JSON, and -ENOMEM. Thread-safe. */
int json_parse(const char *text, size_t len, json_t **out);

/* Adds a real number in as few digits as give the same number back. */
int json_add_real(struct text *text, double real);

/* Adds value as compact JSON. -ENOMEM. */
int json_add(struct text *text, const json_t *value);

#endif
