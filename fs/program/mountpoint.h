/* SPDX-License-Identifier: MIT */
/* fs/program/mountpoint.h - is the directory fit to be mounted on */
#ifndef FS_PROGRAM_MOUNTPOINT_H
#define FS_PROGRAM_MOUNTPOINT_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#define MOUNTPOINT_FSTYPE "fuse.unsandboxfs"

/* What is mounted somewhere, cut where longer. */
struct mountpoint_mount {
	char fstype[64];
	char source[256];
};

/* The mount on top at path, by a text like /proc/self/mountinfo. -ENOENT:
 * path is no mountpoint there. */
int mountpoint_find(
	FILE *mountinfo, const char *path, struct mountpoint_mount *mount);

/* The absolute path without links, also of a dead mount, whose own directory
 * cannot be asked: into out. -errno of the path. */
int mountpoint_resolve(const char *path, char out[PATH_MAX]);

/*
 * Makes path ready to be mounted on, and resolves it into out. A dead mount of
 * ours (its daemon was killed) is unmounted. On error `why` says in one line
 * what to do: -ENOENT, -ENOTDIR, -EBUSY for a live mount of ours, -ENOTCONN for
 * a dead mount of another's, or of ours that cannot be unmounted, -errno of
 * what stat says.
 */
int mountpoint_prepare(
	const char *path, char out[PATH_MAX], char *why, size_t why_len);

#endif
