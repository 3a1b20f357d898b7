/* SPDX-License-Identifier: MIT */
/* tests/server/words.h - lists of strings that end in NULL, like argv */
#ifndef TESTS_SERVER_WORDS_H
#define TESTS_SERVER_WORDS_H

/* NULL is an empty list.  The caller owns what is returned. */
char **words_copy(const char *const *words);
void words_free(char **words);

/*
 * The environment of a program: PATH, HOME, TMPDIR, a locale, and then the
 * given variables, NAME=VALUE each.
 */
char **words_environment(
	const char *home, const char *tmp, const char *const *given);

#endif
