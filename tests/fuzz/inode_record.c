/* SPDX-License-Identifier: MIT */
/* tests/fuzz/inode_record.c - the record of a file, as a start finds it */
#include <string.h>

#include "fs/files/spool_private.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct state state = { .fd = -1, .inodes_fd = -1, .jobs_fd = -1 };
	struct spool spool = { .state = &state };
	struct spool_node *node;
	const char *why = NULL;

	if (spool_record_read(
		    &spool, 7, (const char *)bytes, len, &node, &why)) {
		HOLDS(why);
		return 0;
	}
	HOLDS(node->inode.number == 7);
	HOLDS(!node->inode.target == !S_ISLNK(node->inode.mode));
	for (size_t i = 0; i < node->links.count; i++) {
		const char *name = node->links.list[i]->name;

		HOLDS(*name && strlen(name) <= SPOOL_NAME_MAX);
		HOLDS(!strchr(name, '/') && strcmp(name, ".") &&
			strcmp(name, ".."));
	}
	spool_node_free(node);
	return 0;
}
