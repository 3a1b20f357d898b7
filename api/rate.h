/* SPDX-License-Identifier: MIT */
/* api/rate.h - how many requests may go out now, and whose turn it is */
#ifndef API_RATE_H
#define API_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "api/api.h"

/*
 * A token bucket of what the server is thought to allow, and the requests that
 * wait for it: by priority, then in the order in which they came. A person's
 * commands and runs take turns: many runs hold up no `ls`, no walk the runs.
 * Polls leave the last two tokens to what somebody waits for. As long as
 * nothing is known of a limit there is none.
 */

struct rate_entry {
	TAILQ_ENTRY(rate_entry) link;
	enum api_priority priority;
	uint64_t due_ms; /* not before */
	uint64_t deadline_ms;
};

TAILQ_HEAD(rate_list, rate_entry);

struct rate {
	struct rate_list waiting[API_POLL + 1];
	uint64_t count;	     /* of what waits */
	unsigned per_minute; /* 0: unknown */
	unsigned burst;	     /* 0: unknown, then per_minute */
	int64_t level;	     /* tokens, in 60000ths */
	uint64_t level_ms;   /* when it was that */
	uint64_t blocked_ms; /* nothing goes before this */
	unsigned taken;	     /* while per_minute was unknown */
	bool is_learned;     /* per_minute is from headers alone */
	bool is_window;	     /* the server counts down from more than burst */
	bool is_runs_turn;
};

/* What an answer's headers say, -1: nothing. */
struct rate_answer {
	int64_t limit, remaining;
	int64_t reset_s; /* from now */
	/* How many other requests the server may not have counted yet when it
	 * said so: all that were on their way when its own was sent, answered
	 * since or not, and all that were sent since. */
	uint64_t since;
	uint64_t age_ms; /* since its own request was sent */
};

void rate_init(struct rate *rate);

/* True where something may have to wait. */
bool rate_is_known(const struct rate *rate, uint64_t now_ms);

/* What the key allows; 0: unknown. */
void rate_set(struct rate *rate, unsigned per_minute, unsigned burst,
	uint64_t now_ms);

void rate_learn(
	struct rate *rate, const struct rate_answer *answer, uint64_t now_ms);

/* A 429 came; wait_s is what it asks to wait, -1: nothing. */
void rate_limited(struct rate *rate, int64_t wait_s, uint64_t now_ms);

void rate_push(struct rate *rate, struct rate_entry *entry);
void rate_remove(struct rate *rate, struct rate_entry *entry);

/* Takes out the one whose turn it is, with its token; NULL: none may go. */
struct rate_entry *rate_next(struct rate *rate, uint64_t now_ms);

/* Takes out one that cannot go before its deadline; NULL: there is none. */
struct rate_entry *rate_late(struct rate *rate, uint64_t now_ms);

/* When rate_next or rate_late will have one; UINT64_MAX: nothing waits. */
uint64_t rate_wake_ms(struct rate *rate, uint64_t now_ms);

#endif
