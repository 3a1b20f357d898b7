/* SPDX-License-Identifier: MIT */
/* fs/drafts/create.c - services, sessions and images from drafts and saved
 * files */
#include "fs/drafts/create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
#include "fs/resources/resources.h"

/* The most that a vault may hold (api/API.md 7.7). */
enum { VAULT_MAX = 64 << 10 };

static const struct collection *collection_of_kind(const struct dir_kind *kind)
{
	static const struct collection *const all[] = { &sessions, &services,
		&images };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		size_t len = strlen(all[i]->path + 1);
		if (!strncmp(kind->root, all[i]->path + 1, len))
			return all[i];
	}
	return NULL;
}

int create_saves(
	struct op *op, const struct node *dir, struct lookup_result *found)
{
	char key[64];

	snprintf(key, sizeof(key), "%s/new", collection_of(dir->row)->path + 1);
	return lookup_top(found, op->core->files, key);
}

/* ---- a draft, on its way through the worker ---- */

struct creation {
	struct task task;
	struct run run; /* what the request is made of */
	char *env;	/* the vault's text; NULL: none */
	size_t env_len;
	char *id; /* of what was made */
};

static void creation_free(struct task *task)
{
	struct creation *creation = (struct creation *)task;
	struct run *run = &creation->run;

	run_files_thaw(run);
	json_decref(run->settings);
	free(run->name);
	free(run->body);
	if (creation->env)
		explicit_bzero(creation->env, creation->env_len);
	free(creation->env);
	free(creation->id);
	free(creation);
}

/* Read here: it is kept in memory, where the worker does not look. */
static int creation_env(struct creation *creation, struct file *env)
{
	struct core *core = creation->run.core;
	struct file_opened opened;
	struct stat st;
	ssize_t n;
	int err = file_stat(env, &st);

	if (err)
		return err;
	if (st.st_size > VAULT_MAX) {
		errors_add(core->errors, &core->now, "MOVE", creation->run.name,
			0, -EFBIG, "a vault holds 64 KiB at most");
		return -EFBIG;
	}
	creation->env = malloc((size_t)st.st_size + 1);
	err = creation->env ? file_open(env, O_RDONLY, &opened) : -ENOMEM;
	if (err)
		return err;
	n = pread(opened.fd, creation->env, (size_t)st.st_size, 0);
	creation->env_len = n < 0 ? 0 : (size_t)n;
	err = n < 0 ? -errno : 0;
	file_close(&opened);
	return err;
}

/* A service's bootstrap and env are no input files. */
static int creation_files(struct creation *creation, struct file *draft)
{
	struct run *run = &creation->run;
	bool is_service = collection_of_kind(run->kind) == &services;
	struct file *bootstrap = NULL, *env = NULL;
	int err = 0;

	if (is_service && file_lookup(draft, "bootstrap", &bootstrap))
		bootstrap = NULL;
	if (is_service && file_lookup(draft, "env", &env))
		env = NULL;
	if (env && S_ISREG(env->type))
		err = creation_env(creation, env);
	if (!err)
		err = run_files_open(run, draft,
			bootstrap && S_ISREG(bootstrap->type) ? bootstrap
							      : NULL);
	file_drop(bootstrap);
	file_drop(env);
	return err;
}

static int creation_work(struct task *task)
{
	struct run *run = &((struct creation *)task)->run;
	char *content;
	size_t len;
	int err = run_files_read(run, &content, &len);

	if (!err)
		err = run->kind->build(run, content, len);
	free(content);
	return err;
}

static void creation_done(struct task *task)
{
	run_files_thaw(&((struct creation *)task)->run);
}

static int creation_fill(struct op *op, struct creation *creation,
	struct file *draft, const char *name)
{
	struct run *run = &creation->run;

	run->core = op->core;
	run->kind = dir_kind_of(draft);
	run->name = strdup(name);
	int err =
		run->name ? dir_kind_settings(draft, &run->settings) : -ENOMEM;
	if (!err)
		err = creation_files(creation, draft);
	const json_t *env = json_object_get(run->settings, "env");
	if (!err && !creation->env && json_object_size(env)) {
		creation->env =
			setting_text(setting_find(run->kind->settings, "env"),
				env, &creation->env_len);
		err = creation->env ? 0 : -ENOMEM;
	}
	return err;
}

static int creation_start(struct op *op, struct file *draft, const char *name)
{
	struct creation *creation = calloc(1, sizeof(*creation));

	if (!creation)
		return -ENOMEM;
	creation->task.work = creation_work;
	creation->task.done = creation_done;
	creation->task.free = creation_free;
	creation->run.program_fd = creation->run.dir_fd = -1;
	int err = creation_fill(op, creation, draft, name);
	if (err) {
		creation_free(&creation->task);
		return err;
	}
	err = task_start(op->core->worker, &creation->task);
	if (!err)
		task_give(&creation->task, op);
	return err;
}

/* ---- the requests ---- */

static int creation_request(struct op *op, struct creation *creation)
{
	const struct collection *collection =
		collection_of_kind(creation->run.kind);
	struct api_request request = {
		.endpoint = creation->run.endpoint,
		.priority = API_PERSON,
		.body = creation->run.body,
		.body_len = creation->run.body_len,
	};
	json_t *answer;

	creation->run.body = NULL;
	int err = op_call(op, 0, &request, &answer);
	if (err || creation->id)
		return err;
	collection_drop(op->core, collection, NULL);
	return resource_id(answer, collection->form.ids, &creation->id);
}

static int creation_vault(struct op *op, struct creation *creation)
{
	struct api_request request = {
		.endpoint = API_SERVICE_ENV_SET,
		.priority = API_PERSON,
		.id = creation->id,
		.body_len = creation->env_len,
	};
	json_t *answer;

	if (!creation->env_len)
		return 0;
	request.body = malloc(creation->env_len);
	if (!request.body)
		return -ENOMEM;
	memcpy(request.body, creation->env, creation->env_len);
	return op_call(op, 1, &request, &answer);
}

static int create_check(struct op *op, const struct node *node,
	struct file *draft, const char *name)
{
	const struct collection *collection = collection_of(node->row);

	if (!file_is_draft(draft) ||
		collection_of_kind(dir_kind_of(draft)) != collection)
		return -EPERM;
	return collection_name_is_free(op, collection, name);
}

static int create_finish(struct op *op, const struct creation *creation,
	struct file *draft, const char *name)
{
	const struct collection *collection =
		collection_of_kind(creation->run.kind);

	file_remove_tree(draft);
	if (!collection->has_aliases)
		return 0;
	return collection_set_alias(op->core, collection, name, creation->id);
}

int create_move_in(struct op *op, const struct node *node, struct file *draft,
	const char *name)
{
	int err = 0;

	if (!op->task) {
		err = create_check(op, node, draft, name);
		if (!err)
			err = creation_start(op, draft, name);
	}
	if (!err)
		err = task_wait(op);
	struct creation *creation = (struct creation *)op->task;
	if (err && creation && creation->task.is_done)
		errors_add(op->core->errors, &op->core->now, "MOVE", name, 0,
			err, creation->run.why);
	if (!err)
		err = creation_request(op, creation);
	if (!err)
		err = creation_vault(op, creation);
	return err ? err : create_finish(op, creation, draft, name);
}

/* ---- a saved file ---- */

static void send_vault(struct run *run, const char *id)
{
	const struct setting *setting =
		setting_find(run->kind->settings, "env");
	const json_t *env = run_setting(run, "env");
	struct api_request request = {
		.endpoint = API_SERVICE_ENV_SET,
		.priority = API_PERSON,
		.id = id,
	};

	if (!setting || !json_object_size(env))
		return;
	request.body = setting_text(setting, env, &request.body_len);
	if (!request.body ||
		api_start(run->core->api, &request, run->core->now_ms, NULL,
			NULL, NULL))
		log_line(LOG_ERR, "the vault of service %s could not be set",
			id);
}

void create_made(struct run *run, const json_t *answer)
{
	const struct collection *collection = collection_of_kind(run->kind);
	char *id;

	resource_id(answer, collection->form.ids, &id);
	collection_drop(run->core, collection, NULL);
	if (id && collection == &services)
		send_vault(run, id);
	if (id && collection->has_aliases)
		collection_set_alias(run->core, collection, run->name, id);
	free(id);
}
