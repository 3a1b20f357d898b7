/* SPDX-License-Identifier: MIT */
/* cache/backoff.c - how long not to ask again after a failure */
#include "cache/backoff.h"

#define PAUSE_FIRST_MS 1000
#define PAUSE_MAX_MS 10000

static void pause_start(struct backoff *backoff, uint64_t now_ms)
{
	uint64_t pause_ms = PAUSE_FIRST_MS << backoff->pauses;

	if (pause_ms < PAUSE_MAX_MS)
		backoff->pauses++;
	else
		pause_ms = PAUSE_MAX_MS;
	backoff->until_ms = now_ms + pause_ms;
}

void backoff_fail(struct backoff *backoff, bool was_timeout, uint64_t now_ms)
{
	backoff->was_timeout = was_timeout;
	if (!backoff_is_paused(backoff, now_ms))
		pause_start(backoff, now_ms);
}

void backoff_retry(struct backoff *backoff, uint64_t now_ms)
{
	if (backoff->pauses)
		pause_start(backoff, now_ms);
}

bool backoff_is_paused(const struct backoff *backoff, uint64_t now_ms)
{
	return backoff->pauses && now_ms < backoff->until_ms;
}
