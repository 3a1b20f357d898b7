/* SPDX-License-Identifier: MIT */
/* fs/tree/settings.c - .settings/: what runs, and drafts, get */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

/* node->id says which directory it is, node->name which setting. Held for the
 * caller; NULL: there is none (or no memory). */
static struct file *settings_dir(struct core *core, const struct node *node)
{
	struct file *dir;

	if (!isdigit((unsigned char)node->id[0]))
		return files_top(core->files, node->id);
	dir = file_by_ino(core->files, strtoull(node->id, NULL, 10));
	if (dir)
		file_hold(dir);
	return dir;
}

/* Values of several lines have a row of their own: they are complete at the
 * close, the others with their newline. */
static const struct row *setting_row(const struct setting *setting)
{
	switch (setting->type) {
	case SETTING_ENV:
		return tree_row("/run/.settings/{secrets}");
	case SETTING_LIST:
	case SETTING_NUMBERS:
	case SETTING_TEXT:
		return tree_row("/run/.settings/{lines}");
	default:
		return tree_row("/run/.settings/{setting}");
	}
}

/* NULL: no such setting; else *dir is held for the caller. */
static const struct setting *setting_of(struct core *core,
	const struct node *node, const char *name, struct file **dir)
{
	const struct setting *setting = NULL;

	*dir = settings_dir(core, node);
	if (*dir && file_top_key(*dir)) /* else it was removed */
		setting = setting_find(dir_kind_of(*dir)->settings, name);
	if (!setting)
		file_drop(*dir);
	return setting;
}

static void settings_locate(
	struct core *core, const struct node *node, FILE *out)
{
	struct file *dir = settings_dir(core, node);

	if (dir)
		dir_locate(core, dir, NULL, out);
	file_drop(dir);
	fputs("/.settings", out);
}

static int settings_exists(struct op *op, const struct node *node)
{
	struct file *dir;
	bool exists;

	if (node->name[0]) {
		exists = setting_of(op->core, node, node->name, &dir);
	} else {
		dir = settings_dir(op->core, node);
		exists = dir;
	}
	if (exists)
		file_drop(dir);
	return exists ? 0 : -ENOENT;
}

/* The time when they were last set is stored with them, under a name that no
 * setting can have. */
static const char changed_member[] = "/changed";

/* They belong to the owner of the directory, so that the owner can remove it
 * with them. Their time is that of the last change in any directory that they
 * may inherit from. */
static int settings_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	struct file *dir = settings_dir(op->core, node), *at;
	struct timespec changed = op->core->epoch;
	struct stat st;
	int err = dir ? file_stat(dir, &st) : -ENOENT;

	if (!err) {
		attr->st_uid = st.st_uid;
		attr->st_gid = st.st_gid;
	}
	for (at = dir; at; at = file_parent(at)) {
		struct timespec time = { 0 };
		json_to_timespec(
			json_object_get(file_settings(at), changed_member),
			&time);
		if (time.tv_sec > changed.tv_sec ||
			(time.tv_sec == changed.tv_sec &&
				time.tv_nsec > changed.tv_nsec))
			changed = time;
	}
	attr_times(attr, &changed, &changed);
	*timeout_s = 0;
	file_drop(dir);
	return err;
}

static int settings_list(
	struct op *op, const struct node *node, struct listing *listing)
{
	struct file *dir = settings_dir(op->core, node);
	const struct setting *setting;
	int err = dir ? 0 : -ENOENT;

	if (err)
		return err;
	setting = file_top_key(dir) ? dir_kind_of(dir)->settings : NULL;
	file_drop(dir);
	for (; !err && setting && setting->name; setting++)
		err = listing_add_row(listing, setting->name,
			setting_row(setting), node->id, setting->name);
	return err;
}

static int settings_find(struct op *op, const struct node *node,
	const char *name, struct lookup_result *found)
{
	struct file *dir;
	const struct setting *setting = setting_of(op->core, node, name, &dir);

	if (!setting)
		return -ENOENT;
	file_drop(dir);
	return lookup_row(found, setting_row(setting), node->id, name);
}

static int setting_render(struct op *op, const struct node *node, FILE *out)
{
	struct file *dir;
	const struct setting *setting =
		setting_of(op->core, node, node->name, &dir);
	size_t len;
	char *text;

	if (!setting)
		return -ENOENT;
	text = setting_text(setting, dir_kind_setting(dir, node->name), &len);
	file_drop(dir);
	if (!text)
		return -ENOMEM;
	fwrite(text, 1, len, out);
	explicit_bzero(text, len);
	free(text);
	return 0;
}

/* value NULL: inherit it. value is taken. */
static int settings_keep(struct op *op, struct file *dir,
	const struct setting *setting, json_t *value)
{
	int err;

	if (!value && !json_object_get(file_settings(dir), setting->name))
		return 0;
	err = file_settings_set(dir, setting->name, value);
	/* The settings are a file in the directory, whose times change. */
	notify_file(op->core, dir->ino);
	if (err)
		return err;
	value = json_from_timespec(&op->core->now);
	return value ? file_settings_set(dir, changed_member, value) : -ENOMEM;
}

/* Parses what was written to a setting: -EINVAL, or -ENODATA if more lines may
 * make it right; the caller explains. On success *dir is held for the caller,
 * and *value is owned by the caller; NULL for an empty text, which restores the
 * inherited value. */
static int setting_read(struct core *core, const struct node *node,
	const char *text, size_t len, const struct setting **setting,
	struct file **dir, json_t **value, char why[256])
{
	int err;

	*setting = setting_of(core, node, node->name, dir);
	if (!*setting)
		return -ENOENT;
	*value = NULL;
	err = len ? setting_parse(*setting, text, len, value, why, 256) : 0;
	if (err == -EINVAL && strspn(text, " \t\r\n") == len)
		err = 0;
	if (err)
		file_drop(*dir);
	return err;
}

/* Sets it as settings_keep does, and drops dir. It is durable when the
 * operation is answered. */
static int setting_store(struct op *op, struct file *dir,
	const struct setting *setting, json_t *value)
{
	int err = settings_keep(op, dir, setting, value);

	if (!err)
		err = commit_start(op->core, dir, NULL, op);
	file_drop(dir);
	return err || !op->task ? err : task_wait(op);
}

static int setting_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	const struct setting *setting;
	struct file *dir;
	char why[256];
	json_t *value;
	int err;

	if (op->task)
		return task_wait(op);
	err = setting_read(
		op->core, node, text, len, &setting, &dir, &value, why);
	if (err)
		return err == -EINVAL || err == -ENODATA
			? row_refuse(
				  op->core, "WRITE", node, NULL, -EINVAL, why)
			: err;
	return setting_store(op, dir, setting, value);
}

static int setting_check(struct core *core, const struct node *node,
	const char *text, size_t len)
{
	const struct setting *setting;
	struct file *dir;
	json_t *value;
	char why[256];
	int err = setting_read(
		core, node, text, len, &setting, &dir, &value, why);

	if (err == -EINVAL)
		row_refuse(core, "WRITE", node, NULL, err, why);
	if (err)
		return err == -ENODATA ? 0 : err;
	json_decref(value);
	file_drop(dir);
	return 0;
}

/* rm restores the inherited value. */
static int settings_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	const struct setting *setting;
	struct file *dir;

	if (op->task)
		return task_wait(op);
	setting = setting_of(op->core, node, name, &dir);
	if (!setting)
		return -ENOENT;
	if (!is_dir)
		return setting_store(op, dir, setting, NULL);
	file_drop(dir);
	return -ENOTDIR;
}

#define SETTING(name, bits, flag_bits, says, ...)                              \
	ROW(ROW_FILE, "/run/.settings/" name, bits, says,                      \
		.flags = ROW_VOLATILE | (flag_bits),                           \
		.exists = settings_exists, .render = setting_render,           \
		.write = setting_write, __VA_ARGS__)

const struct row tree_settings_rows[] = {
	DIRECTORY("/run/.settings",
		"what new runs here get; jobs/new/, drafts and directories "
		"have their own",
		.flags = ROW_SCRATCH, .locate = settings_locate,
		.instead = "the settings are those that ls shows",
		.exists = settings_exists, .attr = settings_attr,
		.list = settings_list, .find = settings_find,
		.remove = settings_remove),
	SETTING("{setting}", 0644, 0,
		"reading gives the value in force, writing sets it, rm goes "
		"back to what is inherited"),
	SETTING("{lines}", 0644, ROW_APPENDS,
		"a setting of several lines, such as description: likewise",
		.check = setting_check),
	SETTING("{secrets}", 0600, ROW_APPENDS,
		"env: environment variables, NAME=value lines; likewise",
		.check = setting_check),
	{ 0 },
};
