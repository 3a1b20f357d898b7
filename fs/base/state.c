/* SPDX-License-Identifier: MIT */
/* fs/base/state.c - finds, creates, locks and checks the state directory */
#include "fs/base/state.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/fd.h"

static int is_safe_name(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return name && *name && *name != '.' && strlen(name) <= NAME_MAX &&
		name[strspn(name, good)] == '\0';
}

/* The directory that holds unsandboxfs/; relative XDG paths are ignored, as the
 * specification says. */
static int base_find(const char *dir, char *out, size_t out_len)
{
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = home_directory();
	int len;

	if (dir && !*dir)
		return -EINVAL;
	if (dir) {
		len = snprintf(out, out_len, "%s", dir);
	} else if (xdg && *xdg == '/') {
		len = snprintf(out, out_len, "%s", xdg);
	} else {
		if (!home)
			return -ENOENT;
		len = snprintf(out, out_len, "%s/.local/state", home);
	}
	return len < 0 || (size_t)len >= out_len ? -ENAMETOOLONG : 0;
}

static void parent_sync(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int parent = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent >= 0) {
		fsync(parent);
		close(parent);
	}
	if (fd >= 0)
		close(fd);
}

/* mkdir -p with mode 0700, made durable. Fails if a parent does not exist and
 * cannot be created. */
static int path_make(char *path)
{
	char *slash = path;
	int denied = 0;
	bool last;

	do {
		slash += strspn(slash, "/");
		slash += strcspn(slash, "/");
		last = *slash == '\0';
		*slash = '\0';
		if (mkdir(path, 0700) == 0)
			parent_sync(path);
		else if (!last && (errno == EACCES || errno == EROFS))
			denied = -errno;
		else if (errno != EEXIST && errno != EISDIR)
			return denied ? denied : -errno;
		if (!last)
			*slash = '/';
	} while (!last);
	return 0;
}

/* Version 0.1.0 kept what people saved in inodes/: N.data with the content, and
 * N.json or N.next with the names. */
static int earlier_refuse(
	const struct state *state, char *reason, size_t reason_len)
{
	DIR *stream = dir_stream(state->fd, "inodes");
	const struct dirent *entry;
	int err = 0;

	if (!stream)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	while (!err && (entry = dir_next(stream)))
		if (fnmatch("*.json", entry->d_name, 0) == 0 ||
			fnmatch("*.next", entry->d_name, 0) == 0)
			err = -EPROTO;
	closedir(stream);
	if (err)
		snprintf(reason, reason_len,
			"it is of version 0.1.0, which this version does not "
			"read. The scripts are in it as inodes/NUMBER.data, "
			"with their names in inodes/NUMBER.json. Move it away "
			"and mount again");
	return err;
}

static int born_write(struct state *state, int fd, const struct stat *st)
{
	const struct timespec times[2] = { state->epoch, state->epoch };
	char text[24];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)st->st_ino);
	if (ftruncate(fd, 0) || pwrite(fd, text, strlen(text), 0) < 0 ||
		futimens(fd, times) || fsync(fd) || fsync(state->fd))
		return -errno;
	state->is_copy = false;
	return 0;
}

static int born_open(const struct state *state)
{
	int fd = openat(state->fd, "born",
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

/* In a copy, the number in the file differs from its own inode number. */
static int born_read(struct state *state)
{
	int fd = born_open(state), err = 0;
	char text[24] = "";
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) || pread(fd, text, sizeof(text) - 1, 0) < 0) {
		err = -errno;
	} else {
		state->epoch = st.st_mtim;
		state->is_copy = strtoull(text, NULL, 10) != st.st_ino;
		if (!*text)
			err = born_write(state, fd, &st);
	}
	close(fd);
	return err;
}

int state_accept_copy(struct state *state)
{
	int fd = born_open(state), err;
	struct stat st;

	if (fd < 0)
		return fd;
	err = syncfs(fd) || fstat(fd, &st) ? -errno
					   : born_write(state, fd, &st);
	close(fd);
	return err;
}

static int subdir_open(int dir_fd, const char *name, int *out)
{
	if (mkdirat(dir_fd, name, 0700) == 0)
		fsync(dir_fd);
	else if (errno != EEXIST)
		return -errno;
	*out = openat(
		dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *out < 0 ? -errno : 0;
}

int state_claim(struct state *state)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(state->lock_fd, 0) < 0)
		return -errno;
	if (pwrite(state->lock_fd, text, (size_t)len, 0) != len)
		return errno ? -errno : -EIO;
	return 0;
}

static int lock_take(struct state *state, char *reason, size_t reason_len)
{
	char text[32];
	ssize_t len;
	long holder;

	state->lock_fd = openat(state->fd, "lock",
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (state->lock_fd < 0)
		return -errno;
	if (flock(state->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return state_claim(state);
	if (errno != EWOULDBLOCK)
		return -errno;
	len = pread(state->lock_fd, text, sizeof(text) - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	holder = strtol(text, NULL, 10);
	if (holder > 0)
		snprintf(reason, reason_len, "held by the mount of process %ld",
			holder);
	else
		snprintf(reason, reason_len, "held by a mount");
	return -EBUSY;
}

/* A directory in which others could replace files is refused. The parent of the
 * account's directory may also be root's, or be sticky. */
static int dir_check(const struct state *state, const char *below, char *reason,
	size_t reason_len)
{
	bool is_above = !strcmp(below, "/..");
	const char *name = *below ? below + 1 : ".";
	struct stat st;

	if (fstatat(state->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (st.st_uid != geteuid() && (!is_above || st.st_uid))
		snprintf(reason, reason_len, "%s%s belongs to another user",
			state->path, below);
	else if (st.st_mode & 022 && (!is_above || !(st.st_mode & S_ISVTX)))
		snprintf(reason, reason_len,
			"others can write to it; run: chmod go-w %s%s",
			state->path, below);
	else
		return 0;
	return -EPERM;
}

static int account_open(struct state *state, const char *dir,
	const char *public_key, char *reason, size_t reason_len)
{
	char resolved[PATH_MAX];
	size_t len;
	int err;

	err = base_find(dir, state->path, sizeof(state->path));
	if (err)
		return err;
	len = strlen(state->path);
	if (len + strlen(public_key) + sizeof("/unsandboxfs/") >
		sizeof(state->path))
		return -ENAMETOOLONG;
	snprintf(state->path + len, sizeof(state->path) - len,
		"/unsandboxfs/%s", public_key);
	err = path_make(state->path);
	if (err)
		return err;
	state->fd = open(state->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state->fd < 0)
		return -errno;
	if (realpath(state->path, resolved))
		memcpy(state->path, resolved, sizeof(resolved));
	err = dir_check(state, "/..", reason, reason_len);
	if (!err)
		err = dir_check(state, "", reason, reason_len);
	if (!err)
		err = lock_take(state, reason, reason_len);
	if (!err)
		err = earlier_refuse(state, reason, reason_len);
	if (!err)
		err = born_read(state);
	if (!err)
		err = subdir_open(state->fd, "jobs", &state->jobs_fd);
	if (!err)
		err = dir_check(state, "/jobs", reason, reason_len);
	return err;
}

int state_open(struct state *state, const char *dir, const char *public_key,
	char *why, size_t why_len)
{
	char reason[PATH_MAX + 80] = "";
	int err;

	*state = (struct state){ .fd = -1, .jobs_fd = -1, .lock_fd = -1 };
	if (!is_safe_name(public_key)) {
		snprintf(why, why_len,
			"the public key is not a safe name for a state "
			"directory");
		return -EINVAL;
	}
	err = account_open(state, dir, public_key, reason, sizeof(reason));
	if (err)
		snprintf(why, why_len, "state directory %s: %s", state->path,
			*reason ? reason : strerror(-err));
	if (err)
		state_close(state);
	return err;
}

void state_close(struct state *state)
{
	int *fds[] = { &state->jobs_fd, &state->fd, &state->lock_fd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}
