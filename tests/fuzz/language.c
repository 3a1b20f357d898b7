/* SPDX-License-Identifier: MIT */
/* tests/fuzz/language.c - detects the language, and whether a name runs */
#include <string.h>

#include "api/api.h"
#include "fs/base/name_rule.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *name = malloc(len + 1);
	const char *language;

	HOLDS(name);
	memcpy(name, bytes, len);
	name[len] = '\0';
	language = language_of_name(name);
	HOLDS(!language || language[0]);
	language = language_of_shebang((const char *)bytes, len);
	HOLDS(!language || (len > 2 && bytes[0] == '#' && bytes[1] == '!'));
	name_is_ignored(name);
	name_has_ending(name);
	free(name);
	return 0;
}
