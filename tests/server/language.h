/* SPDX-License-Identifier: MIT */
/* tests/server/language.h - languages, and how to run them here */
#ifndef TESTS_SERVER_LANGUAGE_H
#define TESTS_SERVER_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

struct language {
	const char *name;
	/* The extension of the source file, with the dot. */
	const char *suffix;
	/* Programs that can run it, in order of preference, separated by '|'.
	 */
	const char *tools;
	/* For sh: $1 is the source file, $2 the tool. */
	const char *command;
	/* Creates a binary a.out. */
	bool is_compiled;
	/* Reserves much address space: no RLIMIT_AS. */
	bool is_vast;
};

/* The API's 42 languages; the last row has no name. */
extern const struct language languages[];

struct language_alias {
	const char *alias;
	const char *name;
};

extern const struct language_alias language_aliases[];

/* By name or alias; NULL if the API has no such language. */
const struct language *language_find(const char *name);

/*
 * The language of the source's shebang; NULL if there is none, or if it is
 * unknown.
 */
const struct language *language_of_shebang(const char *code, size_t len);

/* Finds the first of the tools in PATH; false if there is none. */
bool language_tool(const struct language *language, char *path, size_t size);

#endif
