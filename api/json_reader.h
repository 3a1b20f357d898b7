/* SPDX-License-Identifier: MIT */
/* api/json_reader.h - a JSON text that is being read, word by word */
#ifndef API_JSON_READER_H
#define API_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "api/text.h"

struct json_reader {
	const char *at, *end;
	unsigned depth;
	struct text out; /* of a word that does not stay as it came */
};

void json_reader_skip(struct json_reader *reader);

/* True where c is next but for white space; it is passed. */
bool json_reader_take(struct json_reader *reader, char c);

/* A string, from behind its opening quote to behind the closing one. *s is
 * borrowed until the next word. -EPROTO, -ENOMEM. */
int json_reader_string(struct json_reader *reader, const char **s, size_t *len);

#endif
