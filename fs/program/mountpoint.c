/* SPDX-License-Identifier: MIT */
/* fs/program/mountpoint.c - is the directory fit to be mounted on */
#include "fs/program/program.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Undoes \040 and its like in place: blanks and backslashes in mountinfo. */
static void octal_decode(char *text)
{
	char *to = text;

	while (*text != '\0') {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' &&
			text[2] >= '0' && text[2] <= '7' && text[3] >= '0' &&
			text[3] <= '7') {
			*to++ = (char)((text[1] - '0') << 6 |
				(text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* One line: ID PARENT MAJOR:MINOR ROOT PATH FLAGS [TAG...] - TYPE SOURCE ... */
static bool line_is_of(
	char *line, const char *path, struct mountpoint_mount *mount)
{
	char *rest = line, *field = NULL, *type, *source;

	for (int i = 0; i < 5; i++)
		field = strsep(&rest, " ");
	if (!field || !rest)
		return false;
	octal_decode(field);
	if (strcmp(field, path))
		return false;
	while ((field = strsep(&rest, " ")) && strcmp(field, "-"))
		;
	type = strsep(&rest, " ");
	source = strsep(&rest, " \n");
	if (!type || !source)
		return false;
	octal_decode(source);
	snprintf(mount->fstype, sizeof(mount->fstype), "%s", type);
	snprintf(mount->source, sizeof(mount->source), "%s", source);
	return true;
}

int mountpoint_find(
	FILE *mountinfo, const char *path, struct mountpoint_mount *mount)
{
	char *line = NULL;
	size_t size = 0;
	int err = -ENOENT;

	/* The last of several on one path is the one on top. */
	while (getline(&line, &size, mountinfo) >= 0)
		if (line_is_of(line, path, mount))
			err = 0;
	free(line);
	return err;
}

static int mount_on(const char *path, struct mountpoint_mount *mount)
{
	FILE *mountinfo = fopen("/proc/self/mountinfo", "re");
	int err;

	if (!mountinfo)
		return -errno;
	err = mountpoint_find(mountinfo, path, mount);
	fclose(mountinfo);
	return err;
}

static int mountpoint_resolve(const char *path, char out[PATH_MAX])
{
	char copy[PATH_MAX], parent[PATH_MAX], *slash;
	const char *name = copy;
	size_t len = strlen(path);

	if (realpath(path, out))
		return 0;
	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
		return -errno;
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len >= sizeof(copy))
		return -ENAMETOOLONG;
	memcpy(copy, path, len);
	copy[len] = '\0';
	slash = strrchr(copy, '/');
	if (slash) {
		*slash = '\0';
		name = slash + 1;
	}
	if (!realpath(slash == NULL ? "." : slash == copy ? "/" : copy, parent))
		return -errno;
	if (snprintf(out, PATH_MAX, "%s/%s", parent[1] ? parent : "", name) >=
		PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

/* fusermount3 unmounts for a user what mount(2) denies him. */
static int fusermount_detach(const char *path)
{
	char *const argv[] = { "fusermount3", "-u", "-z", "-q", "--",
		(char *)path, NULL };
	int status;
	pid_t pid;
	int err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);

	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

static int detach(const char *path)
{
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 0;
	return errno == EPERM ? fusermount_detach(path) : -errno;
}

/* What a directory says whose daemon is gone. */
static bool is_dead(int err)
{
	return err == -ENOTCONN || err == -ECONNABORTED;
}

/* stat, and on a FUSE mount statfs too: the kernel goes on answering stat for
 * a dead daemon as long as the attributes hold that it gave, statfs never. */
static int probe(const char *path, struct stat *st)
{
	struct mountpoint_mount mount;
	struct statfs fs;

	if (stat(path, st))
		return -errno;
	if (mount_on(path, &mount) == 0 &&
		strncmp(mount.fstype, "fuse", 4) == 0 && statfs(path, &fs) &&
		is_dead(-errno))
		return -errno;
	return 0;
}

static int dead_remove(const char *path, char *why, size_t why_len)
{
	struct mountpoint_mount mount = { .fstype = "?", .source = "?" };
	int err = mount_on(path, &mount);

	if (err || strcmp(mount.fstype, MOUNTPOINT_FSTYPE)) {
		snprintf(why, why_len,
			"%s: a dead mount of type %s (%s) is on it; "
			"unmount it first: umount -l %s",
			path, mount.fstype, mount.source, path);
		return -ENOTCONN;
	}
	err = detach(path);
	if (err) {
		snprintf(why, why_len,
			"%s: an older unsandboxfs died on it and cannot be "
			"unmounted (%s); as its owner: fusermount3 -uz %s",
			path, strerror(-err), path);
		return -ENOTCONN;
	}
	return 0;
}

static int live_check(
	const char *path, const struct stat *st, char *why, size_t why_len)
{
	struct mountpoint_mount mount;

	if (!S_ISDIR(st->st_mode)) {
		snprintf(why, why_len, "%s: is no directory", path);
		return -ENOTDIR;
	}
	if (mount_on(path, &mount) == 0 &&
		strcmp(mount.fstype, MOUNTPOINT_FSTYPE) == 0) {
		snprintf(why, why_len,
			"%s: unsandboxfs is mounted there already (%s); to end "
			"it: fusermount3 -u %s",
			path, mount.source, path);
		return -EBUSY;
	}
	return 0;
}

int mountpoint_prepare(
	const char *path, char out[PATH_MAX], char *why, size_t why_len)
{
	struct stat st;
	int err = mountpoint_resolve(path, out);

	/* Several may have died on one another; each goes once. */
	while (!err) {
		err = probe(out, &st);
		if (!err)
			return live_check(out, &st, why, why_len);
		if (!is_dead(err))
			break;
		err = dead_remove(out, why, why_len);
		if (err)
			return err;
	}
	if (err == -ENOENT)
		snprintf(why, why_len,
			"%s: does not exist; to make it: mkdir -p %s", path,
			path);
	else
		snprintf(why, why_len, "%s: %s", path, strerror(-err));
	return err;
}
