/* SPDX-License-Identifier: MIT */
/* fs/base/log.c - the log: stderr, syslog, and the newest lines in memory */
#include "fs/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <fuse_log.h>
#include <pthread.h>

#include "api/api.h"

#define LINES 256
#define LINE_LEN 512

/* libfuse logs from any thread that replies to a request or notifies. */
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;

static struct {
	char lines[LINES][LINE_LEN];
	size_t next;  /* where the next line goes */
	size_t count; /* of lines that hold something */
	bool foreground, debug;
	bool journal;	     /* what goes to stderr */
	bool syslog;	     /* else stderr */
	int fd;		     /* the syslog socket; -1: none */
	int file_fd;	     /* instead of syslog; -1: none */
	char path[PATH_MAX]; /* of that file, absolute */
	char name[256];
} log_state = { .fd = -1, .file_fd = -1 };

static const char *const level_names[] = { "emergency", "alert", "critical",
	"error", "warning", "notice", "info", "debug" };

static int syslog_connect(void)
{
	static const struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Not syslog(3), which blocks when the logger has stopped reading. */
static void syslog_send(int level, const char *line, time_t now)
{
	char message[LINE_LEN + 320], date[24] = "";
	struct tm local;
	int len;

	if (localtime_r(&now, &local))
		strftime(date, sizeof(date), "%b %e %T ", &local);
	len = snprintf(message, sizeof(message),
		"<%d>%sunsandboxfs[%d]: %s: %s", LOG_DAEMON | level, date,
		(int)getpid(), log_state.name, line);
	for (int tries = 0; tries < 2; tries++) {
		if (log_state.fd < 0)
			log_state.fd = syslog_connect();
		if (log_state.fd < 0 ||
			send(log_state.fd, message, (size_t)len,
				MSG_NOSIGNAL) >= 0)
			return;
		close(log_state.fd); /* the logger was restarted */
		log_state.fd = -1;
	}
}

/* Adds a line as the newest, after its time and level. Returns it. */
static const char *ring_add(int level, const char *line, time_t now)
{
	char *slot = log_state.lines[log_state.next];
	struct tm utc;
	size_t len = 0;

	if (gmtime_r(&now, &utc))
		len = strftime(slot, LINE_LEN, "%Y-%m-%dT%H:%M:%SZ ", &utc);
	snprintf(
		slot + len, LINE_LEN - len, "%s: %s", level_names[level], line);
	log_state.next = (log_state.next + 1) % LINES;
	if (log_state.count < LINES)
		log_state.count++;
	return slot;
}

static void line_add(int level, const char *format, va_list args)
{
	char text[LINE_LEN], line[LINE_LEN];
	const char *dated;
	time_t now = time(NULL);
	size_t len;

	level &= LOG_PRIMASK;
	if (level == LOG_DEBUG && !log_state.debug)
		return;
	vsnprintf(text, sizeof(text), format, args);
	len = strlen(text);
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len == 0)
		return;
	line_escape(text, line, sizeof(line));
	pthread_mutex_lock(&log_mutex);
	dated = ring_add(level, line, now);
	if (log_state.file_fd >= 0)
		dprintf(log_state.file_fd, "%s\n", dated);
	if (log_state.syslog && log_state.file_fd < 0)
		syslog_send(level, line, now);
	else if (log_state.journal)
		fprintf(stderr, "<%d>%s%s%s\n", level, log_state.name,
			log_state.name[0] ? ": " : "", line);
	else if (!log_state.syslog &&
		(log_state.foreground || level <= LOG_WARNING))
		fprintf(stderr, "unsandboxfs: %s\n", line);
	pthread_mutex_unlock(&log_mutex);
}

/* libfuse's levels are syslog's. */
static void fuse_line(
	enum fuse_log_level level, const char *format, va_list args)
{
	line_add((int)level, format, args);
}

void log_open(bool foreground, bool debug)
{
	const char *journal = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	log_state.foreground = foreground;
	log_state.debug = debug;
	log_state.journal = foreground && journal &&
		sscanf(journal, "%llu:%llu", &device, &inode) == 2 &&
		fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
		st.st_ino == inode;
	fuse_set_log_func(fuse_line);
}

void log_set_name(const char *name)
{
	line_escape(name, log_state.name, sizeof(log_state.name));
}

void log_to_syslog(void)
{
	log_state.syslog = true;
}

/* Opens the file again in the place of the old descriptor, if there is one. */
static int file_open(void)
{
	int fd = open(log_state.path,
		O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
			O_NONBLOCK,
		0600);

	if (fd < 0)
		return -errno;
	if (log_state.file_fd < 0) {
		log_state.file_fd = fd;
		return 0;
	}
	dup3(fd, log_state.file_fd, O_CLOEXEC);
	close(fd);
	return 0;
}

int log_to_file(const char *path)
{
	char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);

	if (path[0] != '/' && !here)
		return -errno;
	snprintf(log_state.path, sizeof(log_state.path), "%s%s%s",
		here ? here : "", here ? "/" : "", path);
	free(here);
	return file_open();
}

void log_reopen(void)
{
	int err = log_state.file_fd < 0 ? 0 : file_open();

	if (err)
		log_line(LOG_ERR, "-o log_file=%s: %s", log_state.path,
			strerror(-err));
}

bool log_debug_toggle(void)
{
	log_state.debug = !log_state.debug;
	return log_state.debug;
}

void log_line(int level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_add(level, format, args);
	va_end(args);
}

char *log_text(size_t *len)
{
	char *text = malloc(LINES * (LINE_LEN + 1) + 1), *end = text;
	size_t oldest;

	if (!text)
		return NULL;
	pthread_mutex_lock(&log_mutex);
	oldest = (log_state.next + LINES - log_state.count) % LINES;
	for (size_t i = 0; i < log_state.count; i++) {
		end = stpcpy(end, log_state.lines[(oldest + i) % LINES]);
		*end++ = '\n';
	}
	pthread_mutex_unlock(&log_mutex);
	*end = '\0';
	*len = (size_t)(end - text);
	return text;
}
