/* SPDX-License-Identifier: MIT */
/* fs/drafts/draft_store.c - all drafts of services and sessions, and what of
 * them outlives the mount
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/drafts/draft.h"

enum { FILE_MAX = 256 << 20 };

static const char drafts_name[] = "drafts.json";

static const struct collection *const kinds[] = { &services, &sessions };

static const struct collection *collection_at(const char *path)
{
	for (size_t i = 0; path && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i]->path, path))
			return kinds[i];
	return NULL;
}

static void secret_free(char *text, size_t len)
{
	if (text)
		explicit_bzero(text, len);
	free(text);
}

static void draft_free(struct draft *draft)
{
	secret_free(draft->secret, draft->secret_len);
	json_decref(draft->values);
	free(draft->name);
	free(draft->made);
	free(draft->made_name);
	free(draft);
}

/* ---- finding ---- */

struct draft *draft_by_number(const struct core *core, uint64_t number)
{
	struct draft *draft;

	TAILQ_FOREACH(draft, &core->drafts->all, link)
	if (draft->number == number)
		return draft;
	return NULL;
}

struct draft *draft_of(const struct core *core, const struct node *node)
{
	return draft_by_number(core, strtoull(node->id, NULL, 10));
}

struct draft *draft_by_name(const struct core *core,
	const struct collection *collection, const char *name)
{
	struct draft *draft;

	TAILQ_FOREACH(draft, &core->drafts->all, link)
	if (draft->collection == collection && !strcmp(draft->name, name))
		return draft;
	return NULL;
}

struct file *draft_files(const struct core *core, const struct draft *draft)
{
	char key[48];

	snprintf(key, sizeof(key), "drafts/%" PRIu64, draft->number);
	return files_top(core->files, key);
}

/* ---- on disk ---- */

static json_t *record_of(const struct draft *draft)
{
	return json_pack("{s:s s:I s:o s:O s:b s:s* s:s* s:o}", "of",
		draft->collection->path, "number", (json_int_t)draft->number,
		"name", json_from_bytes(draft->name, strlen(draft->name)),
		"values", draft->values, "secret", draft->had_secret, "made",
		draft->made, "made_name", draft->made_name, "changed",
		json_from_timespec(&draft->changed));
}

static json_t *records_of(const struct drafts *drafts)
{
	json_t *list = json_array();
	struct draft *draft;

	TAILQ_FOREACH(draft, &drafts->all, link)
	if (json_array_append_new(list, record_of(draft))) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:I s:o s:o}", "next", (json_int_t)drafts->next,
		"changed", json_from_timespec(&drafts->changed), "drafts",
		list);
}

int drafts_save(struct core *core)
{
	json_t *records = records_of(core->drafts);
	size_t len;
	char *text = records ? json_write(records, &len) : NULL;
	int err = text ? keep_write(core, drafts_name, text, len) : -ENOMEM;

	if (err)
		log_line(LOG_ERR, "%s/%s cannot be written: %s",
			core->state.path, drafts_name, strerror(-err));
	json_decref(records);
	free(text);
	return err;
}

static char *member_copy(const json_t *record, const char *name)
{
	const char *text = json_string_value(json_object_get(record, name));

	return text ? strdup(text) : NULL;
}

/* NULL: out of memory, or no record of this version. */
static struct draft *draft_read(const json_t *record, struct core *core)
{
	const json_t *name = json_object_get(record, "name");
	struct draft *draft = calloc(1, sizeof(*draft));
	size_t len;

	if (!draft)
		return NULL;
	draft->collection =
		collection_at(json_string_value(json_object_get(record, "of")));
	draft->number = json_integer_value(json_object_get(record, "number"));
	draft->name = json_is_string(name) ? json_to_bytes(name, &len) : NULL;
	draft->values = json_incref(json_object_get(record, "values"));
	draft->had_secret = json_is_true(json_object_get(record, "secret"));
	draft->made = member_copy(record, "made");
	draft->made_name = member_copy(record, "made_name");
	draft->changed = core->epoch;
	json_to_timespec(json_object_get(record, "changed"), &draft->changed);
	if (draft->collection && draft->number && draft->name &&
		json_is_object(draft->values) &&
		!draft->made == !draft->made_name)
		return draft;
	draft_free(draft);
	return NULL;
}

static void drafts_read(struct drafts *drafts, struct core *core)
{
	struct draft *draft;
	json_t *all, *record;
	size_t i;
	int err = state_read_json(core->state.fd, drafts_name, FILE_MAX, &all);

	if (err && err != -ENOENT)
		log_line(LOG_ERR, "%s/%s cannot be read: there are no drafts",
			core->state.path, drafts_name);
	if (!all)
		return;
	json_to_timespec(json_object_get(all, "changed"), &drafts->changed);
	drafts->next = json_integer_value(json_object_get(all, "next"));
	json_array_foreach (json_object_get(all, "drafts"), i, record) {
		draft = draft_read(record, core);
		if (!draft)
			continue;
		TAILQ_INSERT_TAIL(&drafts->all, draft, link);
		if (drafts->next <= draft->number)
			drafts->next = draft->number + 1;
	}
	json_decref(all);
}

struct drafts *drafts_new(struct core *core)
{
	struct drafts *drafts = calloc(1, sizeof(*drafts));

	if (!drafts)
		return NULL;
	TAILQ_INIT(&drafts->all);
	drafts->next = 1;
	drafts->changed = core->epoch;
	drafts_read(drafts, core);
	return drafts;
}

void drafts_free(struct drafts *drafts)
{
	struct draft *draft;

	if (!drafts)
		return;
	while ((draft = TAILQ_FIRST(&drafts->all))) {
		TAILQ_REMOVE(&drafts->all, draft, link);
		draft_free(draft);
	}
	free(drafts);
}

/* ---- changing ---- */

static void listing_changed(struct core *core, const struct draft *draft)
{
	core->drafts->changed = core->now;
	notify_inode(core,
		node_ino(
			tree_parent(draft_row(draft->collection)), NULL, NULL));
}

/* A power cut may have lost a draft of this number and left its files. */
static void files_drop(struct core *core, const struct draft *draft)
{
	struct file *files = draft_files(core, draft);

	if (files)
		file_remove_tree(files);
	file_drop(files);
}

int draft_add(struct core *core, const struct collection *collection,
	const char *name, struct draft **out)
{
	struct drafts *drafts = core->drafts;
	struct draft *draft = calloc(1, sizeof(*draft));
	int err = -ENOMEM;

	*out = draft;
	if (!draft)
		return err;
	draft->collection = collection;
	draft->number = drafts->next++;
	draft->name = strdup(name);
	draft->values = json_object();
	draft->changed = core->now;
	TAILQ_INSERT_TAIL(&drafts->all, draft, link);
	files_drop(core, draft);
	if (draft->name && draft->values) {
		listing_changed(core, draft);
		err = drafts_save(core);
	}
	if (err) {
		TAILQ_REMOVE(&drafts->all, draft, link);
		draft_free(draft);
	}
	return err;
}

void draft_drop(struct core *core, struct draft *draft)
{
	TAILQ_REMOVE(&core->drafts->all, draft, link);
	listing_changed(core, draft);
	drafts_save(core);
	files_drop(core, draft);
	draft_free(draft);
}

int draft_set(
	struct core *core, struct draft *draft, const char *name, json_t *value)
{
	json_t *old = draft->values, *values = json_twin(old);
	int err = values ? 0 : -ENOMEM;

	if (!value)
		json_object_del(values, name);
	else if (json_object_set_new(values, name, value))
		err = -ENOMEM;
	if (!err) {
		draft->values = values;
		err = drafts_save(core);
	}
	if (err) {
		draft->values = old;
		json_decref(values);
		return err;
	}
	json_decref(old);
	draft->changed = core->now;
	return 0;
}

int draft_set_secret(
	struct core *core, struct draft *draft, const char *text, size_t len)
{
	char *copy = text ? malloc(len + 1) : NULL;

	if (text && !copy)
		return -ENOMEM;
	if (text)
		memcpy(copy, text, len);
	secret_free(draft->secret, draft->secret_len);
	draft->secret = copy;
	draft->secret_len = len;
	draft->changed = core->now;
	if (draft->had_secret == (len > 0))
		return 0;
	draft->had_secret = len > 0;
	return drafts_save(core);
}
