/* SPDX-License-Identifier: MIT */
/* fs/base/name_rule.h - which names run, and which are an editor's own */
#ifndef FS_BASE_NAME_RULE_H
#define FS_BASE_NAME_RULE_H

#include <stdbool.h>

/* Whether a name is hidden, or of a swap, backup or temporary file
 * (unsandboxfs(5), "run/"): it never runs and is never an input file. */
bool name_is_ignored(const char *name);
/* Whether this holds for all files in a directory of this name, too: a
 * directory may be called `core` or `2024` for good reasons. */
bool name_hides_files(const char *name);

/* Whether the name has an ending: a dot behind its first byte, and something
 * behind the dot. */
bool name_has_ending(const char *name);

/* NAME of "NAME.job" into program, which has NAME_MAX + 1 bytes; false if it
 * is none. */
bool name_of_job(const char *name, char *program);

#endif
