/* SPDX-License-Identifier: MIT */
/* fs/jobs/dir_kind.c - what a save means, by where it is made */
#include "fs/jobs/dir_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/name_rule.h"
#include "fs/base/safe_name.h"
#include "fs/files/files.h"
#include "fs/jobs/run.h"

static const struct place *places; /* the first without a root ends */

void places_init(const struct place *table)
{
	places = table;
}

/* A top directory whose kind this version does not know keeps its files. */
static const struct setting no_settings[1];
static const struct place nothing = {
	.root = "",
	.saves = PLACE_NOTHING,
	.settings = no_settings,
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

const struct place *place_of(const struct file *dir)
{
	const char *id, *key = file_top_key(dir);
	size_t id_len;

	for (const struct place *place = places; key && place->root; place++)
		if (root_matches(place->root, key, &id, &id_len))
			return place;
	return &nothing;
}

char *place_id(const struct place *place, const struct file *dir)
{
	const char *id = "", *key = file_top_key(dir);
	size_t id_len = 0;

	root_matches(place->root, key ? key : "", &id, &id_len);
	char *name = strndup(id, id_len);
	char *decoded = name ? safe_name_decode(name) : NULL;
	free(name);
	return decoded;
}

static bool is_hidden(const struct file *dir)
{
	struct file *parent;
	const char *name;

	for (; file_parent(dir); dir = parent)
		if (!file_place(dir, 0, &parent, &name) || name[0] == '.')
			return true;
	return false;
}

bool fd_has_shebang(int fd)
{
	char start[2];

	return pread(fd, start, 2, 0) == 2 && start[0] == '#' &&
		start[1] == '!';
}

static bool has_shebang(struct file *file)
{
	struct file_opened opened;
	bool has;

	if (file_open(file, O_RDONLY, &opened))
		return false;
	has = fd_has_shebang(opened.fd);
	file_close(&opened);
	return has;
}

static bool has_content(struct file *file)
{
	struct stat st;

	return S_ISREG(file->type) && file_stat(file, &st) == 0 && st.st_size;
}

bool place_runs(const struct file *dir, const char *name, struct file *file)
{
	const struct place *place = place_of(dir);

	if (place->saves == PLACE_NOTHING || name_is_ignored(name) ||
		is_hidden(dir) || (place->has_drafts && file_parent(dir)) ||
		!has_content(file))
		return false;
	if (place->saves != PLACE_PROGRAMS || language_of_name(name))
		return true;
	return !name_has_ending(name) && has_shebang(file);
}

bool place_is_program(const char *name, struct file *file)
{
	if (name_is_ignored(name) || !has_content(file))
		return false;
	return language_of_name(name) ||
		(!name_has_ending(name) && has_shebang(file));
}

bool place_settles(const struct file *dir, const char *name)
{
	return place_of(dir)->saves == PLACE_PROGRAMS && !name_has_ending(name);
}

bool place_is_secret(const struct file *dir, const char *name)
{
	const struct setting *env =
		setting_find(place_of(dir)->settings, "env");

	if (!env || !env->is_secret || !file_parent(dir))
		return false;
	return !strcmp(name, "env") ||
		(name_is_ignored(name) && strstr(name, "env"));
}

int place_settings(struct file *dir, json_t **settings)
{
	json_t *all = json_object();
	int err = all ? 0 : -ENOMEM;

	*settings = NULL;
	for (; dir && !err; dir = file_parent(dir)) {
		err = json_inherit(all, file_settings(dir));
		if (!err)
			err = json_inherit(all, file_secrets(dir));
	}
	if (err)
		json_decref(all);
	else
		*settings = all;
	return err;
}

bool place_takes_all(const struct file *dir)
{
	return place_of(dir)->has_drafts && file_parent(dir);
}

bool place_takes_name(const char *name)
{
	return !name_is_ignored(name) && !language_of_name(name);
}
