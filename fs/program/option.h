/* SPDX-License-Identifier: MIT */
/* fs/program/option.h - a row of the options' table, and what each kind of row
 * does */
#ifndef FS_PROGRAM_OPTION_H
#define FS_PROGRAM_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fs/base/options.h"

enum option_kind {
	OPTION_FLAG,	/* bool, set by its name alone */
	OPTION_CLEAR,	/* bool, cleared by its name alone */
	OPTION_TEXT,	/* char * */
	OPTION_PATH,	/* char *, made absolute: a daemon's directory is / */
	OPTION_URL,	/* char * */
	OPTION_NUMBER,	/* int, -1: not given */
	OPTION_ID,	/* uid_t, gid_t */
	OPTION_MODE,	/* mode_t, octal */
	OPTION_SECONDS, /* uint64_t, milliseconds */
	OPTION_TTL,	/* the same; 0, which means the default, becomes 1 */
	OPTION_BYTES,	/* uint64_t */
	OPTION_KERNEL,	/* by its name alone, for mount(2) */
	OPTION_IGNORED, /* of fstab and mount(8), with a value or without */
};

struct option_row {
	const char *name; /* one that ends in '*' stands for a prefix */
	enum option_kind kind;
	size_t offset;
	const char *value; /* what --help calls it */
	const char *help;  /* NULL: not in --help */
};

/* The row for a name, or NULL. Static. */
const struct option_row *option_find(const char *name, size_t name_len);
/* The rows in --help's order; NULL behind the last. Static. */
const struct option_row *option_row(size_t index);

bool option_takes_value(enum option_kind kind);

/* Stores value, "" where there is none, as row says. -EINVAL and -ERANGE: it is
 * not what option_wants; -ENOMEM, and what getcwd may say. */
int option_store(const struct option_row *row, struct options *options,
	const char *value);
/* What a value of this kind should have been. Static. */
const char *option_wants(enum option_kind kind);

/* The value that options hold, without a newline; nothing for none. */
void option_print(
	FILE *out, const struct option_row *row, const struct options *options);

/* True where options hold a value that --help should name. */
bool option_is_set(const struct option_row *row, const struct options *options);

/* *text becomes value, taken; what it held is freed. -ENOMEM: value is NULL. */
int option_text(char **text, char *value);

#endif
