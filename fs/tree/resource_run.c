/* SPDX-License-Identifier: MIT */
/* fs/tree/resource_run.c - run/ of a session or a service */
#include "fs/tree/resource_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/options.h"
#include "fs/base/safe_name.h"
#include "fs/core/core.h"
#include "fs/files/spool.h"
#include "fs/resources/resources.h"

/* The key of its spool: "services/ID/run", the id without a slash in it. */
static char *run_root(const struct collection *collection, const char *id)
{
	char *word = safe_name_encode(id, strlen(id)), *root;

	if (!word)
		return NULL;
	if (asprintf(&root, "%s/%s/run", collection->path + 1, word) < 0)
		root = NULL;
	free(word);
	return root;
}

int resource_run_spool(
	struct op *op, const struct node *dir, struct found *found)
{
	const struct options *options = op->core->options;
	char *root = run_root(collection_of(dir->row), dir->id);

	memset(found, 0, sizeof(*found));
	if (!root)
		return -ENOMEM;
	found->inode = spool_top(op->core->spool, root, options->uid,
		options->gid, &op->core->born);
	int err = found->inode ? 0 : -errno;
	free(root);
	return err;
}

void resource_run_drop(
	struct core *core, const struct collection *collection, const char *id)
{
	char *root = run_root(collection, id);
	struct spool_inode *top = NULL;

	while (root && (top = spool_next_top(core->spool, top))) {
		if (strcmp(top->root, root))
			continue;
		spool_drop_top(core->spool, top);
		break;
	}
	free(root);
}
