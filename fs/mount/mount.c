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

#include "fs/base/clock.h"
#include "fs/base/errors.h"
#include "fs/base/log.h"
#include "fs/core/core.h"
#include "fs/core/handle.h"
#include "fs/core/row.h"
#include "fs/files/spool.h"
#include "fs/jobs/jobs.h"
#include "fs/mount/parts.h"
#include "fs/ops/operations.h"
#include "fs/resources/resources.h"
#include "fs/tree/resource_run.h"
#include "fs/tree/tables.h"

static void complain(const char *line)
{
	log_line(LOG_ERR, "%s", line);
}

/* A saved file has gone for good; its job, if it was a run's, goes with it. */
static void inode_gone(void *ctx, struct spool_inode *inode)
{
	struct mount *mount = ctx;

	run_unsettle(&mount->core, inode);
	if (inode->job)
		job_detach(inode->job);
}

/* The time of what has none of its own: when this account was first mounted
 * with this state directory. */
static int born_read(struct mount *mount)
{
	struct core *core = &mount->core;
	static const char name[] = "born";
	struct stat stat;
	int err = 0;

	if (fstatat(core->state.fd, name, &stat, 0)) {
		err = state_write(core->state.fd, name, "", 0, 1);
		if (!err && fstatat(core->state.fd, name, &stat, 0))
			err = -errno;
	}
	if (!err)
		core->born = stat.st_mtim;
	return err;
}

/* Ties each file to its newest job, as it was before the last end. */
static void jobs_tie(struct mount *mount)
{
	struct core *core = &mount->core;
	struct job *job, *next;

	for (job = TAILQ_FIRST(&mount->jobs.all); job; job = next) {
		next = TAILQ_NEXT(job, link);
		struct spool_inode *inode = job->inode
			? spool_by_number(core->spool, job->inode)
			: NULL;
		if (!inode && !job->is_async) {
			job_remove(job); /* its file has gone */
			continue;
		}
		if (!inode)
			continue;
		struct job *before = inode->job;
		inode->job = job;
		if (before && !before->is_async)
			job_remove(before);
	}
}

static int mount_read(struct mount *mount)
{
	struct core *core = &mount->core;
	int err = born_read(mount);

	if (!err)
		err = spool_open(&core->state, complain, inode_gone, mount,
			&core->spool);
	if (!err) {
		const struct options *options = core->options;
		spool_keep_secret(core->spool, place_is_secret);
		spool_lend(core->spool, options->uid, options->gid,
			0777 & ~options->umask);
		err = jobs_load(core);
	}
	if (!err)
		jobs_tie(mount);
	if (!err) {
		core->resources = resources_new(
			core, tree_collections, resource_run_drop);
		err = core->resources ? 0 : -ENOMEM;
	}
	return err;
}

static void lists_init(struct mount *mount)
{
	struct core *core = &mount->core;
	TAILQ_INIT(&core->timers);
	TAILQ_INIT(&core->ready);
	TAILQ_INIT(&core->parked);
	TAILQ_INIT(&core->open);
	jobs_init(&mount->jobs, core);
}

int mount_new(const struct options *options,
	const struct api_credentials *credentials, struct mount **out,
	char *why, size_t why_len, enum exit_status *status)
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
	places_init(tree_places);
	core->options = options;
	core->credentials = credentials;
	mount->signal_fd = -1;
	clock_read(&core->now_ms, &core->now);
	core->state.fd = core->state.inodes_fd = -1;
	core->state.jobs_fd = core->state.lock_fd = -1;
	core->errors = errors_new();
	err = core->errors ? tree_init(tree_tables) : -ENOMEM;
	if (!err)
		err = nodes_init(&core->nodes);
	/* The root is there before anybody looks it up. */
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
	struct core *core = &mount->core;
	if (!mount)
		return;
	poller_clear(core);
	handles_clear(core);
	jobs_clear(core);
	resources_save(core);
	resources_free(core->resources);
	if (core->spool)
		spool_close(core->spool);
	nodes_clear(&core->nodes);
	errors_free(core->errors);
	if (core->state.fd >= 0)
		state_close(&core->state);
	free(mount);
}

struct fuse_session *mount_session(struct mount *mount, struct fuse_args *args)
{
	return fuse_session_new(
		args, &fs_operations, sizeof(fs_operations), &mount->core);
}
