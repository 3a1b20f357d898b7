/* SPDX-License-Identifier: MIT */
/* fs/log.h - what the daemon says, to whom */
#ifndef FS_LOG_H
#define FS_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One log for the process. Lines go to stderr in the foreground, to syslog
 * once daemonised, and always into a ring that `.unsandboxfs/log` shows.
 * Control bytes are escaped. libfuse's own lines are routed here.
 */
void log_open(bool foreground, bool debug);
void log_to_syslog(void);

void log_line(int level, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

/* The ring as text, newest last. Owned by the caller, free(); NULL: no
 * memory. */
char *log_text(size_t *len);

/* Copies text into out with control bytes as \xNN; always NUL-terminated. */
void log_escape(const char *text, char *out, size_t out_len);

#endif
