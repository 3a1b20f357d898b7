/* SPDX-License-Identifier: MIT */
/* fs/program/start.h - what the process needs before it mounts */
#ifndef FS_PROGRAM_START_H
#define FS_PROGRAM_START_H

#include <stddef.h>

#include "fs/base/options.h"

/*
 * Makes the process fit to hold a key for a long time: descriptors 0 to 2 are
 * open, no core file, not to be attached to, as many descriptors as
 * allowed, no SIGPIPE. Cannot fail in a way that would matter.
 */
void start_process(void);

/* Holds back SIGINT, SIGTERM and SIGHUP, so that none of them ends the process
 * between the mount and the loop, which reads them. */
void start_hold_signals(void);

/* Takes the keys out of the environment, where /proc and children see them. */
void start_forget_keys(void);

/*
 * What would make the mount fail, told before it is tried: /dev/fuse,
 * fusermount3, user_allow_other in /etc/fuse.conf, a cacert that cannot be
 * read. EXIT_OK, or the status to end with and `why` in one line.
 */
enum exit_status start_check(
	const struct options *options, char *why, size_t why_len);

#endif
