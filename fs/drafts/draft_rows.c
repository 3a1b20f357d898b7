/* SPDX-License-Identifier: MIT */
/* fs/drafts/draft_rows.c - drafts of services and sessions as files */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/drafts/draft.h"

enum {
	SECRET_MAX = 64 << 10, /* a vault: api/API.md 7.7 */
	TEXT_MAX = 1 << 20,
};

const struct row *draft_row(const struct collection *collection)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/new/{draft}", collection->path);
	return tree_row(path);
}

static int draft_found(const struct draft *draft, struct lookup_result *found)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, draft->number);
	return lookup_row(found, draft_row(draft->collection), number, NULL);
}

/* ---- COLLECTION/new ---- */

int drafts_list(struct op *op, const struct node *node, struct listing *listing)
{
	const struct collection *collection = collection_of(node->row);
	struct lookup_result found;
	struct draft *draft;
	int err = 0;

	TAILQ_FOREACH(draft, &op->core->drafts->all, link)
	{
		if (draft->collection != collection)
			continue;
		err = draft_found(draft, &found);
		if (!err)
			err = listing_add(listing, draft->name, &found);
		if (err)
			break;
	}
	return err;
}

int drafts_find(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	const struct draft *draft =
		draft_by_name(op->core, collection_of(node->row), name);

	return draft ? draft_found(draft, found) : -ENOENT;
}

int drafts_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	const struct timespec *changed = &op->core->drafts->changed;

	(void)node;
	attr_times(attr, changed, changed);
	*timeout_s = 0;
	return 0;
}

int draft_make(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	struct draft *draft;
	int err = draft_add(op->core, collection_of(node->row), name, &draft);

	return err ? err : draft_found(draft, found);
}

static int draft_is_busy(
	struct op *op, const struct node *node, const char *name)
{
	return row_refuse(op->core, "CHANGE", node, name, -EBUSY,
		"the draft is being committed");
}

int draft_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	struct draft *draft =
		draft_by_name(op->core, collection_of(node->row), name);

	if (!draft)
		return -ENOENT;
	if (!is_dir)
		return -EISDIR;
	if (draft->is_committing)
		return draft_is_busy(op, node, name);
	draft_drop(op->core, draft);
	return 0;
}

static int draft_rename(struct op *op, struct draft *draft, const char *name)
{
	struct draft *replaced =
		draft_by_name(op->core, draft->collection, name);
	char *old = draft->name, *new = strdup(name);
	int err;

	if (replaced && replaced != draft) {
		free(new);
		return -EEXIST;
	}
	if (!new)
		return -ENOMEM;
	draft->name = new;
	op->core->drafts->changed = op->core->now;
	err = drafts_save(op->core);
	if (err)
		draft->name = old;
	free(err ? new : old);
	return err;
}

int draft_move(struct op *op, const struct node *from, const char *name,
	const struct node *to, const char *new_name)
{
	struct draft *draft =
		draft_by_name(op->core, collection_of(from->row), name);

	if (to->row == tree_parent(from->row))
		return draft_commit(op, draft, new_name);
	if (!draft)
		return -ENOENT;
	if (to->row != from->row)
		return row_refuse(op->core, "MOVE", from, name, -EPERM,
			"a draft is moved to the directory above new/, which "
			"commits it");
	if (draft->is_committing)
		return draft_is_busy(op, from, name);
	return draft_rename(op, draft, new_name);
}

/* ---- a draft ---- */

void draft_locate(struct core *core, const struct node *node, FILE *out)
{
	const struct draft *draft = draft_of(core, node);

	if (draft)
		fprintf(out, "%s/new/%s", draft->collection->path, draft->name);
}

int draft_exists(struct op *op, const struct node *node)
{
	return draft_of(op->core, node) ? 0 : -ENOENT;
}

int draft_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	const struct draft *draft = draft_of(op->core, node);

	if (!draft)
		return -ENOENT;
	attr_times(attr, &draft->changed, &draft->changed);
	*timeout_s = 0;
	return 0;
}

int draft_saves(
	struct op *op, const struct node *dir, struct lookup_result *found)
{
	const struct draft *draft = draft_of(op->core, dir);

	if (!draft)
		return -ENOENT;
	*found = (struct lookup_result){ .file = draft_files(op->core, draft) };
	return found->file ? 0 : -ENOMEM;
}

/* ---- its values ---- */

static int setting_render(
	const struct setting *setting, const json_t *value, FILE *out)
{
	size_t len;
	char *text = setting_text(setting, value, &len);

	if (!text)
		return -ENOMEM;
	fwrite(text, 1, len, out);
	free(text);
	return 0;
}

int draft_value_render(struct op *op, const struct node *node, FILE *out)
{
	const struct draft *draft = draft_of(op->core, node);
	const json_t *value;

	if (!draft)
		return -ENOENT;
	if (node->row->flags & ROW_SECRET) {
		if (draft->secret)
			fwrite(draft->secret, 1, draft->secret_len, out);
		return 0;
	}
	value = json_object_get(draft->values, row_name(node->row));
	if (node->row->setting)
		return setting_render(node->row->setting, value, out);
	return value ? resource_text_print(value, out) : 0;
}

static int secret_write(struct op *op, const struct node *node,
	struct draft *draft, const char *text, size_t len)
{
	if (len > SECRET_MAX)
		return row_refuse(op->core, "WRITE", node, NULL, -EFBIG,
			"a vault holds 64 KiB at most");
	return draft_set_secret(op->core, draft, len ? text : NULL, len);
}

/* Accepts any text that JSON can carry. */
static int text_parse(struct op *op, const struct node *node, const char *text,
	size_t len, json_t **value)
{
	*value = NULL;
	if (!len)
		return 0;
	if (len > TEXT_MAX)
		return row_refuse(
			op->core, "WRITE", node, NULL, -EFBIG, "1 MiB at most");
	*value = json_from_bytes(text, len);
	if (!*value)
		return -ENOMEM;
	if (json_string_length(*value) == len)
		return 0;
	json_decref(*value);
	return row_refuse(op->core, "WRITE", node, NULL, -EILSEQ,
		"it is not UTF-8, which the API needs");
}

int draft_value_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	const struct setting *setting = node->row->setting;
	struct draft *draft = draft_of(op->core, node);
	json_t *value;
	int err;

	if (op->task)
		return task_wait(op);
	if (!draft)
		return -ENOENT;
	if (draft->is_committing)
		return draft_is_busy(op, node, NULL);
	if (node->row->flags & ROW_SECRET)
		return secret_write(op, node, draft, text, len);
	err = setting ? resource_parse(op, node, setting, text, len, &value)
		      : text_parse(op, node, text, len, &value);
	if (!err)
		err = draft_set(op->core, draft, row_name(node->row), value);
	return err ? err : keep_sync(op);
}

int draft_value_check(struct core *core, const struct node *node,
	const char *text, size_t len)
{
	char why[256] = "";
	json_t *value;
	int err = setting_parse(
		node->row->setting, text, len, &value, why, sizeof(why));

	json_decref(value);
	return err ? row_refuse(core, "WRITE", node, NULL, err, why) : 0;
}

/* rm -r of a draft removes its files first. */
static int files_empty(struct op *op, const struct draft *draft)
{
	struct file *files = draft_files(op->core, draft);
	int err = files ? 0 : -ENOMEM;

	if (files)
		err = file_remove_tree(files);
	file_drop(files);
	return err == -ENOENT ? 0 : err;
}

int draft_value_remove(
	struct op *op, const struct node *node, const char *name, bool is_dir)
{
	struct draft *draft = draft_of(op->core, node);
	const struct row *row = tree_named(node->row, name);

	if (!draft || !row)
		return -ENOENT;
	if (is_dir != (row->kind == ROW_DIR))
		return is_dir ? -ENOTDIR : -EISDIR;
	if (draft->is_committing)
		return draft_is_busy(op, node, name);
	if (is_dir)
		return files_empty(op, draft);
	if (row->flags & ROW_SECRET)
		return draft_set_secret(op->core, draft, NULL, 0);
	return json_object_get(draft->values, name)
		? draft_set(op->core, draft, name, NULL)
		: 0;
}

int draft_refuse_name(struct op *op, const struct node *node, const char *name,
	struct lookup_result *found)
{
	char why[512] = "there is no such value; the values are";
	size_t len = strlen(why);
	const struct row *row;

	(void)found;
	for (size_t i = 0; (row = tree_child(node->row, i)); i++)
		len += snprintf(why + len,
			len < sizeof(why) ? sizeof(why) - len : 0, " %s",
			row_name(row));
	return row_refuse(op->core, "CREATE", node, name, -EPERM, why);
}

int draft_commit_write(
	struct op *op, const struct node *node, const char *text, size_t len)
{
	struct draft *draft = draft_of(op->core, node);

	(void)text;
	(void)len;
	return draft_commit(op, draft, draft ? draft->name : NULL);
}
