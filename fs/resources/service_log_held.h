/* SPDX-License-Identifier: MIT */
/* fs/resources/service_log_held.h - as much of a log as is known, and how it
 * grows */
#ifndef FS_RESOURCES_SERVICE_LOG_HELD_H
#define FS_RESOURCES_SERVICE_LOG_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/base/state.h"

/*
 * A log that is held in a file without a name. It goes on where some last
 * lines, laid over its end, go on from it. Where the log repeats itself that
 * may be at several places, so `lines` reaches back to before it began to; if
 * that is too far, the nearest is taken to be right, and now and then the whole
 * is asked for.
 */
struct log_held {
	int fd;
	uint64_t size;
	uint64_t whole_ms; /* when it was taken whole */
	unsigned lines;	   /* last ones that are to be asked for */
	unsigned doubted;  /* so many were, and fewer came; 0: as many */
	bool is_cut;	   /* by the API, which gives fewer than it is asked */
	bool is_endless;   /* it repeats itself, from too far back */
};

/* 0 or -errno. */
int held_open(struct log_held *held, const struct state *state);
void held_close(struct log_held *held);

/* Takes the whole log: it goes on from what is held, or is another one. -EIO,
 * -ENOSPC, -ENOMEM. */
int held_take_whole(
	struct log_held *held, const char *bytes, size_t len, uint64_t now_ms);
/* Takes what came when this many last lines were asked for. -EAGAIN: they do
 * not tell where they go on from; if `doubted` is set now, more of them do not
 * either, and the whole is to be asked for. */
int held_take_tail(struct log_held *held, const char *bytes, size_t len,
	unsigned asked, uint64_t now_ms);

/* How much of the beginning of tail is the end of what is held; 0: too little
 * to be sure that it is no accident. is_repeating: less would fit as well. In
 * service_log_overlap.c, as what follows. */
size_t log_overlap(const char *held, size_t held_len, const char *tail,
	size_t tail_len, bool *is_repeating);
/* The length of what a text repeats, if it does so at least twice; else 0. */
size_t log_period(const char *text, size_t len);
/* From where on the text repeats what is `period` bytes long, to its end. */
size_t log_repeats_from(const char *text, size_t len, size_t period);
/* How many lines there are, the last one with its newline or without. */
size_t log_lines(const char *text, size_t len);

#endif
