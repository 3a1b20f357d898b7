/* SPDX-License-Identifier: MIT */
/* fs/jobs/dir_kind.c - what a save means, by where it is made */
#include "fs/jobs/dir_kind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/name_rule.h"
#include "fs/base/safe_name.h"
#include "fs/files/spool.h"
#include "fs/jobs/run.h"

static const struct place *places; /* the first without a root ends */

void places_init(const struct place *table)
{
	places = table;
}

/* A top directory whose kind this version does not know keeps its files. */
static const struct place nothing = {
	.root = "",
	.saves = PLACE_NOTHING,
	.settings = settings_run,
};

/* Matches "services/ID/run" with its pattern; the id is between. */
static bool root_matches(
	const char *pattern, const char *root, const char **id, size_t *id_len)
{
	const char *star = strchr(pattern, '*');
	size_t head, tail, len = strlen(root);

	*id_len = 0;
	if (!star)
		return !strcmp(pattern, root);
	head = star - pattern;
	tail = strlen(star + 1);
	if (len <= head + tail || strncmp(pattern, root, head) ||
		strcmp(root + len - tail, star + 1))
		return false;
	*id = root + head;
	*id_len = len - head - tail;
	return !memchr(*id, '/', *id_len);
}

const struct place *place_of(const struct spool_inode *dir)
{
	const char *id;
	size_t id_len;

	for (const struct place *place = places; place->root; place++)
		if (root_matches(place->root, dir->top->root, &id, &id_len))
			return place;
	return &nothing;
}

char *place_id(const struct place *place, const struct spool_inode *dir)
{
	const char *id = "";
	size_t id_len = 0;

	root_matches(place->root, dir->top->root, &id, &id_len);
	char *name = strndup(id, id_len);
	char *decoded = name ? safe_name_decode(name) : NULL;
	free(name);
	return decoded;
}

static bool is_hidden(const struct spool_inode *dir)
{
	const char *name;
	struct spool_inode *parent;

	for (; dir->parent; dir = dir->parent) {
		if (!spool_link_at(dir, 0, &parent, &name) || name[0] == '.')
			return true;
	}
	return false;
}

static bool has_shebang(struct spool_inode *inode)
{
	char start[2];

	return spool_read(inode, start, 2, 0) == 2 && start[0] == '#' &&
		start[1] == '!';
}

bool place_runs(const struct spool_inode *dir, const char *name,
	struct spool_inode *inode)
{
	const struct place *place = place_of(dir);

	if (!S_ISREG(inode->mode) || !inode->size || name_is_ignored(name) ||
		is_hidden(dir) || place->saves == PLACE_NOTHING ||
		(place->has_drafts && dir->parent))
		return false;
	if (place->saves != PLACE_PROGRAMS || language_of_name(name))
		return true;
	return !name_has_ending(name) && has_shebang(inode);
}

bool place_settles(const struct spool_inode *dir, const char *name)
{
	return place_of(dir)->saves == PLACE_PROGRAMS && !name_has_ending(name);
}

bool place_is_input(const char *name, struct spool_inode *inode)
{
	if (!S_ISREG(inode->mode) || name_is_ignored(name))
		return false;
	if (language_of_name(name))
		return false;
	return name_has_ending(name) || !has_shebang(inode);
}

bool place_is_secret(const struct spool_inode *dir, const char *name)
{
	const struct setting *env =
		setting_find(place_of(dir)->settings, "env");

	if (!env || !env->is_secret || !dir->parent)
		return false;
	return !strcmp(name, "env") ||
		(name_is_ignored(name) && strstr(name, "env"));
}

int place_settings(const struct spool_inode *dir, json_t **settings)
{
	json_t *all = json_object();
	int err = all ? 0 : -ENOMEM;

	*settings = NULL;
	for (; dir && !err; dir = dir->parent) {
		err = json_inherit(all, dir->settings);
		if (!err)
			err = json_inherit(all, dir->secrets);
	}
	if (err)
		json_decref(all);
	else
		*settings = all;
	return err;
}

bool place_takes(const struct spool_inode *dir, const char *name,
	struct spool_inode *inode)
{
	if (place_of(dir)->has_drafts && dir->parent)
		return S_ISREG(inode->mode) && !name_is_ignored(name);
	return place_is_input(name, inode);
}
