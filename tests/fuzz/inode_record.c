/* SPDX-License-Identifier: MIT */
/* tests/fuzz/inode_record.c - a file's record of the first edition */
#include <stdlib.h>
#include <string.h>

#include "fs/files/first_edition.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	json_t *record = first_edition_parse((const char *)bytes, len);
	uint64_t parent;
	char *name;

	for (size_t i = 0; record && i < 3; i++) {
		name = first_edition_name(record, i, &parent);
		if (!name)
			continue;
		HOLDS(*name && strlen(name) <= 255 && !strchr(name, '/'));
		HOLDS(strcmp(name, ".") && strcmp(name, ".."));
		free(name);
	}
	json_decref(record);
	return 0;
}
