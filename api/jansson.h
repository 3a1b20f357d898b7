/* SPDX-License-Identifier: MIT */
/* api/jansson.h - what we use of jansson 2.14 that an older one lacks */
#ifndef API_JANSSON_H
#define API_JANSSON_H

#include <jansson.h>

#if JANSSON_VERSION_HEX < 0x020e00

#include <stdio.h>

#include "api/text.h"

static inline json_t *json_object_getn(
	const json_t *object, const char *name, size_t len)
{
	char copy[64]; /* all names that we ask for are shorter */

	snprintf(copy, sizeof(copy), "%.*s", (int)len, name);
	return json_object_get(object, copy);
}

/* Like jansson's, takes value on errors, too. */
static inline int json_object_setn_new_nocheck(
	json_t *object, const char *name, size_t len, json_t *value)
{
	struct text copy = { .is_secret = true };
	int err = text_add(&copy, name, len);

	if (err)
		json_decref(value);
	else
		err = json_object_set_new_nocheck(object, copy.data, value);
	text_clear(&copy);
	return err;
}

#endif

#endif
