/* SPDX-License-Identifier: MIT */
/* tests/server/shell.c - the shell of a session */
#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "server.h"
#include "words.h"

/*
 * The shell reads its standard input, a pipe.  For each request the command is
 * written to a file, and the shell is told to source that file, with the output
 * going to two more files, and then to print the exit code to its standard
 * output, which is the other pipe.  Sourcing keeps the shell's state; the files
 * separate the command's output from the exit code.
 */

enum {
	LINE = 64,
	/* Interval at which a waiting command checks for a cancel. */
	LOOK_MS = 50,
};

static const char folder[] = ".standin";

struct command {
	struct server *server;
	struct resource *session;
	struct job *job;
	long long until_ms;
	bool is_late;
};

void shell_kill(struct resource *session)
{
	if (session->child.pid <= 0)
		return;
	child_kill(&session->child);
	child_wait(&session->child);
}

void shell_close(struct resource *session)
{
	if (session->shell_in >= 0)
		close(session->shell_in);
	if (session->shell_out >= 0)
		close(session->shell_out);
	session->shell_in = -1;
	session->shell_out = -1;
}

/* The session's shell, if it can source a file. */
static const char *shell_program(const struct resource *session)
{
	static const char *const known[] = { "bash", "dash", "sh", "ksh", "zsh",
		NULL };
	size_t i;

	for (i = 0; known[i]; i++)
		if (!strcmp(session->shell, known[i]))
			return known[i];
	return "bash";
}

static int shell_spawn(
	struct server *server, struct resource *session, int in, int out)
{
	const char *argv[] = { shell_program(session), NULL };
	char dir[400], **env;
	struct child_spec spec = {
		.argv = argv,
		.dir = dir,
		.has_network = session->has_network,
		.stdin_fd = in,
		.stdout_fd = out,
		.stderr_fd = out,
	};
	int err;

	resource_dir(server, session, dir, sizeof(dir));
	env = words_environment(launcher_root(&server->launcher, dir),
		launcher_home(&server->launcher, dir), NULL);
	spec.env = (const char *const *)env;
	err = env ? child_start(&session->child, &server->launcher, &spec)
		  : -ENOMEM;
	words_free(env);
	return err;
}

static int shell_start(struct server *server, struct resource *session)
{
	char dir[400], path[440];
	int in[2], out[2], err;

	shell_close(session);
	resource_dir(server, session, dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/%s", dir, folder);
	err = folder_make(path);
	if (err)
		return err;
	if (pipe2(in, O_CLOEXEC))
		return -errno;
	if (pipe2(out, O_CLOEXEC)) {
		close(in[0]);
		close(in[1]);
		return -EMFILE;
	}
	err = shell_spawn(server, session, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	session->shell_in = in[1];
	session->shell_out = out[0];
	return err;
}

static int shell_ensure(struct server *server, struct resource *session)
{
	int err = 0;

	pthread_mutex_lock(&server->resources.lock);
	if (session->is_gone || !server_pause(server, 0))
		err = -ESHUTDOWN;
	else if (session->child.pid <= 0)
		err = shell_start(server, session);
	pthread_mutex_unlock(&server->resources.lock);
	return err;
}

static int command_send(struct command *command, const char *text)
{
	struct resource *session = command->session;
	unsigned int number = ++session->command_number;
	char dir[400], path[440], name[32], line[2048];
	const char *home;
	int err, len;

	resource_dir(command->server, session, dir, sizeof(dir));
	home = launcher_home(&command->server->launcher, dir);
	snprintf(path, sizeof(path), "%s/%s", dir, folder);
	snprintf(name, sizeof(name), "%u", number);
	err = folder_write(path, name, text, strlen(text));
	if (err)
		return err;
	len = snprintf(line, sizeof(line),
		". '%s/%s/%u' </dev/null >'%s/%s/out' 2>'%s/%s/err'; "
		"echo \"\n@%u $?\"\n",
		home, folder, number, home, folder, home, folder, number);
	return write(session->shell_in, line, len) == len ? 0 : -EPIPE;
}

static bool is_cancelled(struct job *job)
{
	bool cancelled;

	pthread_mutex_lock(&job->lock);
	cancelled = job->is_cancelled;
	pthread_mutex_unlock(&job->lock);
	return cancelled;
}

static void command_stop(struct command *command)
{
	pthread_mutex_lock(&command->server->resources.lock);
	shell_kill(command->session);
	pthread_mutex_unlock(&command->server->resources.lock);
}

/* Waits for the line with the exit code; -1 if the shell ended. */
static int command_wait(struct command *command)
{
	struct pollfd out = { .fd = command->session->shell_out,
		.events = POLLIN };
	char line[LINE], want[LINE];
	size_t len = 0;
	char c;

	snprintf(want, sizeof(want), "@%u ", command->session->command_number);
	for (;;) {
		if (poll(&out, 1, LOOK_MS) == 0) {
			command->is_late = command->until_ms &&
				moment_steady_ms() > command->until_ms;
			if (command->is_late || is_cancelled(command->job))
				command_stop(command);
			continue;
		}
		if (read(out.fd, &c, 1) != 1)
			return -1;
		if (c != '\n') {
			line[len] = c;
			len += len < sizeof(line) - 1;
			continue;
		}
		line[len] = '\0';
		len = 0;
		if (!strncmp(line, want, strlen(want)))
			return atoi(line + strlen(want));
	}
}

static int shell_reap(struct command *command)
{
	struct resource *session = command->session;
	int code = 137;

	pthread_mutex_lock(&command->server->resources.lock);
	if (session->child.pid > 0)
		code = child_wait(&session->child);
	pthread_mutex_unlock(&command->server->resources.lock);
	return code;
}

static void take_file(
	struct command *command, const char *name, struct text *text)
{
	char dir[400], path[440];
	char *bytes;
	size_t len;

	resource_dir(command->server, command->session, dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/%s/%s", dir, folder, name);
	if (folder_read(
		    path, command->server->options.output_limit, &bytes, &len))
		return;
	text_add(text, bytes, len);
	free(bytes);
}

static void command_finish(struct command *command, int code)
{
	struct job *job = command->job;

	pthread_mutex_lock(&job->lock);
	take_file(command, "out", &job->out);
	take_file(command, "err", &job->err);
	job->exit_code = code;
	job->end_state = job->is_cancelled ? JOB_CANCELLED
		: command->is_late	   ? JOB_TIMEOUT
					   : JOB_COMPLETED;
	pthread_mutex_unlock(&job->lock);
}

void shell_run(struct server *server, struct resource *session, struct job *job,
	const char *text, long long timeout_ms)
{
	struct command command = { server, session, job,
		timeout_ms ? moment_steady_ms() + timeout_ms : 0, false };
	int code, err;

	pthread_mutex_lock(&session->shell_lock);
	err = shell_ensure(server, session);
	if (!err)
		err = command_send(&command, text);
	if (!err) {
		code = command_wait(&command);
		if (code < 0)
			code = shell_reap(&command);
		command_finish(&command, code);
	}
	pthread_mutex_unlock(&session->shell_lock);
}
