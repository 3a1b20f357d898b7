/* SPDX-License-Identifier: MIT */
/* fs/mount/mount.c - one mount: what it opens before it serves, and closes
 * after */
#include "fs/mount/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/drafts/drafts.h"
#include "fs/files/files.h"
#include "fs/jobs/jobs.h"
#include "fs/mount/parts.h"
#include "fs/ops/operations.h"
#include "fs/resources/resources.h"
#include "fs/tree/tree.h"

/* A saved file lost its last name; its job, if it was a run's, goes with it. */
static void file_gone(void *ctx, uint64_t number, struct file *file)
{
	struct core *core = ctx;
	struct job *job;

	if (file)
		run_unsettle(file);
	job = job_of_file(core, number);
	if (job)
		job_detach(job);
}

static void sweep_work(void *ctx)
{
	const struct core *core = ctx;

	files_sweep(core->state.fd);
}

/* The next start removes what is left. */
static void files_removed(void *ctx)
{
	struct core *core = ctx;

	if (core->worker)
		worker_submit(core->worker, sweep_work, NULL, core);
}

static void close_work(void *ctx)
{
	close((int)(intptr_t)ctx);
}

static void close_slowly(void *ctx, int fd)
{
	struct core *core = ctx;

	if (!core->worker ||
		worker_submit(
			core->worker, close_work, NULL, (void *)(intptr_t)fd))
		close(fd);
}

static int files_start(struct core *core)
{
	const struct options *options = core->options;
	const struct files_options given = {
		.uid = options->uid,
		.gid = options->gid,
		.has_uid = options->has_uid,
		.has_gid = options->has_gid,
		.fmask = options->has_umask || options->has_fmask
			? options->fmask
			: 0,
		.dmask = options->has_umask || options->has_dmask
			? options->dmask
			: 0,
		.top_mode = 0777 & ~options->dmask,
		.epoch = core->epoch,
		.gone = file_gone,
		.sweep = files_removed,
		.close_slowly = close_slowly,
		.ctx = core,
	};

	files_sweep(core->state.fd);
	return files_open(
		core->state.fd, core->state.path, &given, &core->files);
}

static int mount_read(struct mount *mount)
{
	struct core *core = &mount->core;
	int err;

	core->epoch = core->state.epoch;
	err = files_start(core);
	if (!err)
		err = jobs_load(core);
	if (!err)
		err = jobs_tie(core);
	if (!err && core->state.is_copy)
		err = state_accept_copy(&core->state);
	if (!err) {
		core->resources =
			resources_new(core, tree_tables, &tree_resources_calls);
		err = core->resources ? 0 : -ENOMEM;
	}
	if (!err) {
		core->drafts = drafts_new(core);
		core->scratches = scratches_new(core);
		err = core->drafts && core->scratches ? 0 : -ENOMEM;
	}
	return err;
}

static void lists_init(struct mount *mount)
{
	struct core *core = &mount->core;

	TAILQ_INIT(&core->timers);
	TAILQ_INIT(&core->ready);
	TAILQ_INIT(&core->parked);
	TAILQ_INIT(&core->frozen);
	disk_init(&core->disk);
	TAILQ_INIT(&core->open);
	jobs_init(&mount->jobs, core);
}

int mount_new(const struct options *options,
	struct api_credentials *credentials, struct mount **out, char *why,
	size_t why_len, enum exit_status *status)
{
	struct mount *mount = calloc(1, sizeof(*mount));
	int err;

	*out = NULL;
	*status = EXIT_STATE;
	snprintf(why, why_len, "out of memory");
	if (!mount)
		return -ENOMEM;
	struct core *core = &mount->core;

	lists_init(mount);
	dir_kinds_init(tree_dir_kinds);
	core->options = options;
	core->credentials = mount->credentials = credentials;
	mount->signal_fd = -1;
	clock_read(&core->now_ms, &core->now);
	core->state.fd = core->state.jobs_fd = core->state.lock_fd = -1;
	core->errors = errors_new();
	err = core->errors ? tree_init(tree_tables) : -ENOMEM;
	if (!err)
		err = nodes_init(&core->nodes);
	/* The kernel never looks up the root. */
	if (!err && !node_hold(&core->nodes, tree_root(), NULL, NULL))
		err = -ENOMEM;
	if (!err)
		err = state_open(&core->state, options->state_dir,
			credentials->public_key, why, why_len);
	if (!err) {
		err = mount_read(mount);
		if (err)
			snprintf(why, why_len, "%s cannot be read: %s",
				core->state.path, strerror(-err));
	}
	if (err) {
		mount_free(mount);
		return err;
	}
	*out = mount;
	return 0;
}

void mount_free(struct mount *mount)
{
	struct core *core;

	if (!mount)
		return;
	core = &mount->core;
	poller_clear(core);
	handles_clear(core);
	jobs_clear(core);
	resources_save(core);
	drafts_free(core->drafts);
	scratches_free(core->scratches);
	resources_free(core->resources);
	files_close(core->files);
	nodes_clear(&core->nodes);
	errors_free(core->errors);
	json_decref(core->key_refusal.answer);
	if (core->state.fd >= 0)
		state_close(&core->state);
	free(mount);
}

struct fuse_session *mount_session(struct mount *mount, struct fuse_args *args)
{
	return fuse_session_new(
		args, &fs_operations, sizeof(fs_operations), &mount->core);
}
