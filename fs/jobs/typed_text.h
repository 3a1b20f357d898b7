/* SPDX-License-Identifier: MIT */
/* fs/jobs/typed_text.h - what is typed into a live shell to run a command, and
 * what that prints */
#ifndef FS_JOBS_TYPED_TEXT_H
#define FS_JOBS_TYPED_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/base/base.h"

/*
 * A terminal does not tell stdout from stderr, echoes what is typed, and adds
 * prompts. So the command is written to a file there, in base64, and run with
 * its outputs going to files; these and the exit code are then printed in one
 * line behind a mark. The mark is typed in two parts, so that it is not found
 * in the echo. A first mark shows that a shell is there, and reads.
 */

enum { MARK_SIZE = 17 };

/* A new mark. -EIO. */
int typed_mark(char mark[MARK_SIZE]);

/* Each is owned by the caller, free(); NULL: out of memory. */

/* Prints the mark. */
char *typed_greeting(const char *mark, size_t *len);
/* Runs the command, in the shell itself or in a bash of its own. */
char *typed_command(const char *mark, bool is_in_shell, const char *command,
	size_t command_len, size_t *len);
/* Interrupts that, removes its files, and prints the mark. */
char *typed_interrupt(const char *mark, size_t *len);

/* The rest of a line behind the mark; NULL: the mark is not in it. */
const char *typed_marked(const char *line, const char *mark);
/* Whether this rest says that a command has ended, or was interrupted. */
bool typed_has_ended(const char *marked);
bool typed_was_interrupted(const char *marked);
/* The result of a command that has ended, as the API would answer it. NULL: it
 * cannot be read, or out of memory. */
json_t *typed_result(const char *marked);
json_t *typed_status(int status); /* without any output */

#endif
