/* SPDX-License-Identifier: MIT */
/* fs/base/setting_dotenv.h - environment variables as people write them */
#ifndef FS_BASE_SETTING_DOTENV_H
#define FS_BASE_SETTING_DOTENV_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

/*
 * Lines of NAME=value; blank lines and # comments, also behind a value;
 * `export ` before a name; blanks around the `=`. A value in single quotes is
 * taken as it stands, one in double quotes knows \n \r \t \" \\ \$ \`; both may
 * go over several lines. Nothing is expanded. A name given twice has the later
 * value. The object of name -> json_from_bytes is owned by the caller. -EINVAL
 * with `why` ("env: line 3: ..."); -ENOMEM.
 */
int dotenv_parse(const char *setting, const char *text, size_t len,
	json_t **value, char *why, size_t why_len);

/* The same, so that dotenv_parse, and a shell too, read the same values from
 * it. -ENOMEM. */
int dotenv_print(const json_t *value, FILE *out);

#endif
