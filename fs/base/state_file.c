/* SPDX-License-Identifier: MIT */
/* fs/base/state_file.c - small files of the state directory, replaced whole */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/base/parallel.h"
#include "fs/base/state.h"

/*
 * The loop replaces a file at once, so that it survives a kill, and does not
 * wait for the disk. But a name can reach the disk before its content, and then
 * a power cut leaves an empty file in place of a good one. So a version that is
 * not synced yet has a name of its own, NAME.last, and NAME is always synced.
 * Readers take NAME.last if it is whole.
 */

/* Writes NAME.last. Returns a descriptor of it, owned by the caller. */
static int last_open(int dir_fd, const char *name, const void *bytes,
	size_t len, char last[NAME_MAX + 1])
{
	char tmp[NAME_MAX + 1];
	int fd, err;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.tmp", name) >= sizeof(tmp))
		return -ENAMETOOLONG;
	if (state_last_name(last, name))
		return -ENAMETOOLONG;
	fd = openat(dir_fd, tmp,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = fd_write(fd, bytes, len);
	if (!err && renameat(dir_fd, tmp, dir_fd, last) < 0)
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	unlinkat(dir_fd, tmp, 0);
	return err;
}

int state_last_name(char last[NAME_MAX + 1], const char *name)
{
	int len = snprintf(last, NAME_MAX + 1, "%s.last", name);

	return len > NAME_MAX ? -ENAMETOOLONG : 0;
}

int state_open_last(int dir_fd, const char *name, const void *bytes, size_t len)
{
	char last[NAME_MAX + 1];

	return last_open(dir_fd, name, bytes, len, last);
}

int state_write_last(
	int dir_fd, const char *name, const void *bytes, size_t len)
{
	int fd = state_open_last(dir_fd, name, bytes, len);

	return fd < 0 ? fd : close(fd) ? -errno : 0;
}

int state_name_last(int dir_fd, const char *name)
{
	char last[NAME_MAX + 1];
	int err = state_last_name(last, name);

	if (err || !renameat(dir_fd, last, dir_fd, name) || errno == ENOENT)
		return err;
	return -errno;
}

/* Takes fd, which is NAME.last. */
static int last_sync(int dir_fd, int fd, struct part *parts, size_t count)
{
	struct part all[PARTS_MAX];
	size_t i;

	for (i = 0; i < count; i++)
		all[i] = parts[i];
	all[count] = (struct part){ part_sync, &fd, 0 };
	all[count + 1] = (struct part){ part_sync, &dir_fd, 0 };
	int err = parts_do(all, count + 2);
	for (i = 0; i < count; i++)
		parts[i].err = all[i].err;
	return close(fd) && !err ? -errno : err;
}

/* Waits for the disk once: from then on, NAME.last is read if it is whole. It
 * becomes NAME, whose older version it replaces in one step, before the name of
 * NAME.last gets another version. If it cannot be synced, NAME keeps the older
 * version; without one, this one is better than none. */
int state_write_beside(int dir_fd, const char *name, const void *bytes,
	size_t len, struct part *parts, size_t count)
{
	char last[NAME_MAX + 1];
	int fd = last_open(dir_fd, name, bytes, len, last);

	if (fd < 0) {
		parts_do(parts, count);
		return fd;
	}
	int err = last_sync(dir_fd, fd, parts, count);
	if (!err && renameat(dir_fd, last, dir_fd, name))
		err = -errno;
	if (err && !faccessat(dir_fd, name, F_OK, 0))
		unlinkat(dir_fd, last, 0);
	return err;
}

int state_write(int dir_fd, const char *name, const void *bytes, size_t len)
{
	return state_write_beside(dir_fd, name, bytes, len, NULL, 0);
}

/* If the loop writes another NAME.last meanwhile, that one stays. */
int state_keep_last(int dir_fd, const char *name)
{
	char last[NAME_MAX + 1], copy[NAME_MAX + 1], copy_last[NAME_MAX + 1];
	char *text;
	size_t len;

	if (snprintf(copy, sizeof(copy), "%s.copy", name) >= NAME_MAX)
		return -ENAMETOOLONG;
	state_last_name(last, name);
	int err = state_read(dir_fd, last, SIZE_MAX, &text, &len);
	if (err)
		return err == -ENOENT ? 0 : err;
	int fd = last_open(dir_fd, copy, text, len, copy_last);
	free(text);
	if (fd < 0)
		return fd;
	err = fsync(fd) ? -errno : 0;
	close(fd);
	if (!err && renameat(dir_fd, copy_last, dir_fd, name))
		err = -errno;
	return err ? err : fsync(dir_fd) ? -errno : 0;
}

int state_read(
	int dir_fd, const char *name, size_t limit, char **out, size_t *len)
{
	int fd = openat(
		dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (limit > SIZE_MAX - 2)
		limit = SIZE_MAX - 2;
	err = fd_read(fd, limit, out, len);
	close(fd);
	return err;
}

static int whole_read(int dir_fd, const char *name, size_t limit, json_t **out)
{
	char *text;
	size_t len;
	int err = state_read(dir_fd, name, limit, &text, &len);

	if (err)
		return err;
	err = json_parse(text, len, out);
	free(text);
	return err;
}

/* What was read must survive a power cut, whatever is written next. */
int state_read_json(int dir_fd, const char *name, size_t limit, json_t **out)
{
	char last[NAME_MAX + 1];
	json_t *newer = NULL;

	*out = NULL;
	if (state_last_name(last, name))
		return -ENAMETOOLONG;
	int err = whole_read(dir_fd, name, limit, out);
	if (whole_read(dir_fd, last, limit, &newer) || !newer)
		return err;
	if (!err && json_equal(newer, *out)) {
		json_decref(newer);
		return 0;
	}
	json_decref(*out);
	*out = newer;
	return state_keep_last(dir_fd, name);
}
