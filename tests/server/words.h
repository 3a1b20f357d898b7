/* SPDX-License-Identifier: MIT */
/* tests/server/words.h - lists of strings that end in NULL, as argv does */
#ifndef TESTS_SERVER_WORDS_H
#define TESTS_SERVER_WORDS_H

/* NULL counts as empty.  What is given is owned by the caller. */
char **words_copy(const char *const *words);
void words_free(char **words);

/*
 * The environment of a program: PATH, a HOME and a TMPDIR, a locale, and then
 * what was given, NAME=VALUE each.
 */
char **words_environment(const char *home, const char *const *given);

#endif
