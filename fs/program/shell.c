/* SPDX-License-Identifier: MIT */
/* fs/program/shell.c - `unsandboxfs shell`: a terminal on a live shell */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "fs/program/program.h"

/*
 * The shell is reached through the mount, by the files `console` and
 * `console.size` of a session or a service, so this needs no key. It copies
 * bytes both ways, and restores the terminal however it ends.
 */

enum {
	PIECE = 65536,
	REPAINT_MS = 300, /* a shell that prints nothing is made to repaint */
	QUIET_MS = 500,	  /* before and after the end of file is typed */
	ESCAPE = '~',	  /* after a newline, as ssh's */
	END_OF_FILE = 4,  /* Ctrl-D */
};

static const char usage[] =
	"usage: unsandboxfs shell MOUNTPOINT/sessions/ID\n       unsandboxfs "
	"shell MOUNTPOINT/services/NAME\n       unsandboxfs shell MOUNTPOINT "
	"--shell SHELL [--audit]\nAttaches this terminal to the live shell of "
	"a session or a service, or to a new\nsession that ends with it. "
	"Enter, ~ and . detach from it. --audit: the API records\nthe session, "
	"and its recording stays in the mount.\n";

static struct termios cooked;
static volatile sig_atomic_t is_raw, has_resized = 1;
/* The directory of a session that we end; -1: none. */
static volatile sig_atomic_t own_session = -1;

static const int ends[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGBUS,
	SIGABRT, SIGPIPE };
enum { ENDS = sizeof(ends) / sizeof(*ends) };

/* ---- files of the mount ---- */

/* Async-signal-safe. */
static int file_write(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0)
		return -errno;
	int err = write(fd, text, len) == (ssize_t)len ? 0 : -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/* Ends our own session, once. Async-signal-safe. */
static int session_end(void)
{
	int dir = own_session;

	own_session = -1;
	return dir < 0 ? 0 : file_write(dir, "destroy", "1\n");
}

/* ---- signals and the terminal ---- */

/* Async-signal-safe. */
static void terminal_restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
	is_raw = 0;
}

static void on_end(int number)
{
	terminal_restore();
	session_end();
	signal(number, SIG_DFL);
	raise(number);
}

static void on_resize(int number)
{
	(void)number;
	has_resized = 1;
}

static void signals_catch(void)
{
	struct sigaction action = { .sa_handler = on_end };

	for (int i = 0; i < ENDS; i++)
		sigaction(ends[i], &action, NULL);
	action.sa_handler = on_resize;
	sigaction(SIGWINCH, &action, NULL);
}

static void signals_block(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < ENDS; i++)
		sigaddset(&set, ends[i]);
	sigprocmask(how, &set, NULL);
}

static void terminal_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &cooked))
		return;
	raw = cooked;
	cfmakeraw(&raw);
	is_raw = 1;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

/* ---- the dialogue ---- */

static void size_send(int dir)
{
	struct winsize size;
	char text[32];

	has_resized = 0;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) || !size.ws_col ||
		!size.ws_row)
		return;
	snprintf(text, sizeof(text), "%ux%u\n", size.ws_col, size.ws_row);
	file_write(dir, "console.size", text);
}

/* The shell's exit status; 0 if it is not known. */
static int exit_status(int dir)
{
	int fd = openat(dir, "console.exit_code", O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return (int)strtol(text, NULL, 10);
}

struct dialogue {
	int console;
	bool is_tty, has_input, was_escaped, after_newline, leaves;
	int timeout_ms; /* until `key` is typed */
	char key;
	char typed[PIECE];
	size_t typed_len, typed_at;
};

/* Removes the escapes from what was typed. */
static void escapes(struct dialogue *dialogue)
{
	size_t kept = 0;

	for (size_t i = 0; i < dialogue->typed_len && !dialogue->leaves; i++) {
		char c = dialogue->typed[i];
		if (dialogue->was_escaped) {
			dialogue->was_escaped = false;
			dialogue->leaves = c == '.';
			if (c != '.' && c != ESCAPE)
				dialogue->typed[kept++] = ESCAPE;
		} else if (c == ESCAPE && dialogue->after_newline) {
			dialogue->was_escaped = true;
			dialogue->after_newline = false;
			continue;
		}
		dialogue->after_newline = c == '\r' || c == '\n';
		if (!dialogue->leaves)
			dialogue->typed[kept++] = c;
	}
	dialogue->typed_len = kept;
}

static void input_read(struct dialogue *dialogue)
{
	/* Room for an escape that is put back. */
	ssize_t n = read(STDIN_FILENO, dialogue->typed, PIECE / 2);

	if (n < 0)
		return;
	dialogue->typed_at = 0;
	dialogue->typed_len = (size_t)n;
	if (!n) {
		/* A shell that is starting loses an end of file. */
		dialogue->has_input = false;
		dialogue->timeout_ms = QUIET_MS;
		dialogue->key = END_OF_FILE;
	} else if (dialogue->is_tty) {
		escapes(dialogue);
	}
}

static int input_send(struct dialogue *dialogue)
{
	ssize_t n =
		write(dialogue->console, dialogue->typed + dialogue->typed_at,
			dialogue->typed_len - dialogue->typed_at);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	dialogue->typed_at += (size_t)n;
	return 0;
}

/* 1: there was output; 0: the end; or -errno. */
static int output_copy(int console)
{
	char bytes[PIECE];
	ssize_t n = read(console, bytes, sizeof(bytes)), out;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	for (ssize_t done = 0; done < n; done += out) {
		out = write(STDOUT_FILENO, bytes + done, (size_t)(n - done));
		if (out < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		out = out < 0 ? 0 : out;
	}
	return n > 0;
}

static int dialogue_wait(
	struct dialogue *dialogue, struct pollfd fds[2], int timeout_ms)
{
	bool is_sent = dialogue->typed_at == dialogue->typed_len;

	fds[0] = (struct pollfd){
		.fd = is_sent && dialogue->has_input ? STDIN_FILENO : -1,
		.events = POLLIN,
	};
	fds[1] = (struct pollfd){
		.fd = dialogue->console,
		.events = (short)(POLLIN | (is_sent ? 0 : POLLOUT)),
	};
	return poll(fds, 2, timeout_ms);
}

static int dialogue_run(struct dialogue *dialogue, int dir)
{
	struct pollfd fds[2];
	int err = 1;

	while (err > 0 && !dialogue->leaves) {
		if (has_resized && dialogue->is_tty)
			size_send(dir);
		int count = dialogue_wait(dialogue, fds, dialogue->timeout_ms);
		if (count < 0 && errno != EINTR)
			return -errno;
		if (count < 0)
			continue;
		if (!count) {
			dialogue->typed[0] = dialogue->key;
			dialogue->typed_at = 0;
			dialogue->typed_len = 1;
		}
		if (dialogue->has_input)
			dialogue->timeout_ms = -1;
		if (count && fds[1].revents & (POLLIN | POLLHUP | POLLERR))
			err = output_copy(dialogue->console);
		if (count && fds[0].revents)
			input_read(dialogue);
		if (err > 0 && dialogue->typed_at < dialogue->typed_len) {
			int sent = input_send(dialogue);
			err = sent ? sent : err;
		}
	}
	return err < 0 ? err : 0;
}

/* ---- the command ---- */

static int fail(const char *path, const char *what, int err)
{
	fprintf(stderr, "unsandboxfs: %s: %s%s%s\n", path, what,
		*what ? ": " : "", strerror(-err));
	if (err == -ENOTCONN || err == -ECONNABORTED)
		fprintf(stderr, "unsandboxfs: the mount has ended\n");
	else
		fprintf(stderr,
			"unsandboxfs: .unsandboxfs/errors in the mount may say "
			"more\n");
	return EXIT_OTHER;
}

static int attach(int dir, const char *path)
{
	struct dialogue dialogue = {
		.has_input = true,
		.after_newline = true,
		.is_tty = isatty(STDIN_FILENO),
		.timeout_ms = -1,
		.key = '\r',
	};

	if (dialogue.is_tty) {
		dialogue.timeout_ms = REPAINT_MS;
		size_send(dir);
	}
	dialogue.console =
		openat(dir, "console", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (dialogue.console < 0)
		return fail(path, "no live shell", -errno);
	signals_catch();
	terminal_raw();
	int err = dialogue_run(&dialogue, dir);
	terminal_restore();
	close(dialogue.console);
	if (err)
		return fail(path, "the live shell was lost", err);
	if (dialogue.leaves)
		fprintf(stderr, "detached: the shell goes on in %s\n", path);
	return dialogue.leaves ? EXIT_OK : exit_status(dir);
}

/* Makes a session from a draft. Returns its directory, or -errno. */
static int session_make(
	int mount, const char *path, const char *shell, bool is_recorded)
{
	char draft[64];
	int err = 0;

	snprintf(draft, sizeof(draft), "sessions/new/shell-%d", (int)getpid());
	if (mkdirat(mount, draft, 0700))
		return -errno;
	int dir = openat(mount, draft, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || (err = file_write(dir, "shell", shell)) ||
		(is_recorded && (err = file_write(dir, "audit", "1\n"))) ||
		renameat(mount, draft, mount, path)) {
		err = err ? err : -errno;
		unlinkat(mount, draft, AT_REMOVEDIR);
	}
	if (dir >= 0)
		close(dir);
	if (err)
		return err;
	dir = openat(mount, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -errno : dir;
}

/* path is a link to the session's directory. */
static void recording_tell(int mount, const char *mountpoint, const char *path)
{
	char id[256];
	ssize_t len = readlinkat(mount, path, id, sizeof(id) - 1);

	if (len < 0)
		return;
	id[len] = '\0';
	fprintf(stderr, "recording: %s/sessions/%s/artifacts\n", mountpoint,
		id);
}

/* Attaches to a new session, which ends with the shell, or with us. */
static int attach_new(
	int mount, const char *mountpoint, const char *shell, bool is_recorded)
{
	char path[64];

	snprintf(path, sizeof(path), "sessions/shell-%d", (int)getpid());
	signals_block(SIG_BLOCK);
	int dir = own_session = session_make(mount, path, shell, is_recorded);
	signals_catch();
	signals_block(SIG_UNBLOCK);
	if (dir < 0)
		return fail(mountpoint, "no new session", dir);
	int status = attach(dir, path);
	int err = session_end();
	close(dir);
	if (err && err != -ENOENT)
		fail(mountpoint, "the session could not be ended", err);
	if (!err && is_recorded)
		recording_tell(mount, mountpoint, path);
	return status;
}

int shell_main(int argc, char **argv)
{
	bool is_recorded = argc == 5 && !strcmp(argv[4], "--audit");
	bool is_new = (argc == 4 || is_recorded) && !strcmp(argv[2], "--shell");
	int dir, status;

	if (argc == 2 &&
		(!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return EXIT_OK;
	}
	if (!is_new && (argc != 2 || argv[1][0] == '-')) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail(argv[1], "", -errno);
	status = is_new ? attach_new(dir, argv[1], argv[3], is_recorded)
			: attach(dir, argv[1]);
	close(dir);
	return status;
}
