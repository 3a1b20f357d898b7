/* SPDX-License-Identifier: MIT */
/* fs/base/log.h - what the daemon says, to whom */
#ifndef FS_BASE_LOG_H
#define FS_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One log for the process. Lines go to stderr until log_to_syslog, to syslog
 * from then on, and always into a ring that `.unsandboxfs/log` shows. Control
 * bytes are escaped. libfuse's own lines are routed here. Of the loop's thread
 * only; never waits for the logger.
 */

/* In the foreground stderr is shown every line, else warnings and worse: what a
 * command has to say before it goes to the background. debug: lines of
 * LOG_DEBUG are kept, too. */
void log_open(bool foreground, bool debug);
void log_to_syslog(void);

/* level: LOG_ERR and its like of <syslog.h>. */
void log_line(int level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The ring as text, newest last. Owned by the caller, free(); NULL: no
 * memory. */
char *log_text(size_t *len);

/* Copies text into out with control bytes, and what is not UTF-8, as \xNN;
 * cut at a whole character, always NUL-terminated. */
void log_escape(const char *text, char *out, size_t out_len);

#endif
