/* SPDX-License-Identifier: MIT */
/* fs/tree/settings.c - .settings/: what runs, and drafts, get */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/errors.h"
#include "fs/core/core.h"
#include "fs/core/listing.h"
#include "fs/core/row.h"
#include "fs/files/spool.h"
#include "fs/jobs/dir_kind.h"
#include "fs/tree/tables.h"

/* node->id is the number of the directory, node->name the setting's. */
static struct spool_inode *settings_of(
	struct core *core, const struct node *node)
{
	return spool_by_number(core->spool, strtoull(node->id, NULL, 10));
}

static struct spool_inode *settings_dir(struct op *op, const struct node *node)
{
	return settings_of(op->core, node);
}

/* Values of several lines have a row of their own: they are complete at the
 * close, the others with their newline. */
static const struct row *setting_row(const struct setting *setting)
{
	if (setting->is_secret)
		return tree_row("/run/.settings/{secret}");
	switch (setting->type) {
	case SETTING_ENV:
	case SETTING_LIST:
	case SETTING_NUMBERS:
	case SETTING_TEXT:
		return tree_row("/run/.settings/{lines}");
	default:
		return tree_row("/run/.settings/{setting}");
	}
}

static const struct setting *settings_one(
	struct spool_inode *dir, const char *name)
{
	return dir ? setting_find(place_of(dir)->settings, name) : NULL;
}

static int settings_exists(struct op *op, const struct node *node)
{
	struct spool_inode *dir = settings_dir(op, node);

	if (!dir)
		return -ENOENT;
	return !node->name[0] || settings_one(dir, node->name) ? 0 : -ENOENT;
}

/* When they were set last stands beside them, under a name that no setting can
 * have. */
static const char changed_member[] = "/changed";

static struct timespec settings_changed(const struct spool_inode *dir)
{
	const json_t *at = json_object_get(dir->settings, changed_member);

	return (struct timespec){
		.tv_sec = json_integer_value(json_array_get(at, 0)),
		.tv_nsec = json_integer_value(json_array_get(at, 1)),
	};
}

static int settings_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	const struct spool_inode *dir = settings_dir(op, node);

	if (!dir)
		return -ENOENT;
	/* What is inherited moves with the directory it is inherited from. */
	struct timespec changed = dir->btime;
	for (; dir; dir = dir->parent) {
		struct timespec at = settings_changed(dir);
		if (at.tv_sec > changed.tv_sec ||
			(at.tv_sec == changed.tv_sec &&
				at.tv_nsec > changed.tv_nsec))
			changed = at;
	}
	attr_times(attr, &changed, &changed);
	*timeout_s = 0;
	return 0;
}

static int settings_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	struct spool_inode *dir = settings_dir(op, node);
	int err = dir ? 0 : -ENOENT;

	if (err)
		return err;
	const struct setting *setting = place_of(dir)->settings;
	for (; !err && setting->name; setting++) {
		struct found found;
		err = found_row(
			&found, setting_row(setting), node->id, setting->name);
		if (!err)
			err = listing_add(listing, setting->name, &found);
	}
	return err;
}

static int settings_find(struct op *op, const struct node *node,
	const char *name, struct found *found)
{
	const struct setting *setting =
		settings_one(settings_dir(op, node), name);

	return setting ? found_row(found, setting_row(setting), node->id, name)
		       : -ENOENT;
}

static const json_t *settings_value(
	const struct spool_inode *dir, const char *name)
{
	const json_t *value = NULL;

	for (; dir && !value; dir = dir->parent) {
		value = json_object_get(dir->secrets, name);
		if (!value)
			value = json_object_get(dir->settings, name);
	}
	return value;
}

static int setting_render(struct op *op, const struct node *node, FILE *out)
{
	struct spool_inode *dir = settings_dir(op, node);
	const struct setting *setting = settings_one(dir, node->name);
	size_t len;

	if (!setting)
		return -ENOENT;
	char *text =
		setting_text(setting, settings_value(dir, node->name), &len);
	if (!text)
		return -ENOMEM;
	fwrite(text, 1, len, out);
	explicit_bzero(text, len);
	free(text);
	return 0;
}

static int settings_keep(
	struct op *op, struct spool_inode *dir, const char *name, json_t *value)
{
	const struct setting *setting = settings_one(dir, name);
	json_t **kept =
		setting && setting->is_secret ? &dir->secrets : &dir->settings;

	if (!*kept)
		*kept = json_object();
	if (setting && setting->is_secret)
		setting_wipe(json_object_get(*kept, name));
	if (value && json_object_set_new(*kept, name, value))
		return -ENOMEM;
	if (!value && json_object_del(*kept, name))
		return 0; /* what is inherited stays inherited */
	if (!dir->settings)
		dir->settings = json_object();
	json_t *at = json_pack("[II]", (json_int_t)op->core->now.tv_sec,
		(json_int_t)op->core->now.tv_nsec);
	if (json_object_set_new(dir->settings, changed_member, at))
		return -ENOMEM;
	return spool_record(op->core->spool, dir);
}

static int setting_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	struct spool_inode *dir = settings_dir(op, node);
	const struct setting *setting = settings_one(dir, node->name);
	json_t *value;
	char why[256];

	if (!setting)
		return -ENOENT;
	int err = setting_parse(setting, text, len, &value, why, sizeof(why));
	if (err) {
		errors_add(op->core->errors, &op->core->now, "SET", node->name,
			0, err, why);
		return err;
	}
	return settings_keep(op, dir, node->name, value);
}

static int setting_check(struct core *core, const struct node *node,
	const char *text, size_t len)
{
	const struct setting *setting =
		settings_one(settings_of(core, node), node->name);
	json_t *value;
	char why[256];

	if (!setting)
		return -ENOENT;
	int err = setting_parse(setting, text, len, &value, why, sizeof(why));
	if (err)
		errors_add(core->errors, &core->now, "SET", node->name, 0, err,
			why);
	else
		json_decref(value);
	return err;
}

/* rm goes back to what is inherited. */
static int settings_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	struct spool_inode *dir = settings_dir(op, node);

	if (!dir)
		return -ENOENT;
	return is_dir ? -ENOTDIR : settings_keep(op, dir, name, NULL);
}

const struct row tree_settings_rows[] = {
	{ .path = "/run/.settings",
		.kind = ROW_DIR,
		.mode = 0755,
		.exists = settings_exists,
		.attr = settings_attr,
		.list = settings_list,
		.find = settings_find,
		.remove = settings_remove,
		.help = "what new runs here get; jobs/new/, drafts and "
			"directories have their own" },
	{ .path = "/run/.settings/{setting}",
		.kind = ROW_FILE,
		.mode = 0644,
		.flags = ROW_VOLATILE,
		.exists = settings_exists,
		.render = setting_render,
		.write = setting_write,
		.help = "reading gives the value in force, writing sets it, rm "
			"goes back to what is inherited" },
	{ .path = "/run/.settings/{lines}",
		.kind = ROW_FILE,
		.mode = 0644,
		.flags = ROW_VOLATILE | ROW_APPENDS,
		.exists = settings_exists,
		.render = setting_render,
		.write = setting_write,
		.check = setting_check,
		.help = "a setting of several lines, such as env: likewise" },
	{ .path = "/run/.settings/{secret}",
		.kind = ROW_FILE,
		.mode = 0600,
		.flags = ROW_VOLATILE | ROW_APPENDS | ROW_SECRET | ROW_UNSIZED,
		.exists = settings_exists,
		.render = setting_render,
		.write = setting_write,
		.check = setting_check,
		.help = "env of a draft of a service: likewise, but kept in "
			"memory alone, and gone with the mount" },
	{ 0 },
};
