/* SPDX-License-Identifier: MIT */
/* fs/base/key_value.h - `key=value` words on a line, as a JSON object */
#ifndef FS_BASE_KEY_VALUE_H
#define FS_BASE_KEY_VALUE_H

#include <stddef.h>

#include <jansson.h>

#include "fs/base/setting.h"

/*
 * Words are separated by blanks; a value with blanks stands in "..." or '...',
 * or has a backslash before each. What may be said, and how a value is read, is
 * a table of settings. A table's field is the member that it becomes.
 * A single word without `=` says nothing and stands for no words: `1`, as
 * other actions are written.
 *
 * 0 (*object owned by the caller), -ENOMEM, or -EINVAL with `why`, one line
 * that says what is allowed.
 */
int key_value_parse(const struct setting *table, const char *text, size_t len,
	json_t **object, char *why, size_t why_len);

#endif
