/* SPDX-License-Identifier: MIT */
/* fs/mount/mountinfo.c - has the mount gone from the daemon's own namespace?
 * The kernel tells the daemon of an unmount only when the last mount of the
 * filesystem is gone, and another mount namespace may hold a copy for weeks.
 * Users who unmounted it here want to mount again, which needs the state
 * directory. So the daemon ends when no mount of its filesystem is left in its
 * own namespace, and nothing is open any more: after `umount -l`, open files
 * are still served. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/mount/parts.h"

enum {
	SETTLE_MS = 50,	 /* an event is often one of many */
	AGAIN_MS = 1000, /* while something is open */
};

/* The first line of file that ends a search for a mount by its id, if that is
 * positive, else by its device: "ID PARENT MAJOR:MINOR ...". */
static bool line_find(FILE *file, int id, unsigned device[2])
{
	char *line = NULL;
	size_t room = 0;
	bool is_found = false;
	unsigned found[2];
	int found_id;

	rewind(file);
	while (!is_found && getline(&line, &room, file) > 0)
		if (sscanf(line, "%d %*d %u:%u ", &found_id, &found[0],
			    &found[1]) == 3)
			is_found = id > 0
				? found_id == id
				: !memcmp(found, device, sizeof(found));
	if (is_found)
		memcpy(device, found, sizeof(found));
	free(line);
	return is_found;
}

/* The id of the mount on path, or 0. Opening with O_PATH sends the filesystem
 * no request, which this loop would have to answer. */
static int mount_id(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), id = 0;
	char name[40], line[80];
	FILE *file;

	if (fd < 0)
		return 0;
	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	file = fopen(name, "re");
	while (file && fgets(line, sizeof(line), file) &&
		sscanf(line, "mnt_id: %d", &id) != 1)
		;
	if (file)
		fclose(file);
	close(fd);
	return id;
}

/* Whether the kernel has reported the unmount of the last mount. */
static bool is_disconnected(const struct core *core)
{
	struct pollfd device = { .fd = fuse_session_fd(core->session) };

	return poll(&device, 1, 0) == 1 && (device.revents & POLLERR);
}

static void mountinfo_read(void *ctx)
{
	struct mount *mount = ctx;
	struct core *core = &mount->core;

	if (line_find(mount->mountinfo, 0, mount->device) ||
		is_disconnected(core))
		return;
	if (!feof(mount->mountinfo) || !TAILQ_EMPTY(&core->open)) {
		timer_arm(&core->timers, &mount->mountinfo_timer,
			core->now_ms + AGAIN_MS);
		return;
	}
	log_line(LOG_INFO,
		"unmounted here; another mount namespace still has it");
	mount->is_gone = mount->is_stopping = true;
}

void mountinfo_open(struct mount *mount)
{
	const struct options *options = mount->core.options;
	const char *path = options->mountpoint;
	int id = path && !options->is_passed ? mount_id(path) : 0;

	mount->mountinfo_timer.fire = mountinfo_read;
	mount->mountinfo_timer.ctx = mount;
	mount->mountinfo = id ? fopen("/proc/self/mountinfo", "re") : NULL;
	if (mount->mountinfo && !line_find(mount->mountinfo, id, mount->device))
		mountinfo_close(mount);
}

void mountinfo_close(struct mount *mount)
{
	if (mount->mountinfo)
		fclose(mount->mountinfo);
	mount->mountinfo = NULL;
}

void mountinfo_leave(struct mount *mount)
{
	struct fuse_session *session = mount->core.session;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return;
	close(ends[0]);
	if (dup2(ends[1], fuse_session_fd(session)) >= 0)
		fuse_session_unmount(session);
	close(ends[1]);
}

int mountinfo_fd(const struct mount *mount)
{
	return mount->mountinfo ? fileno(mount->mountinfo) : -1;
}

void mountinfo_changed(struct mount *mount)
{
	struct core *core = &mount->core;

	if (!mount->mountinfo_timer.is_armed)
		timer_arm(&core->timers, &mount->mountinfo_timer,
			core->now_ms + SETTLE_MS);
}
