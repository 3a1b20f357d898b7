/* SPDX-License-Identifier: MIT */
/* fs/core/timer.c - timers, in the order of their due times */
#include "fs/core/timer.h"

#include <stddef.h>

/* Timers of one kind have the same length, so the search from the end is short.
 */
void timer_arm(struct timers *timers, struct timer *timer, uint64_t due_ms)
{
	timer_disarm(timers, timer);
	timer->due_ms = due_ms;
	timer->is_armed = true;

	struct timer *before = TAILQ_LAST(timers, timers);
	while (before && before->due_ms > due_ms)
		before = TAILQ_PREV(before, timers, link);
	if (before)
		TAILQ_INSERT_AFTER(timers, before, timer, link);
	else
		TAILQ_INSERT_HEAD(timers, timer, link);
}

void timer_disarm(struct timers *timers, struct timer *timer)
{
	if (!timer->is_armed)
		return;
	TAILQ_REMOVE(timers, timer, link);
	timer->is_armed = false;
}

void timers_fire(struct timers *timers, uint64_t now_ms)
{
	struct timer *timer;

	while ((timer = TAILQ_FIRST(timers)) && timer->due_ms <= now_ms) {
		timer_disarm(timers, timer);
		timer->fire(timer->ctx);
	}
}

uint64_t timers_next(const struct timers *timers)
{
	const struct timer *first = TAILQ_FIRST(timers);

	return first ? first->due_ms : UINT64_MAX;
}
