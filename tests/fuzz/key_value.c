/* SPDX-License-Identifier: MIT */
/* tests/fuzz/key_value.c - the words of an action */
#include <string.h>

#include "fs/base/key_value.h"
#include "fs/tree/tables.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char why[256] = "";
	json_t *object;

	if (key_value_parse(settings_run, (const char *)bytes, len, &object,
		    why, sizeof(why))) {
		HOLDS(why[0] && !strchr(why, '\n'));
		return 0;
	}
	HOLDS(json_is_object(object));
	json_decref(object);
	return 0;
}
