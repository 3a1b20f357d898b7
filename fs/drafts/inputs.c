/* SPDX-License-Identifier: MIT */
/* fs/drafts/inputs.c - a request's body with input files, made by the worker */
#include "fs/drafts/inputs.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/drafts/drafts.h"

static int inputs_work(struct task *task)
{
	struct inputs *inputs = (struct inputs *)task;
	struct run *run = &inputs->run;
	char *content;
	size_t len;
	int err;

	if (run->dir_fd < 0 && !inputs->body)
		return 0;
	err = run_files_read(run, &content, &len);
	free(content);
	if (!err)
		err = run_put_inputs(run, inputs->body);
	if (err)
		return err;
	run->body = json_write(inputs->body, &run->body_len);
	return run->body ? 0 : -ENOMEM;
}

static void inputs_done(struct task *task)
{
	run_files_thaw(&((struct inputs *)task)->run);
}

void inputs_init(struct inputs *inputs, struct core *core, const char *name)
{
	inputs->task.work = inputs_work;
	inputs->task.done = inputs_done;
	inputs->run.core = core;
	run_files_init(&inputs->run);
	inputs->run.takes = RUN_TAKES_ALL;
	inputs->run.name = (char *)name;
}

int inputs_open(struct inputs *inputs, struct file *files)
{
	struct run *run = &inputs->run;

	run->dir_fd = file_open_dir(files);
	if (run->dir_fd < 0)
		return run->dir_fd == -ENOENT ? 0 : run->dir_fd;
	run->frozen = files;
	file_freeze(files);
	return 0;
}

void inputs_clear(struct inputs *inputs)
{
	run_files_thaw(&inputs->run);
	json_decref(inputs->body);
	free(inputs->run.body);
}

/* ---- of a service that exists ---- */

static void inputs_free(struct task *task)
{
	inputs_clear((struct inputs *)task);
	free(task);
}

/* Takes body. */
static int inputs_start(struct op *op, struct file *files, json_t *body)
{
	struct inputs *inputs = calloc(1, sizeof(*inputs));
	int err;

	if (!inputs) {
		json_decref(body);
		return -ENOMEM;
	}
	inputs_init(inputs, op->core, "files");
	inputs->task.free = inputs_free;
	inputs->body = body;
	err = inputs_open(inputs, files);
	if (err) {
		inputs_free(&inputs->task);
		return err;
	}
	return task_start_for(op, op->core->worker, &inputs->task);
}

int inputs_add(struct op *op, struct file *files, json_t *body, char **text,
	size_t *len)
{
	struct inputs *inputs = (struct inputs *)op->task;
	int err = 0;

	*text = NULL;
	if (inputs)
		json_decref(body);
	else
		err = inputs_start(op, files, body);
	if (err)
		return err;
	err = task_wait(op);
	inputs = (struct inputs *)op->task;
	if (err && inputs->task.is_done)
		return file_refuse(op->core, "READ", files, NULL, err,
			inputs->run.why[0] ? inputs->run.why : NULL);
	if (!err) {
		*text = inputs->run.body;
		*len = inputs->run.body_len;
		inputs->run.body = NULL;
	}
	return err;
}
