/* SPDX-License-Identifier: MIT */
/* fs/mount/fs.c - one mount: what it opens before it serves, and closes after */
#include "fs/mount/fs.h"

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
#include "fs/ops/handle.h"
#include "fs/base/log.h"
#include "fs/mount/mount.h"
#include "fs/jobs/dir_kind.h"
#include "fs/resources/resource.h"
#include "fs/resources/collection_state.h"
#include "fs/core/row.h"

static void complain(const char *line)
{
	log_line(LOG_ERR, "%s", line);
}

/* A saved file has gone for good; its job, if it was a run's, goes with it. */
static void inode_gone(void *ctx, struct spool_inode *inode)
{
	struct fs *fs = ctx;

	run_unsettle(fs, inode);
	if (inode->job)
		job_detach(inode->job);
}

/* The time of what has none of its own: when this account was first mounted
 * with this state directory. */
static int born_read(struct fs *fs)
{
	static const char name[] = "born";
	struct stat stat;
	int err = 0;

	if (fstatat(fs->state.fd, name, &stat, 0)) {
		err = state_write(fs->state.fd, name, "", 0, 1);
		if (!err && fstatat(fs->state.fd, name, &stat, 0))
			err = -errno;
	}
	if (!err)
		fs->born = stat.st_mtim;
	return err;
}

/* Ties each file to its newest job, as it was before the last end. */
static void jobs_tie(struct fs *fs)
{
	struct job *job, *next;

	for (job = TAILQ_FIRST(&fs->jobs.all); job; job = next) {
		next = TAILQ_NEXT(job, link);
		struct spool_inode *inode = job->inode
			? spool_by_number(fs->spool, job->inode)
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

static int fs_read(struct fs *fs)
{
	int err = born_read(fs);

	if (!err)
		err = spool_open(
			&fs->state, complain, inode_gone, fs, &fs->spool);
	if (!err) {
		const struct options *options = fs->options;
		spool_keep_secret(fs->spool, place_is_secret);
		spool_lend(fs->spool, options->uid, options->gid,
			0777 & ~options->umask);
		err = jobs_load(fs);
	}
	if (!err)
		jobs_tie(fs);
	if (!err) {
		fs->resources = resources_new(fs);
		err = fs->resources ? 0 : -ENOMEM;
	}
	return err;
}

static void lists_init(struct fs *fs)
{
	TAILQ_INIT(&fs->timers);
	TAILQ_INIT(&fs->ready);
	TAILQ_INIT(&fs->parked);
	TAILQ_INIT(&fs->open);
	TAILQ_INIT(&fs->jobs.all);
	runs_init(fs);
	poller_init(fs);
}

int fs_new(const struct options *options,
	const struct api_credentials *credentials, struct fs **out, char *why,
	size_t why_len, enum exit_status *status)
{
	struct fs *fs = calloc(1, sizeof(*fs));
	int err;

	*out = NULL;
	*status = EXIT_STATE;
	snprintf(why, why_len, "out of memory");
	if (!fs)
		return -ENOMEM;
	lists_init(fs);
	fs->options = options;
	fs->credentials = credentials;
	fs->signal_fd = -1;
	clock_read(&fs->now_ms, &fs->now);
	fs->state.fd = fs->state.inodes_fd = -1;
	fs->state.jobs_fd = fs->state.lock_fd = -1;
	err = tree_init();
	if (!err)
		err = nodes_init(&fs->nodes);
	/* The root is there before anybody looks it up. */
	if (!err && !node_hold(&fs->nodes, tree_root(), NULL, NULL))
		err = -ENOMEM;
	if (!err)
		err = state_open(&fs->state, options->state_dir,
			credentials->public_key, why, why_len);
	if (!err) {
		err = fs_read(fs);
		if (err)
			snprintf(why, why_len, "%s cannot be read: %s",
				fs->state.path, strerror(-err));
	}
	if (err) {
		fs_free(fs);
		return err;
	}
	*out = fs;
	return 0;
}

void fs_free(struct fs *fs)
{
	if (!fs)
		return;
	poller_clear(fs);
	handles_clear(fs);
	jobs_clear(fs);
	if (fs->resources)
		memory_store_times(fs, true);
	resources_free(fs->resources);
	if (fs->spool)
		spool_close(fs->spool);
	nodes_clear(&fs->nodes);
	errors_clear(fs);
	if (fs->state.fd >= 0)
		state_close(&fs->state);
	free(fs);
}
