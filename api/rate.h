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
 * wait for it: by priority, then first come, first served. A person's commands
 * and runs take turns, so that many runs do not hold up an `ls`, and a walk of
 * the tree does not hold up the runs. Polls leave the last two tokens to
 * requests that somebody waits for. Until a limit is known, there is none.
 */

struct rate_entry {
	TAILQ_ENTRY(rate_entry) link;
	enum api_priority priority;
	uint64_t due_ms; /* not before */
	uint64_t deadline_ms;
};

TAILQ_HEAD(rate_list, rate_entry);

/* The requests of one priority. */
struct rate_queue {
	struct rate_list list;
	uint64_t count;
	uint64_t due_ms, deadline_ms; /* the earliest ones, if known */
	bool is_known;
};

struct rate {
	struct rate_queue queues[API_POLL + 1];
	uint64_t count;	     /* of all waiting requests */
	unsigned told;	     /* milli, as the API told it */
	unsigned milli;	     /* requests in 1000 minutes; 0: unknown */
	unsigned burst;	     /* 0: unknown; one minute's tokens are used */
	int64_t level;	     /* tokens, in 60000000ths */
	uint64_t level_ms;   /* when it was that */
	uint64_t blocked_ms; /* nothing goes before this */
	/* No waiting request misses its deadline before late_ms, unless more
	 * than `overtakings` newer requests go first: see rate_note(). */
	uint64_t late_ms, overtakings;
	unsigned taken;	 /* while milli was unknown */
	bool is_learned; /* milli is from headers alone */
	bool is_window;	 /* the server counts a window, not our bucket */
	bool is_runs_turn;
};

/* What an answer's headers say; -1: nothing. */
struct rate_answer {
	int64_t limit, remaining;
	int64_t reset_s; /* from now */
	/* How many other requests the server may not have counted yet: those
	 * that were on the wire when the answered one was sent, whether or not
	 * they have ended since, and those that were sent since. */
	uint64_t since;
	uint64_t age_ms; /* since the answered request was sent */
};

void rate_init(struct rate *rate);

/* True if something may have to wait. */
bool rate_is_known(const struct rate *rate, uint64_t now_ms);

/* Sets what the key allows, up to a million a minute; 0: unknown. */
void rate_set(
	struct rate *rate, double per_minute, unsigned burst, uint64_t now_ms);

void rate_learn(
	struct rate *rate, const struct rate_answer *answer, uint64_t now_ms);

/* A 429 came; wait_s is how long it asks to wait, -1: it does not say. Returns
 * whether it says so, and that is soon. */
bool rate_limited(struct rate *rate, int64_t wait_s, uint64_t now_ms);

void rate_push(struct rate *rate, struct rate_entry *entry);
/* Of a request that is sent again, which goes before those that came later. */
void rate_push_again(struct rate *rate, struct rate_entry *entry);
void rate_remove(struct rate *rate, struct rate_entry *entry);

/* Takes out the request whose turn it is, with a token; NULL: none may go. */
struct rate_entry *rate_next(struct rate *rate, uint64_t now_ms);

/* Moves the requests that cannot be sent before their deadline to the end of
 * `late`. */
void rate_late(struct rate *rate, uint64_t now_ms, struct rate_list *late);

/* When rate_next or rate_late will have a request; UINT64_MAX: nothing waits.
 */
uint64_t rate_wake_ms(struct rate *rate, uint64_t now_ms);

#endif
