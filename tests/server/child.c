/* SPDX-License-Identifier: MIT */
/* tests/server/child.c - starts a program in its own sandbox */
#include "child.h"
#include "family.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static size_t list_len(const char *const *list)
{
	size_t len = 0;

	while (list[len])
		len++;
	return len;
}

/*
 * standin --child SANDBOX NETWORK SERVICE MEMORY DIR ARGC ARG... ENV...
 * The program's environment is passed as arguments, so that its variables,
 * such as LD_PRELOAD, do not affect the supervisor.
 */
static char **supervisor_argv(const struct launcher *launcher,
	const struct child_spec *spec, char numbers[5][24])
{
	size_t argc = list_len(spec->argv), envc = list_len(spec->env);
	char **argv = calloc(argc + envc + 9, sizeof(*argv));
	size_t n = 0, i;

	if (!argv)
		return NULL;
	snprintf(numbers[0], 24, "%u", launcher->sandbox);
	snprintf(numbers[1], 24, "%d", spec->has_network);
	snprintf(numbers[2], 24, "%d", spec->is_service);
	snprintf(numbers[3], 24, "%ld", spec->memory_mb);
	snprintf(numbers[4], 24, "%zu", argc);
	argv[n++] = "standin";
	argv[n++] = CHILD_WORD;
	for (i = 0; i < 4; i++)
		argv[n++] = numbers[i];
	argv[n++] = (char *)spec->dir;
	argv[n++] = numbers[4];
	for (i = 0; i < argc; i++)
		argv[n++] = (char *)spec->argv[i];
	for (i = 0; i < envc; i++)
		argv[n++] = (char *)spec->env[i];
	return argv;
}

static int supervisor_spawn(struct child *child,
	const struct launcher *launcher, const struct child_spec *spec,
	char **argv)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char path[40];
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
			POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	if (spec->stdin_fd < 0)
		posix_spawn_file_actions_addopen(
			&actions, 0, "/dev/null", O_RDONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&actions, spec->stdin_fd, 0);
	posix_spawn_file_actions_adddup2(&actions, spec->stdout_fd, 1);
	posix_spawn_file_actions_adddup2(&actions, spec->stderr_fd, 2);
	posix_spawn_file_actions_adddup2(&actions, launcher->lifeline[0], 3);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", launcher->exe_fd);
	err = posix_spawn(
		&child->pid, path, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

const char *launcher_home(const struct launcher *launcher, const char *dir)
{
	return launcher->sandbox & SANDBOX_MOUNTS ? "/tmp" : dir;
}

const char *launcher_root(const struct launcher *launcher, const char *dir)
{
	return launcher->sandbox & SANDBOX_MOUNTS ? "/root" : dir;
}

int child_start(struct child *child, const struct launcher *launcher,
	const struct child_spec *spec)
{
	char numbers[5][24];
	char **argv = supervisor_argv(launcher, spec, numbers);
	int err;

	child->pid = 0;
	child->pidfd = -1;
	if (!argv)
		return -ENOMEM;
	err = supervisor_spawn(child, launcher, spec, argv);
	free(argv);
	if (err)
		return err;
	child->pidfd = pidfd_open(child->pid, 0);
	/* Without a pidfd, as under valgrind, its pipes end when it does. */
	if (child->pidfd < 0 && errno != ENOSYS) {
		err = -errno;
		kill(child->pid, SIGTERM);
		child_wait(child);
	}
	return err;
}

void child_kill(const struct child *child)
{
	if (child->pid > 0)
		kill(child->pid, SIGTERM);
}

void child_freeze(const struct child *child, bool frozen)
{
	if (child->pid > 0)
		family_signal(child->pid, frozen ? SIGSTOP : SIGCONT);
}

int child_wait(struct child *child)
{
	int status = 0;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (child->pidfd >= 0)
		close(child->pidfd);
	child->pid = 0;
	child->pidfd = -1;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* Whether a command can be run in this kind of sandbox. */
static bool launcher_try(struct launcher *launcher, unsigned int sandbox)
{
	static const char *const argv[] = { "/bin/true", NULL };
	static const char *const env[] = { NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct child_spec spec = {
		.argv = argv,
		.env = env,
		.dir = "/var",
		.stdin_fd = -1,
		.stdout_fd = null,
		.stderr_fd = null,
	};
	struct child child;
	bool works;

	launcher->sandbox = sandbox;
	works = null >= 0 && child_start(&child, launcher, &spec) == 0 &&
		child_wait(&child) == 0;
	if (null >= 0)
		close(null);
	return works;
}

/*
 * Opens the program, which keeps it available if a build replaces it.  The
 * descriptor is higher than those that a child gets.
 */
static int open_self(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10);

	if (fd >= 0)
		close(fd);
	return high;
}

int launcher_init(struct launcher *launcher, bool is_plain)
{
	static const unsigned int sandboxes[] = {
		SANDBOX_MOUNTS | SANDBOX_PIDS | SANDBOX_NETWORK,
		SANDBOX_MOUNTS | SANDBOX_PIDS,
		SANDBOX_MOUNTS | SANDBOX_PIDS | SANDBOX_NETWORK | SANDBOX_USER,
		SANDBOX_MOUNTS | SANDBOX_PIDS | SANDBOX_USER,
		SANDBOX_MOUNTS | SANDBOX_NETWORK | SANDBOX_USER,
		SANDBOX_MOUNTS | SANDBOX_USER,
	};
	size_t i;

	launcher->exe_fd = open_self();
	if (launcher->exe_fd < 0 || pipe2(launcher->lifeline, O_CLOEXEC))
		return -errno;
	for (i = 0; !is_plain && i < sizeof(sandboxes) / sizeof(*sandboxes);
		i++)
		if (launcher_try(launcher, sandboxes[i]))
			return 0;
	launcher->sandbox = 0;
	return 0;
}

void launcher_clear(struct launcher *launcher)
{
	close(launcher->exe_fd);
	close(launcher->lifeline[0]);
	close(launcher->lifeline[1]);
}
