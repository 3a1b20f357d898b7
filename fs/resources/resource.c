/* SPDX-License-Identifier: MIT */
/* fs/resources/resource.c - one resource of the API as a directory of values */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/resources/collection_state.h"

/*
 * A value comes from the freshest answer that has it: the resource's object in
 * the list, or its detail. The detail is requested only if neither has the
 * value, to read it or to show its size. To list names, known answers are
 * enough, and the members that another detail of the collection had.
 *
 * The kernel may cache attributes and content as long as the list is fresh.
 * collection_drop invalidates what changes through the mount.
 */

struct view {
	const struct collection *collection;
	json_t *item, *detail;		    /* NULL: not known */
	const struct resource_index *index; /* that has resource */
	struct resource *resource;	    /* NULL: in no list */
	struct cache_answer list_answer, detail_answer;
};

static int view_detail(struct op *op, const char *id, struct view *view)
{
	const struct collection *collection = view->collection;
	struct cache_answer *answer = &view->detail_answer;
	int err = op_get(op, collection->detail, id, answer);

	if (err)
		return err;
	view->detail = answer->json;
	if (!json_is_object(view->detail))
		return -EPROTO;
	json_decref(collection_state(op->core, collection)->example);
	collection_state(op->core, collection)->example =
		json_incref(view->detail);
	return 0;
}

static void view_peek(struct op *op, const char *id, struct view *view)
{
	const struct collection *collection = view->collection;
	struct cache_answer *answer = &view->detail_answer;
	int err = op_peek(op, collection->detail, id, answer);

	if (err && collection->is_constant && view->resource)
		err = cache_peek_stale(
			op->core->cache, collection->detail, id, answer);
	if (!err && json_is_object(answer->json))
		view->detail = answer->json;
}

/* A detail that differs from the one before is a change of the resource. */
static void view_date(struct op *op, struct view *view)
{
	struct resource *resource = view->resource;
	uint64_t version = view->detail_answer.version;

	if (!resource || !view->detail || resource->detail_version == version)
		return;
	if (resource->detail_version)
		resource->changed = op->core->now;
	resource->detail_version = version;
}

/* Finds a resource that is not in its own list: in the list of another view,
 * else in its detail, which is requested. */
static int view_elsewhere(struct op *op, const char *id, struct view *view)
{
	const struct collection *const *views = view->collection->views;

	for (; views && *views; views++) {
		view->index = collection_known(op->core, *views);
		view->resource =
			view->index ? resource_by_id(view->index, id) : NULL;
		if (view->resource)
			return 0;
	}
	if (view->detail)
		return 0;
	if (!view->collection->has_others)
		return -ENOENT;
	return view_detail(op, id, view);
}

static int view_open(struct op *op, const struct node *node, struct view *view)
{
	const struct collection *collection = collection_of(node->row);

	memset(view, 0, sizeof(*view));
	view->collection = collection;
	int err = collection_index(op, collection, &view->index);
	if (err)
		return err;
	collection_times(op->core, collection, &view->list_answer);
	view->resource = resource_by_id(view->index, node->id);
	view_peek(op, node->id, view);
	err = view->resource ? 0 : view_elsewhere(op, node->id, view);
	if (!err)
		view_date(op, view);
	return err;
}

/* The same, with the values in the list. */
static int view_read(struct op *op, const struct node *node, struct view *view)
{
	int err = view_open(op, node, view);

	if (!err && view->resource) {
		view->item = resource_json(view->index, view->resource);
		err = view->item ? 0 : -ENOMEM;
	}
	return err;
}

static bool detail_is_fresher(const struct view *view)
{
	return view->detail &&
		view->detail_answer.fetched_ms >= view->list_answer.fetched_ms;
}

static json_t *view_answer(const struct view *view, const char *members)
{
	json_t *first = view->item, *second = view->detail;

	if (detail_is_fresher(view)) {
		first = view->detail;
		second = view->item;
	}
	if (json_member(first, members))
		return first;
	return json_member(second, members) ? second : NULL;
}

/* ---- values ---- */

/* Whether a detail should have the value: another detail had it, or if none is
 * known, the row says so. */
static bool is_expected(struct op *op, const struct view *view,
	const struct row *row, const char *members)
{
	const json_t *example =
		collection_state(op->core, view->collection)->example;

	if (view->detail)
		return false;
	return example ? json_member(example, members) != NULL
		       : (row->flags & ROW_EXPECTED) != 0;
}

static int value_answer(struct op *op, const struct node *node,
	const char *members, json_t **answer)
{
	struct view view;
	int err = view_read(op, node, &view);

	if (err)
		return err;
	*answer = view_answer(&view, members);
	if (*answer)
		return 0;
	if (!is_expected(op, &view, node->row, members))
		return -ENOENT;
	err = view_detail(op, node->id, &view);
	if (err)
		return err;
	view_date(op, &view);
	*answer = view_answer(&view, members);
	return *answer ? 0 : -ENOENT;
}

int resource_value(struct op *op, const struct node *node, const char *members,
	const json_t **value)
{
	json_t *answer;
	int err = value_answer(op, node, members, &answer);

	*value = err ? NULL : json_member(answer, members);
	return err;
}

bool resource_value_is_known(struct op *op, const struct node *node,
	const char *members, const json_t **value)
{
	bool cached_only = op->cached_only;

	op->cached_only = true;
	int err = resource_value(op, node, members, value);
	op->cached_only = cached_only;
	return !err;
}

bool resource_value_is_unknown(struct op *op, const struct node *node)
{
	const json_t *value;

	return !resource_value_is_known(op, node, node->row->member, &value);
}

int resource_source(struct op *op, const struct node *node, json_t **answer)
{
	return value_answer(op, node, node->row->member, answer);
}

int resource_told_value(
	struct op *op, const struct node *node, const json_t **value)
{
	int err = resource_value(op, node, node->row->member, value);

	if (!err)
		last_answer_set(op->core, node, NULL);
	if (err != -ENOENT)
		return err;
	*value = last_answer(op->core, node);
	return 0;
}

/* A value that can be written has a file even if the API does not tell it. */
int resource_value_render(struct op *op, const struct node *node, FILE *out)
{
	const json_t *value;
	int err = resource_told_value(op, node, &value);

	return err ? err : value ? render_value(value, out) : 0;
}

int resource_item(struct op *op, const struct node *node, json_t **item)
{
	struct view view;
	int err = view_read(op, node, &view);

	*item = err ? NULL : view.item ? view.item : view.detail;
	return err;
}

void resource_locate(struct core *core, const struct node *node, FILE *out)
{
	const struct collection *collection = collection_of(node->row);
	const struct resource_index *index = collection_known(core, collection);
	const struct resource *resource =
		index ? resource_by_id(index, node->id) : NULL;

	fprintf(out, "%s/%s", collection->path,
		resource ? resource->name : node->id);
}

int resource_exists(struct op *op, const struct node *node)
{
	const char *members = node->row->member;
	bool is_read = members && !(node->row->mode & 0222);
	struct view view;
	int err = is_read ? view_read(op, node, &view)
			  : view_open(op, node, &view);

	if (err || !is_read)
		return err;
	if (view_answer(&view, members))
		return 0;
	return is_expected(op, &view, node->row, members) ? 0 : -ENOENT;
}

int resource_id_render(struct op *op, const struct node *node, FILE *out)
{
	(void)op;
	fprintf(out, "%s\n", node->id);
	return 0;
}

int resource_text_print(const json_t *text, FILE *out)
{
	size_t len;
	char *bytes = json_to_bytes(text, &len);

	if (!bytes)
		return json_is_string(text) ? -ENOMEM : -EPROTO;
	fwrite(bytes, 1, len, out);
	explicit_bzero(bytes, len);
	free(bytes);
	return 0;
}

/* ---- the whole ---- */

static bool is_whole(const struct view *view)
{
	const char *const *whole = view->collection->whole;

	for (; whole && *whole; whole++)
		if (!json_member(view->item, *whole))
			return false;
	return true;
}

int resource_json_render(struct op *op, const struct node *node, FILE *out)
{
	struct view view;
	int err = view_read(op, node, &view);

	if (!err && !view.detail && view.item && !is_whole(&view))
		err = view_detail(op, node->id, &view);
	if (err)
		return err;
	if (!view.item || !view.detail)
		return render_json(view.item ? view.item : view.detail, out);
	json_t *all = json_twin(view.item);
	if (!all)
		return -ENOMEM;
	err = detail_is_fresher(&view) ? json_object_update(all, view.detail)
				       : json_inherit(all, view.detail);
	err = err ? -ENOMEM : render_json(all, out);
	json_decref(all);
	return err;
}

int resource_attr(struct op *op, const struct node *node, struct stat *attr,
	double *timeout_s)
{
	struct timespec changed = op->core->epoch;
	struct view view;
	int err = view_open(op, node, &view);

	if (err)
		return err;
	if (view.resource)
		changed = view.resource->changed;
	else
		resource_date(view.detail, &changed);
	attr_times(attr, &changed, &changed);
	*timeout_s = answer_timeout_s(op, &view.list_answer);
	return 0;
}

int resource_moving_attr(struct op *op, const struct node *node,
	struct stat *attr, double *timeout_s)
{
	int err = resource_attr(op, node, attr, timeout_s);

	*timeout_s = 0;
	return err;
}
