/* SPDX-License-Identifier: MIT */
/* cache/outage.h - how long not to ask again after a failure */
#ifndef CACHE_OUTAGE_H
#define CACHE_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * After a failure comes a pause of 1 s in which nobody asks. Whoever comes
 * after it may try (outage_try), which starts the next pause, of twice the
 * length, 10 s at most: thus one tries, and not all. Success ends it.
 * All zeros: no outage.
 */
struct outage {
	unsigned pauses; /* 0: no outage */
	uint64_t until_ms;
	bool is_slow; /* the last failure took all of its time limit */
};

#define OUTAGE_FIRST_MS 1000
#define OUTAGE_LONGEST_MS 10000

/* A failure inside a pause does not lengthen it: many fail together. */
void outage_fail(struct outage *outage, bool is_slow, uint64_t now_ms);
void outage_try(struct outage *outage, uint64_t now_ms);
void outage_end(struct outage *outage);
bool outage_is_paused(const struct outage *outage, uint64_t now_ms);

#endif
