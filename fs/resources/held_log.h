/* SPDX-License-Identifier: MIT */
/* fs/resources/held_log.h - as much of a log as is known, and how it grows */
#ifndef FS_RESOURCES_HELD_LOG_H
#define FS_RESOURCES_HELD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "api/api.h"

/*
 * The known part of a log, in a file without a name in the state directory. It
 * grows by the last lines of the log: their beginning is searched in the end of
 * the file, and what follows the end is new. If the log repeats itself, the
 * beginning may be found at several places: then `lines` is raised to reach
 * back before the repetition, or if that is too far, the whole log is fetched
 * each time.
 *
 * To be used by one thread at a time, which may have to work through megabytes.
 */
struct held_log {
	int dir_fd;	  /* where the file is; borrowed */
	FILE *file;	  /* NULL: none yet */
	uint64_t size;	  /* more may be in the file */
	unsigned lines;	  /* last lines to ask for next; 0: the whole */
	uint64_t doubted; /* bytes of an answer that may be the whole log */
	bool is_cut;	  /* the API gives fewer lines than it is asked for */
};

/*
 * Takes the answer to a request for `lines`. The whole log goes into a new
 * file, or is that of the spool; readers of the old one close it. -EAGAIN: it
 * is unclear where the answer continues the log, and `lines` is now what to ask
 * for instead. -EPROTO, -ENOMEM, -EIO, -ENOSPC, ...
 */
int held_log_take(
	struct held_log *held, const json_t *answer, const struct spool *spool);

/* The names that a log has in an answer, for json_member. */
extern const char log_members[];

/* How long to wait before the next request: longer if it is for the whole log.
 */
uint64_t held_log_pause_ms(const struct held_log *held);

/* How many bytes of the tail's beginning are the end of held. 0: none, or
 * another match is at least half as long. */
size_t log_overlap(
	const char *held, size_t held_len, const char *tail, size_t tail_len);

/* Prints the log of an answer that is whole. Takes little memory of its own,
 * even where the log has hundreds of megabytes. -EPROTO: the answer has no log;
 * -ENOMEM. The caller checks out for errors. */
int log_text_print(const json_t *answer, FILE *out);

#endif
