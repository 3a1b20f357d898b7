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
 * the file, and what follows is new. Where the log repeats itself, that may fit
 * at several places, so `lines` reaches back to before the repetition. If that
 * is too far, the place that repeats no line is taken, and now and then the
 * whole log is fetched.
 *
 * To be used by one thread at a time; takes the time of megabytes.
 */
struct held_log {
	int dir_fd;	   /* where the file is; borrowed */
	FILE *file;	   /* NULL: none yet */
	uint64_t size;	   /* more may be in the file */
	uint64_t whole_ms; /* when the whole was fetched */
	unsigned lines;	   /* last lines to ask for next; 0: the whole */
	unsigned doubted;  /* so many were asked for, and fewer came */
	bool is_cut;	   /* the API gives fewer lines than it is asked for */
	bool is_endless;   /* it repeats itself, from too far back */
};

/*
 * Takes the answer to a request for `lines`. The whole log goes into a new
 * file; whoever reads the old one closes that. -EAGAIN: the answer does not
 * tell where it goes on from, and `lines` is now what to ask for instead.
 * -EPROTO, -ENOMEM, -EIO, -ENOSPC, ...
 */
int held_log_take(struct held_log *held, const json_t *answer, uint64_t now_ms);

/* How much of the beginning of tail is the end of held; 0: too little to be no
 * accident. is_repeating: less would fit as well. */
size_t log_overlap(const char *held, size_t held_len, const char *tail,
	size_t tail_len, bool *is_repeating);
/* The length of what a text repeats, if it does so at least twice; else 0. */
size_t log_period(const char *text, size_t len);
/* From where on the text repeats what is `period` bytes long, to its end. */
size_t log_repeats_from(const char *text, size_t len, size_t period);
/* How many lines there are, the last one with its newline or without. */
size_t log_lines(const char *text, size_t len);

#endif
