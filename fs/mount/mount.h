/* SPDX-License-Identifier: MIT */
/* fs/mount/mount.h - one mount: everything that main starts and stops */
#ifndef FS_MOUNT_MOUNT_H
#define FS_MOUNT_MOUNT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "api/api.h"
#include "fs/base/base.h"
#include "fs/core/core.h"

struct mount;

/* Blocks the signals that mount_loop reads from a signalfd, so that none of
 * them ends the process before; sets *set to them. */
void signals_block(sigset_t *set);

/*
 * Opens and locks the state directory and reads what it holds. Makes no
 * thread and touches no network, so it may be called before a fork.
 * options and credentials are borrowed and outlive the mount; SIGHUP reads
 * credentials again. On error `why`
 * says it in one line; *status is the exit status that goes with it.
 */
int mount_new(const struct options *options,
	struct api_credentials *credentials, struct mount **out, char *why,
	size_t why_len, enum exit_status *status);

/* Called once: with EXIT_OK and "" or a warning when the mount answers and the
 * key was tried (or could not be); with another status and the reason if the
 * mount could not start or the key was rejected. */
typedef void mount_ready(
	void *ctx, enum exit_status status, const char *message);

/*
 * Serves the mounted session until it is unmounted or SIGTERM or SIGINT ends
 * it, and unmounts it. Makes the worker and the client first: call it after the
 * fork. Returns the status that `ready` got.
 */
enum exit_status mount_loop(struct mount *mount, struct fuse_session *session,
	mount_ready *ready, void *ctx);

/*
 * The same in steps, for tests that drive the loop themselves: mount_begin,
 * then mount_turn, which waits for longest_ms at most, until it returns false,
 * then mount_end.
 */
void mount_begin(struct mount *mount, struct fuse_session *session,
	mount_ready *ready, void *ctx);
bool mount_turn(struct mount *mount, int longest_ms);
enum exit_status mount_end(struct mount *mount);

void mount_free(struct mount *mount);

/* A session for the mount, not mounted yet; args are libfuse's. NULL: libfuse
 * has said why on stderr. */
struct fuse_session *mount_session(struct mount *mount, struct fuse_args *args);

#endif
