/* SPDX-License-Identifier: MIT */
/* fs/base/key_value.h - `key=value` words on a line, as a JSON object */
#ifndef FS_BASE_KEY_VALUE_H
#define FS_BASE_KEY_VALUE_H

#include <stddef.h>

#include <jansson.h>

#include "fs/base/setting.h"

/*
 * Words are separated by blanks. A value with blanks is quoted with "..." or
 * '...', or has a backslash before each. The table of settings says which keys
 * there are and how their values are parsed; `field` is the member of the
 * object. A single word without `=` stands for no words: `1`, as for other
 * actions.
 *
 * 0 (*object is owned by the caller), -ENOMEM, or -EINVAL with `why`, one line
 * that says what is allowed.
 */
int key_value_parse(const struct setting *table, const char *text, size_t len,
	json_t **object, char *why, size_t why_len);

#endif
