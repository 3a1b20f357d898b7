/* SPDX-License-Identifier: MIT */
/* cache/backoff.h - how long not to ask again after a failure */
#ifndef CACHE_BACKOFF_H
#define CACHE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/*
 * After a failure nothing is sent for 1 s. The first caller after that may
 * retry; backoff_retry then starts the next pause, twice as long, up to 10 s,
 * so that one caller retries and not all of them. Zeroed: no failure.
 */
struct backoff {
	unsigned pauses; /* 0: no failure */
	uint64_t until_ms;
	bool was_timeout; /* the last failure used up its time limit */
};

/* A failure during a pause does not extend it: many fail at once. */
void backoff_fail(struct backoff *backoff, bool was_timeout, uint64_t now_ms);
void backoff_retry(struct backoff *backoff, uint64_t now_ms);
bool backoff_is_paused(const struct backoff *backoff, uint64_t now_ms);

#endif
