/* SPDX-License-Identifier: MIT */
/* tests/server/language.h - the languages, and how this machine runs them */
#ifndef TESTS_SERVER_LANGUAGE_H
#define TESTS_SERVER_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

struct language {
	const char *name;
	/* Of the file that the source is put in, with the dot. */
	const char *suffix;
	/* Programs that can run it, in order of preference, apart by '|'. */
	const char *tools;
	/* For sh: $1 is the source file, $2 the tool that was found. */
	const char *command;
	/* Leaves a binary a.out behind. */
	bool is_compiled;
	/* Reserves more addresses than memory: no RLIMIT_AS. */
	bool is_vast;
};

/* The 42 of the API; the last has no name. */
extern const struct language languages[];

struct language_alias {
	const char *alias;
	const char *name;
};

extern const struct language_alias language_aliases[];

/* By name or alias; NULL when the API has no such language. */
const struct language *language_find(const char *name);

/*
 * The language that the first line of the source asks for; NULL without a
 * shebang or with one that names nothing known.
 */
const struct language *language_of_shebang(const char *code, size_t len);

/* Finds the first of the tools in PATH; false when there is none. */
bool language_tool(const struct language *language, char *path, size_t size);

#endif
