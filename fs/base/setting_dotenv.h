/* SPDX-License-Identifier: MIT */
/* fs/base/setting_dotenv.h - environment variables as people write them */
#ifndef FS_BASE_SETTING_DOTENV_H
#define FS_BASE_SETTING_DOTENV_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

/*
 * Lines of NAME=value; blank lines and # comments, also after a value;
 * `export ` before a name; blanks around the `=`. A value in single quotes is
 * literal; double quotes allow \n \r \t \" \\ \$ \`; both may span lines.
 * Nothing is expanded. If a name is there twice, the later value counts. The
 * object of name -> json_from_bytes is owned by the caller. -EINVAL with `why`
 * ("env: line 3: ..."); -ENOMEM.
 */
int dotenv_parse(const char *setting, const char *text, size_t len,
	json_t **value, char *why, size_t why_len);

/* Prints them so that dotenv_parse, and a shell, read the same values. -ENOMEM.
 */
int dotenv_print(const json_t *value, FILE *out);

#endif
