/* SPDX-License-Identifier: MIT */
/* fs/drafts/draft_commit.c - services and sessions from drafts */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/drafts/draft.h"
#include "fs/drafts/inputs.h"

/* A commit in progress: the worker adds the input files to the request. */
struct creation {
	struct inputs inputs;
	uint64_t number; /* of the draft */
};

static void creation_free(struct task *task)
{
	struct creation *creation = (struct creation *)task;
	struct draft *draft =
		draft_by_number(creation->inputs.run.core, creation->number);

	if (draft)
		draft->is_committing = false;
	inputs_clear(&creation->inputs);
	free(creation);
}

/* ---- what is sent ---- */

static bool is_empty(const json_t *value)
{
	return (json_is_string(value) && !json_string_length(value)) ||
		(json_is_array(value) && !json_array_size(value));
}

/* Puts what was set, under the API's names; the rest gets the API's defaults.
 */
static int values_put(const struct draft *draft, json_t *body)
{
	const struct row *dir = draft_row(draft->collection), *row;
	int err = 0;

	for (size_t i = 0; !err && (row = tree_child(dir, i)); i++) {
		json_t *value = json_object_get(draft->values, row_name(row));
		if (!value || is_empty(value))
			continue;
		if (!row->setting)
			err = bootstrap_put(body, value);
		else if (json_object_set(body,
				 row->setting->field ? row->setting->field
						     : row->setting->name,
				 value))
			err = -ENOMEM;
	}
	return err;
}

/* A session has no name at the API, only an id. */
static int body_new(const struct draft *draft, const char *name, json_t **body)
{
	bool has_name = draft->collection->form.names;

	*body = json_object();
	if (!*body)
		return -ENOMEM;
	if (has_name &&
		json_object_set_new(
			*body, "name", json_from_bytes(name, strlen(name))))
		return -ENOMEM;
	return values_put(draft, *body);
}

static int creation_fill(
	struct inputs *inputs, const struct draft *draft, const char *name)
{
	struct file *files;
	int err = body_new(draft, name, &inputs->body);

	if (err)
		return err;
	files = draft_files(inputs->run.core, draft);
	err = files ? inputs_open(inputs, files) : -ENOMEM;
	file_drop(files);
	return err;
}

static int creation_start(struct op *op, struct draft *draft, const char *name)
{
	struct creation *creation = calloc(1, sizeof(*creation));
	int err;

	if (!creation)
		return -ENOMEM;
	struct task *task = &creation->inputs.task;
	inputs_init(&creation->inputs, op->core, draft->name);
	task->free = creation_free;
	creation->number = draft->number;
	draft->is_committing = true;
	err = draft->made ? 0 : creation_fill(&creation->inputs, draft, name);
	if (err) {
		creation_free(task);
		return err;
	}
	return task_start_for(op, op->core->worker, task);
}

/* ---- what is refused before anything is sent ---- */

static int commit_refuse(
	struct op *op, const struct draft *draft, int err, const char *why)
{
	char path[NAME_MAX + 64];

	snprintf(path, sizeof(path), "%s/new/%s", draft->collection->path,
		draft->name);
	errors_add(
		op->core->errors, &op->core->now, "COMMIT", path, 0, err, why);
	return err;
}

static bool has_files(struct op *op, const struct draft *draft)
{
	struct file *files = draft_files(op->core, draft);
	int fd = files ? file_open_dir(files) : -ENOMEM;

	file_drop(files);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int name_check(
	struct op *op, const struct draft *draft, const char *name)
{
	json_t *text = json_from_bytes(name, strlen(name));
	bool is_utf8 = json_string_length(text) == strlen(name);

	if (!text)
		return -ENOMEM;
	json_decref(text);
	return is_utf8
		? 0
		: commit_refuse(op, draft, -EILSEQ, "its name is not UTF-8");
}

static int commit_check(struct op *op, struct draft *draft, const char *name)
{
	bool has_name = draft->collection->form.names;

	if (draft->is_committing)
		return commit_refuse(
			op, draft, -EBUSY, "it is being committed already");
	if (draft->had_secret && !draft->secret)
		return commit_refuse(op, draft, -ENODATA,
			"env is kept only in memory, and was lost with the "
			"last mount: write it again, or rm it");
	if (draft->made && strcmp(draft->made_name, name) != 0)
		return commit_refuse(op, draft, -EPERM,
			"it was created under another name already; commit "
			"under that");
	if (draft->made)
		return 0;
	if (has_name && !json_object_size(draft->values) &&
		!draft->had_secret && !has_files(op, draft))
		return commit_refuse(op, draft, -ENODATA,
			"nothing is set: write to bootstrap and ports first");
	int err = has_name ? name_check(op, draft, name) : 0;
	return err ? err : collection_name_is_free(op, draft->collection, name);
}

/* ---- the requests ---- */

/* Some clients say it in the query, some in the body (api/API.md 4.1). */
static const struct api_param with_audit[] = { { "audit", "1" }, { 0 } };

static bool wants_recording(const struct draft *draft)
{
	return json_is_true(json_object_get(draft->values, "audit"));
}

static int create_send(
	struct op *op, struct draft *draft, const char *name, struct run *run)
{
	const struct collection *collection = draft->collection;
	struct api_request request = {
		.endpoint = collection->create,
		.priority = API_PERSON,
		.query = wants_recording(draft) ? with_audit : NULL,
		.body = run->body,
		.body_len = run->body_len,
	};
	json_t *answer;
	char *id;

	if (draft->made)
		return 0;
	run->body = NULL;
	int err = op_call(op, 0, &request, &answer);
	if (err)
		return err;
	collection_drop(op->core, collection, NULL);
	err = resource_id(answer, collection->form.ids, &id);
	if (err)
		return err;
	draft->made_name = strdup(name);
	draft->made = draft->made_name ? id : NULL;
	if (!draft->made)
		free(id);
	else if (draft->secret)
		drafts_save(op->core);
	return draft->made ? 0 : -ENOMEM;
}

static int vault_send(struct op *op, struct draft *draft)
{
	struct api_request request = {
		.endpoint = API_SERVICE_ENV_SET,
		.priority = API_PERSON,
		.id = draft->made,
		.body_len = draft->secret_len,
	};
	char why[512];
	json_t *answer;

	if (!draft->secret)
		return 0;
	request.body = malloc(draft->secret_len);
	if (!request.body)
		return -ENOMEM;
	memcpy(request.body, draft->secret, draft->secret_len);
	int err = op_call(op, 1, &request, &answer);
	if (!err || err == -EINPROGRESS)
		return err;
	snprintf(why, sizeof(why),
		"%.200s was created (%.200s), but its env could not be set; "
		"commit the draft again to go on from there",
		draft->made_name, draft->made);
	commit_refuse(op, draft, err, why);
	if (err == -ENOENT) { /* it was destroyed meanwhile */
		free(draft->made);
		free(draft->made_name);
		draft->made = draft->made_name = NULL;
		drafts_save(op->core);
	}
	return err;
}

static int commit_end(struct op *op, struct draft *draft, const char *name)
{
	const struct collection *collection = draft->collection;
	const json_t *script = json_object_get(draft->values, "bootstrap");
	int err = 0;

	if (script)
		bootstrap_keep(op->core, draft->made, script);
	if (wants_recording(draft))
		err = session_record(op->core, draft->made, true);
	if (!err && collection->has_aliases)
		err = collection_set_alias(
			op->core, collection, name, draft->made);
	draft_drop(op->core, draft);
	return err;
}

/* The API cannot undo the creation, so the draft must be gone after a power
 * cut, too. The operation is run again without it. */
static int commit_sync(struct op *op)
{
	task_drop(op->task);
	op->task = NULL;
	return keep_sync(op);
}

int draft_commit(struct op *op, struct draft *draft, const char *name)
{
	struct creation *creation = (struct creation *)op->task;
	int err = 0;

	if (!draft)
		return creation ? task_wait(op) : -ENOENT;
	if (!creation) {
		err = commit_check(op, draft, name);
		if (!err)
			err = creation_start(op, draft, name);
		creation = (struct creation *)op->task;
	}
	if (!err)
		err = task_wait(op);
	if (err && creation && creation->inputs.task.is_done)
		commit_refuse(op, draft, err, creation->inputs.run.why);
	if (!err)
		err = create_send(op, draft, name, &creation->inputs.run);
	if (!err)
		err = vault_send(op, draft);
	if (!err)
		err = commit_end(op, draft, name);
	return err ? err : commit_sync(op);
}
