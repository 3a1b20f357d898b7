/* SPDX-License-Identifier: MIT */
/* tests/server/sandbox.c - isolates, limits and ends one program */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "family.h"
#include "mounts.h"

/*
 * There are three processes.  The server starts the supervisor, which enters
 * new namespaces, waits, and kills everything when it gets SIGTERM or when the
 * server is gone (end of file on LIFELINE).  The second is process 1 of the new
 * pid namespace: when it ends, the kernel kills all processes that the program
 * left behind, and none can escape by setsid or a double fork.  The third is
 * the program, a child of process 1, since a process 1 ignores most signals.
 * Without a pid namespace, the supervisor adopts orphans and finds them in
 * /proc.
 */

enum {
	LIFELINE = 3,
};

struct supervisor {
	unsigned int sandbox;
	bool has_network;
	bool is_service;
	long memory_mb;
	const char *dir;
	char **argv;
	char **env;
};

__attribute__((noreturn)) static void die(const char *what)
{
	dprintf(2, "stand-in: %s: %s\n", what, strerror(errno));
	_exit(126);
}

static void file_set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die(path);
	close(fd);
}

static void enter_namespaces(const struct supervisor *supervisor)
{
	unsigned int uid = geteuid(), gid = getegid();
	char map[64];
	int flags = 0;

	if (supervisor->sandbox & SANDBOX_MOUNTS)
		flags |= CLONE_NEWNS;
	if (supervisor->sandbox & SANDBOX_PIDS)
		flags |= CLONE_NEWPID;
	if ((supervisor->sandbox & SANDBOX_NETWORK) && !supervisor->has_network)
		flags |= CLONE_NEWNET;
	if (supervisor->sandbox & SANDBOX_USER)
		flags |= CLONE_NEWUSER;
	if (unshare(flags))
		die("unshare");
	if (!(supervisor->sandbox & SANDBOX_USER))
		return;
	file_set("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	file_set("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	file_set("/proc/self/gid_map", map);
}

static void make_mounts(const struct supervisor *supervisor)
{
	errno = -mounts_make(
		supervisor->dir, supervisor->sandbox & SANDBOX_USER);
	if (errno)
		die("mounts of its own");
}

static void raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
}

static void set_limit(int what, rlim_t value)
{
	struct rlimit limit = { value, value };

	setrlimit(what, &limit);
}

static void run_program(const struct supervisor *supervisor)
{
	const char *dir =
		supervisor->sandbox & SANDBOX_MOUNTS ? "/tmp" : supervisor->dir;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_limit(RLIMIT_CORE, 0);
	if (supervisor->memory_mb)
		set_limit(RLIMIT_AS, (rlim_t)supervisor->memory_mb << 20);
	if (chdir(dir))
		die(dir);
	close(LIFELINE);
	setpgid(0, 0);
	environ = supervisor->env;
	execvp(supervisor->argv[0], supervisor->argv);
	dprintf(2, "stand-in: %s: %s\n", supervisor->argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static int exit_code(int status)
{
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* Waits for the program, or for the last process of a service. */
static int wait_as_first(pid_t program, bool is_service)
{
	int status, code = 0;
	pid_t pid;

	for (;;) {
		pid = wait(&status);
		if (pid < 0 && errno == ECHILD)
			return code;
		if (pid != program)
			continue;
		code = exit_code(status);
		if (!is_service)
			return code;
	}
}

static pid_t start_program(const struct supervisor *supervisor)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0)
		run_program(supervisor);
	return pid;
}

static void run_first(const struct supervisor *supervisor)
{
	int code, null;
	pid_t program;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC, NULL))
		die("/proc");
	program = start_program(supervisor);
	/* Only the program has its pipes open, so they end when it does. */
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	code = wait_as_first(program, supervisor->is_service);
	_exit(code);
}

static void end_family(const struct supervisor *supervisor, pid_t child)
{
	if (supervisor->sandbox & SANDBOX_PIDS) {
		kill(child, SIGKILL);
		return;
	}
	while (family_signal(getpid(), SIGKILL) > 0)
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
}

/* Reaps children; true if there are none left to wait for. */
static bool reap(const struct supervisor *supervisor, pid_t child, int *code)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid == 0)
			return false;
		if (pid < 0)
			return true;
		if (pid != child)
			continue;
		*code = exit_code(status);
		if (!supervisor->is_service)
			return true;
	}
}

static int keep(const struct supervisor *supervisor, pid_t child, int signals)
{
	struct pollfd fds[2] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = LIFELINE, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	int code = 128 + SIGKILL;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			break;
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo != SIGCHLD)
			break;
		if (reap(supervisor, child, &code))
			break;
	}
	end_family(supervisor, child);
	while (wait(NULL) > 0)
		;
	return code;
}

static pid_t start_first(const struct supervisor *supervisor)
{
	pid_t pid;

	if (!(supervisor->sandbox & SANDBOX_PIDS))
		return start_program(supervisor);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		run_first(supervisor);
	return pid;
}

static void supervisor_read(struct supervisor *supervisor, char **argv)
{
	int argc = atoi(argv[7]);
	char **env = argv + 8 + argc;
	char **copy = calloc(argc + 1, sizeof(*copy));

	if (!copy)
		die("memory");
	memcpy(copy, argv + 8, argc * sizeof(*copy));
	supervisor->sandbox = atoi(argv[2]);
	supervisor->has_network = atoi(argv[3]);
	supervisor->is_service = atoi(argv[4]);
	supervisor->memory_mb = atol(argv[5]);
	supervisor->dir = argv[6];
	supervisor->argv = copy;
	supervisor->env = env;
}

int sandbox_main(int argc, char **argv)
{
	struct supervisor supervisor;
	sigset_t mask;
	pid_t child;
	int signals, null;

	if (argc < 9)
		return 126;
	close_range(LIFELINE + 1, ~0U, 0);
	supervisor_read(&supervisor, argv);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals = signalfd(-1, &mask, SFD_CLOEXEC);
	if (signals < 0)
		die("signalfd");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (supervisor.sandbox)
		enter_namespaces(&supervisor);
	if (supervisor.sandbox & SANDBOX_MOUNTS)
		make_mounts(&supervisor);
	if ((supervisor.sandbox & SANDBOX_NETWORK) && !supervisor.has_network)
		raise_loopback();
	child = start_first(&supervisor);
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	_exit(keep(&supervisor, child, signals));
}
