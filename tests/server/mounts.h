/* SPDX-License-Identifier: MIT */
/* tests/server/mounts.h - the directories that a program sees as its own */
#ifndef TESTS_SERVER_MOUNTS_H
#define TESTS_SERVER_MOUNTS_H

#include <stdbool.h>

/* The part of a program's directory that becomes /root. */
#define MOUNTS_ROOT ".root"

/*
 * In a mount namespace of its own: makes dir /tmp, and its MOUNTS_ROOT, if
 * there is one, /root; the rest is read-only, and without FUSE mounts.  0 or
 * -errno.
 */
int mounts_make(const char *dir, bool has_user_namespace);

#endif
