/* SPDX-License-Identifier: MIT */
/* fs/mount/fs.h - one mount: everything that main starts and stops */
#ifndef FS_MOUNT_FS_H
#define FS_MOUNT_FS_H

#include <stdbool.h>
#include <stddef.h>

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "api/api.h"
#include "fs/base/options.h"

struct fs;

/* The operations for fuse_session_new; its userdata is the struct fs. */
extern const struct fuse_lowlevel_ops fs_operations;

/*
 * Opens and locks the state directory and reads what it holds. Makes no
 * thread and touches no network, so it may be called before a fork.
 * options and credentials are borrowed and outlive the fs. On error `why`
 * says it in one line; *status is the exit status that goes with it.
 */
int fs_new(const struct options *options,
	const struct api_credentials *credentials, struct fs **out, char *why,
	size_t why_len, enum exit_status *status);

/*
 * Serves the mounted session until it is unmounted or a signal ends it
 * (SIGTERM, SIGINT, SIGHUP re-reads nothing and is ignored). Makes the worker
 * and the client first: call it after the fork. `ready` is called once: with
 * EXIT_OK and "" or a warning once the mount answers and the key was tried
 * (or could not be); with another status and the reason if the key was
 * rejected, in which case fs_loop then returns that status.
 */
enum exit_status fs_loop(struct fs *fs, struct fuse_session *session,
	void (*ready)(void *ctx, enum exit_status status, const char *message),
	void *ctx);

/*
 * The same in steps, for who is the kernel himself: fs_begin, then fs_turn,
 * which waits for longest_ms at most, until it returns false, then fs_end.
 */
void fs_begin(struct fs *fs, struct fuse_session *session,
	void (*ready)(void *ctx, enum exit_status status, const char *message),
	void *ctx);
bool fs_turn(struct fs *fs, int longest_ms);
enum exit_status fs_end(struct fs *fs);

void fs_free(struct fs *fs);

#endif
