/* SPDX-License-Identifier: MIT */
/* fs/mount/idle.c - -o idle_exit: unmounts what nobody has used for a while */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/mount/parts.h"

extern char **environ;

/* Unmounts as a user would: it fails while a shell has its working directory
 * there. By another process, since the kernel may send requests to this one
 * meanwhile. */
static void unmount_try(const char *path)
{
	char *const by_root[] = { "umount", "--", (char *)path, NULL };
	char *const by_user[] = { "fusermount3", "-u", "-q", "--", (char *)path,
		NULL };
	char *const *argv = geteuid() == 0 ? by_root : by_user;
	posix_spawn_file_actions_t actions;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions))
		return;
	if (!posix_spawn_file_actions_addopen(
		    &actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0))
		posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
}

static void idle_fire(void *ctx)
{
	struct mount *mount = ctx;
	struct core *core = &mount->core;
	const struct runs *runs = &mount->jobs.runs;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	if (core->operations == mount->operations_seen &&
		TAILQ_EMPTY(&core->open) && TAILQ_EMPTY(&runs->queue) &&
		!runs->in_flight)
		unmount_try(core->options->mountpoint);
	mount->operations_seen = core->operations;
	idle_start(mount);
}

void idle_start(struct mount *mount)
{
	struct core *core = &mount->core;

	mount->idle_timer.fire = idle_fire;
	mount->idle_timer.ctx = mount;
	if (core->options->idle_exit_ms)
		timer_arm(&core->timers, &mount->idle_timer,
			core->now_ms + core->options->idle_exit_ms);
}
