/* SPDX-License-Identifier: MIT */
/* fs/tree/resource_run.c - run/ of a session or a service */
#include "fs/tree/resource_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/options.h"
#include "fs/base/safe_name.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/resources/resources.h"

/* "services/ID/run", the id without a slash in it. NULL: out of memory. */
static char *run_key(const struct collection *collection, const char *id)
{
	char *word = safe_name_encode(id, strlen(id)), *key;

	if (!word)
		return NULL;
	if (asprintf(&key, "%s/%s/run", collection->path + 1, word) < 0)
		key = NULL;
	free(word);
	return key;
}

int resource_run_saves(
	struct op *op, const struct node *dir, struct found *found)
{
	char *key = run_key(collection_of(dir->row), dir->id);
	int err = key ? found_top(found, op->core->files, key) : -ENOMEM;

	free(key);
	return err;
}

void resource_run_drop(
	struct core *core, const struct collection *collection, const char *id)
{
	char *key = run_key(collection, id);
	struct file *top = key ? files_top(core->files, key) : NULL;

	if (top)
		file_remove_tree(top);
	file_drop(top);
	free(key);
}
