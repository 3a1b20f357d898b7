/* SPDX-License-Identifier: MIT */
/* fs/ops/scratch_name.c - which names may be made beside values */
#include "fs/ops/scratch.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/base.h"

static bool is_value(const struct row *row)
{
	return row->kind == ROW_FILE && row->mode & 0222;
}

static bool is_random(const char *name, const char *start, size_t len)
{
	if (strncmp(name, start, strlen(start)) || strlen(name) != len)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

/* 1: a word in the name begins with that of a setting: `.ttl.swp`, `ttlXy12Ab`.
 * -ENOMEM. */
static int has_word_of(struct op *op, const struct node *dir, const char *name)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	struct lookup_result found;
	size_t len;

	for (; *name; name += len) {
		char part[NAME_MAX + 1];
		name += strcspn(name, word);
		len = strspn(name, word);
		snprintf(part, sizeof(part), "%.*s", (int)len, name);
		for (size_t left = len; left; left--) {
			part[left] = '\0';
			int err = dir->row->find(op, dir, part, &found);
			if (!err)
				lookup_clear(&found);
			if (err != -ENOENT)
				return err ? err : 1;
		}
	}
	return 0;
}

/* A temporary or backup name of a value, or one that Python, emacs, perl -i or
 * ln -f makes. */
static int is_derived(struct op *op, const struct node *dir, const char *name)
{
	const struct row *row;

	if (name_is_ignored(name) || is_random(name, "tmp", 11) ||
		is_random(name, "tmp", 9) || is_random(name, "XX", 8) ||
		is_random(name, "Cu", 8))
		return 1;
	for (size_t i = 0; (row = tree_child(dir->row, i)); i++)
		if (is_value(row) && strstr(name, row_name(row)))
			return 1;
	return dir->row->find ? has_word_of(op, dir, name) : 0;
}

/* In a draft and in .settings a mistyped name must be refused, so only names
 * that look temporary are accepted. */
int scratch_takes(struct op *op, const struct node *dir, const char *name)
{
	if (!(dir->row->flags & ROW_SCRATCH))
		return 0;
	if (!dir->row->make_file && !dir->row->find)
		return 1;
	return is_derived(op, dir, name);
}
