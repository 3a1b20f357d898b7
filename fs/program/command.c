/* SPDX-License-Identifier: MIT */
/* fs/program/command.c - the command that a mount is made for: `unsandboxfs run
 * MOUNTPOINT -- COMMAND`, and -o run=COMMAND */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "fs/program/program.h"

char **command_cut(int *argc, char **argv)
{
	if (*argc < 2 || strcmp(argv[1], "run") != 0)
		return NULL;
	for (int i = 2; i < *argc; i++) {
		if (strcmp(argv[i], "--") != 0 || !argv[i + 1])
			continue;
		/* argv[0] and the words between `run` and `--` stay. */
		memmove(argv + 1, argv + 2, (size_t)(i - 2) * sizeof(*argv));
		argv[i - 1] = NULL;
		*argc = i - 1;
		return argv + i + 1;
	}
	return NULL;
}

static _Noreturn void command_exec(char **command)
{
	process_soften();
	execvp(command[0], command);
	log_line(LOG_ERR, "%s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static int status_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_OTHER;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int command_run(char **command, pid_t daemon)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		command_exec(command);
	/* Ctrl-C is for the command; the mount is ended in any case. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	status = pid < 0 ? EXIT_OTHER : status_wait(pid);
	if (pid < 0)
		log_line(LOG_ERR, "%s: cannot fork", command[0]);
	kill(daemon, SIGTERM);
	status_wait(daemon);
	return status;
}
