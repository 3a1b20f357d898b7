/* SPDX-License-Identifier: MIT */
/* tests/server/root.h - a root directory without FUSE mounts */
#ifndef TESTS_SERVER_ROOT_H
#define TESTS_SERVER_ROOT_H

/*
 * In its own user namespace a process cannot unmount inherited mounts, and its
 * copy of a FUSE mount keeps that mount alive after an umount outside.  So this
 * builds a new root from everything in the old one except FUSE mounts, with dir
 * as its /tmp, and enters it.  0 or -errno.
 */
int root_enter(const char *dir);

#endif
