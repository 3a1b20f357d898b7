/* SPDX-License-Identifier: MIT */
/* fs/mount/parts.h - what a mount is made of: struct mount */
#ifndef FS_MOUNT_PARTS_H
#define FS_MOUNT_PARTS_H

#include <stdio.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/mount/mount.h"

struct mount {
	struct core core;
	struct jobs jobs;
	struct fuse_buf request; /* the kernel's newest */
	unsigned lonely_turns;	 /* in a row, with one request each */
	struct api_credentials *credentials;
	int signal_fd;
	struct timer watchdog_timer;

	uint64_t request_timeout_ms; /* half the time after which the kernel
					aborts the mount; 0: never */
	struct timer request_timer;

	/* See fs/mount/mountinfo.c. */
	FILE *mountinfo;    /* NULL: not known */
	unsigned device[2]; /* of the mounted filesystem, major and minor */
	struct timer mountinfo_timer;
	bool is_gone; /* nothing is mounted in this namespace any more */

	struct timer idle_timer;
	uint64_t operations_seen;

	/* What the start waits for; see fs/mount/loop.c. */
	struct cache_wait *key_wait;
	struct timer key_timer;
	bool is_key_tried, is_stopping, is_told;
	enum exit_status status;
	char status_message[1024];
	mount_ready *ready;
	void *ready_ctx;
};

/* Calls mount->ready, once. */
void mount_tell(
	struct mount *mount, enum exit_status status, const char *message);
/* Asks the API for the key; calls mount->ready when it answers, or is late. */
void key_try(struct mount *mount);

/* Opens mount->signal_fd, which signals_read reads. -errno. */
int signals_open(struct mount *mount);
void signals_read(struct mount *mount);

/* Unmounts once nobody has used the mount for -o idle_exit. */
void idle_start(struct mount *mount);

/* Starts to watch the mount, if it can be found. */
void mountinfo_open(struct mount *mount);
void mountinfo_close(struct mount *mount);
/* Ends a session whose mount is gone from here, and unmounts nothing: another
 * mount may be in its place. libfuse frees the session's descriptor only when
 * it unmounts, and takes a descriptor with POLLERR, such as that of a pipe
 * without readers, for a mount that has ended. */
void mountinfo_leave(struct mount *mount);
/* To poll for POLLPRI, or -1; then call mountinfo_changed. */
int mountinfo_fd(const struct mount *mount);
void mountinfo_changed(struct mount *mount);

#endif
