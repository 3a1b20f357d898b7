/* SPDX-License-Identifier: MIT */
/* tests/server/root.h - a root directory without FUSE mounts */
#ifndef TESTS_SERVER_ROOT_H
#define TESTS_SERVER_ROOT_H

/*
 * In a user namespace of its own, a process cannot unmount what it has
 * inherited, and its copy of a FUSE mount keeps that alive after it was
 * unmounted outside.  So a new root is put together of all that is in the old
 * one but these, with dir as its /tmp, and entered.  0 or -errno.
 */
int root_enter(const char *dir);

#endif
