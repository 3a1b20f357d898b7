/* SPDX-License-Identifier: MIT */
/* fs/base/log.h - the log: stderr, syslog, and the newest lines in memory */
#ifndef FS_BASE_LOG_H
#define FS_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One log for the process. Lines go to stderr until log_to_syslog, from then on
 * to syslog or the file, and always into a ring of the newest 256, which
 * `.unsandboxfs/log` shows. If stderr is the journal, they have a priority.
 * Control bytes are escaped. libfuse's own lines are routed here, also those of
 * other threads: any thread may call these. Never blocks on the logger.
 */

/* foreground: stderr gets every line; else only warnings and worse, until
 * log_to_syslog. debug: keeps lines of LOG_DEBUG, too. */
void log_open(bool foreground, bool debug);
void log_to_syslog(void);

/* What syslog and the journal show before each line: the mountpoint. */
void log_set_name(const char *name);

/* Appends every line to the file, too, and sends none to syslog. -errno. */
int log_to_file(const char *path);

/* Opens the file again by its name, since the old one was moved away. If that
 * fails, the old one goes on, with a line about that. */
void log_reopen(void);

/* Starts or stops keeping lines of LOG_DEBUG; returns whether they are kept
 * now. */
bool log_debug_toggle(void);

/* level: LOG_ERR etc. of <syslog.h>. */
void log_line(int level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The ring as text, newest last. Owned by the caller, free(); NULL if out of
 * memory. */
char *log_text(size_t *len);

#endif
