/* SPDX-License-Identifier: MIT */
/* tests/server/words.c - lists of strings that end in NULL, like argv */
#include "words.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIXED = 5,
};

static size_t words_count(const char *const *words)
{
	size_t count = 0;

	while (words && words[count])
		count++;
	return count;
}

/* Leaves room for more; NULL if out of memory. */
static char **words_with_room(const char *const *words, size_t room)
{
	size_t count = words_count(words), i;
	char **copy = calloc(room + count + 1, sizeof(*copy));

	for (i = 0; copy && i < count; i++) {
		copy[room + i] = strdup(words[i]);
		if (!copy[room + i])
			break;
	}
	return copy;
}

char **words_copy(const char *const *words)
{
	return words_with_room(words, 0);
}

void words_free(char **words)
{
	size_t i;

	for (i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

char **words_environment(
	const char *home, const char *tmp, const char *const *given)
{
	const char *path = getenv("PATH");
	char **words = words_with_room(given, FIXED);

	if (!words)
		return NULL;
	if (asprintf(&words[0], "PATH=%s", path ? path : "/usr/bin:/bin") < 0 ||
		asprintf(&words[1], "HOME=%s", home) < 0 ||
		asprintf(&words[2], "TMPDIR=%s", tmp) < 0 ||
		!(words[3] = strdup("LANG=C.UTF-8")) ||
		!(words[4] = strdup("USER=root"))) {
		words_free(words);
		return NULL;
	}
	return words;
}
