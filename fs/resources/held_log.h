/* SPDX-License-Identifier: MIT */
/* fs/resources/held_log.h - as much of a log as is known, and how it grows */
#ifndef FS_RESOURCES_HELD_LOG_H
#define FS_RESOURCES_HELD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/*
 * The known part of a log, in a file without a name in the state directory. It
 * grows by the last lines of the log: their beginning is searched in the end of
 * the file, and what follows the end is new. Where the log repeats itself, the
 * beginning may be at several places: then `lines` reaches back to before the
 * repetition, and if that is too far, the whole log is fetched each time.
 *
 * To be used by one thread at a time; takes the time of megabytes.
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
 * file; whoever reads the old one closes that. -EAGAIN: the answer does not
 * tell where it goes on from, and `lines` is now what to ask for instead.
 * -EPROTO, -ENOMEM, -EIO, -ENOSPC, ...
 */
int held_log_take(struct held_log *held, const json_t *answer);

/* How long an answer is good for: longer if the next one is the whole log. */
uint64_t held_log_pause_ms(const struct held_log *held);

/* How much of the tail's beginning is the end of held. 0: nothing, or another
 * place is as good, half as long at least. */
size_t log_overlap(
	const char *held, size_t held_len, const char *tail, size_t tail_len);

/* Prints the log of an answer. Takes little memory of its own, even where the
 * log has hundreds of megabytes. -EPROTO: the answer has no log; -ENOMEM. The
 * caller checks out for errors. */
int log_text_print(const json_t *answer, FILE *out);

#endif
