/* SPDX-License-Identifier: MIT */
/* cache/outage.c - how long not to ask again after a failure */
#include "cache/outage.h"

static void pause_start(struct outage *outage, uint64_t now_ms)
{
	uint64_t pause_ms = OUTAGE_FIRST_MS << outage->pauses;

	if (pause_ms < OUTAGE_LONGEST_MS)
		outage->pauses++;
	else
		pause_ms = OUTAGE_LONGEST_MS;
	outage->until_ms = now_ms + pause_ms;
}

void outage_fail(struct outage *outage, bool is_slow, uint64_t now_ms)
{
	outage->is_slow = is_slow;
	if (!outage_is_paused(outage, now_ms))
		pause_start(outage, now_ms);
}

void outage_try(struct outage *outage, uint64_t now_ms)
{
	if (outage->pauses)
		pause_start(outage, now_ms);
}

void outage_end(struct outage *outage)
{
	*outage = (struct outage){ 0 };
}

bool outage_is_paused(const struct outage *outage, uint64_t now_ms)
{
	return outage->pauses && now_ms < outage->until_ms;
}
