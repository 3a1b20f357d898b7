/* SPDX-License-Identifier: MIT */
/* fs/core/row.c - which row is in which directory, and helpers for rows */
#include "fs/core/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/core/node.h"

/*
 * The tables are linked once: the rows sorted by path for tree_row, and per
 * directory a list of its static rows in table order.
 */
enum { ROWS_MAX = 512 };

struct slot {
	const struct row *row;
	int parent;	 /* index; -1: the root */
	int first, next; /* children: indexes, -1 ends */
};

static struct slot slots[ROWS_MAX];
static int sorted[ROWS_MAX]; /* indexes of slots */
static int slot_count;

static int compare_slots(const void *a, const void *b)
{
	return strcmp(slots[*(const int *)a].row->path,
		slots[*(const int *)b].row->path);
}

struct prefix {
	const char *path;
	size_t len;
};

static int compare_path(const void *a, const void *b)
{
	const struct prefix *prefix = a;
	const char *path = slots[*(const int *)b].row->path;
	int order = strncmp(prefix->path, path, prefix->len);

	return order ? order : -(path[prefix->len] != '\0');
}

static int slot_of_path(const char *path, size_t len)
{
	struct prefix prefix = { path, len };
	const int *index = bsearch(
		&prefix, sorted, slot_count, sizeof(*sorted), compare_path);

	return index ? *index : -1;
}

static int slot_of(const struct row *row)
{
	for (int i = 0; i < slot_count; i++)
		if (slots[i].row == row)
			return i;
	return -1;
}

static int slot_link(int index)
{
	const char *path = slots[index].row->path;
	const char *slash = strrchr(path, '/');

	slots[index].parent = -1;
	slots[index].next = -1;
	if (!path[1])
		return 0;
	int parent = slash == path ? slot_of_path("/", 1)
				   : slot_of_path(path, slash - path);
	if (parent < 0 || slot_of_path(path, strlen(path)) != index)
		return -EINVAL;
	slots[index].parent = parent;
	if (row_is_placeholder(slots[index].row))
		return 0;
	int *link = &slots[parent].first;
	while (*link >= 0)
		link = &slots[*link].next;
	*link = index;
	return 0;
}

int tree_init(const struct row *const *tables)
{
	static const struct row *const *linked;
	int err = 0;

	if (tables == linked)
		return 0;
	linked = NULL;
	slot_count = 0;
	for (int t = 0; tables[t]; t++) {
		for (const struct row *row = tables[t]; row->path; row++) {
			if (slot_count == ROWS_MAX)
				return -EINVAL;
			slots[slot_count].row = row;
			sorted[slot_count] = slot_count;
			slots[slot_count++].first = -1;
		}
	}
	qsort(sorted, slot_count, sizeof(*sorted), compare_slots);
	for (int i = 0; !err && i < slot_count; i++)
		err = slot_link(i);
	if (!err)
		linked = tables;
	return err;
}

const struct row *tree_row(const char *path)
{
	int index = slot_of_path(path, strlen(path));

	return index < 0 ? NULL : slots[index].row;
}

const struct row *tree_root(void)
{
	return tree_row("/");
}

const struct row *tree_parent(const struct row *row)
{
	int index = slot_of(row);

	return index < 0 || slots[index].parent < 0
		? NULL
		: slots[slots[index].parent].row;
}

const struct row *tree_below(const struct row *dir, const char *placeholder)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir->path, placeholder);
	return tree_row(path);
}

const struct row *tree_child(const struct row *dir, size_t i)
{
	int index = slot_of(dir);

	if (index < 0)
		return NULL;
	index = slots[index].first;
	while (index >= 0 && i--)
		index = slots[index].next;
	return index < 0 ? NULL : slots[index].row;
}

const struct row *tree_named(const struct row *dir, const char *name)
{
	const struct row *row;

	for (size_t i = 0; (row = tree_child(dir, i)); i++)
		if (!strcmp(row_name(row), name))
			return row;
	return NULL;
}

const char *row_name(const struct row *row)
{
	return strrchr(row->path, '/') + 1;
}

bool row_is_placeholder(const struct row *row)
{
	return row_name(row)[0] == '{';
}

double answer_timeout_s(const struct op *op, const struct cache_answer *answer)
{
	if (answer->fresh_until_ms <= op->core->now_ms)
		return 0;
	return (answer->fresh_until_ms - op->core->now_ms) / 1000.0;
}

struct timespec answer_changed(struct core *core, enum api_endpoint endpoint,
	const struct cache_answer *answer)
{
	struct seen *seen = &core->seen[endpoint];

	if (!seen->version)
		seen->at = core->epoch;
	else if (seen->version != answer->version)
		seen->at = core->now;
	seen->version = answer->version;
	return seen->at;
}

bool text_is_one(const char *text)
{
	return *text == '1' && !text[1 + strspn(text + 1, " \t\r\n")];
}

void row_locate(struct core *core, const struct node *node, FILE *out)
{
	const char *words[] = { node->id, node->name, "" };
	const char *const *word = words;
	const char *path = node->row->path, *brace;
	const struct row *row = node->row;

	while (row && !row->locate)
		row = tree_parent(row);
	if (row) {
		row->locate(core, node, out);
		path += strlen(row->path);
		word++;
	}
	while ((brace = strchr(path, '{')) && **word) {
		fprintf(out, "%.*s%s", (int)(brace - path), path, *word++);
		path = strchr(brace, '}') + 1;
	}
	fputs(path, out);
}

void row_path(struct core *core, const struct node *node, const char *name,
	char *path, size_t room)
{
	FILE *out = fmemopen(path, room, "w");

	path[0] = '\0';
	if (!out)
		return;
	row_locate(core, node, out);
	if (name)
		fprintf(out, "%s%s", node->row->path[1] ? "/" : "", name);
	fclose(out);
}

int row_refuse(struct core *core, const char *method, const struct node *node,
	const char *name, int err, const char *why)
{
	char path[1024];

	row_path(core, node, name, path, sizeof(path));
	errors_add(core->errors, &core->now, method, path, 0, err, why);
	return err;
}

int render_value(const json_t *value, FILE *out)
{
	size_t len;
	char *text = json_value_text(value, &len);

	if (!text)
		return -ENOMEM;
	fwrite(text, 1, len, out);
	if (len)
		fputc('\n', out);
	free(text);
	return 0;
}

int render_json(const json_t *value, FILE *out)
{
	size_t len;
	char *text = json_write_pretty(value, &len);

	if (!text)
		return -ENOMEM;
	fwrite(text, 1, len, out);
	free(text);
	return 0;
}

int value_content(const json_t *value, char **text, size_t *len)
{
	FILE *out = text_stream_open(text, len);
	int err;

	if (!out)
		return -ENOMEM;
	err = render_value(value, out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (err) {
		free(*text);
		*text = NULL;
	}
	return err;
}

void attr_times(struct stat *attr, const struct timespec *mtime,
	const struct timespec *ctime)
{
	attr->st_mtim = *mtime;
	attr->st_ctim = *ctime;
	attr->st_atim = *mtime;
}

void attr_size(struct stat *attr, uint64_t size)
{
	attr->st_size = size;
	attr->st_blocks = (size + 511) / 512;
}
