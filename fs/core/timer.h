/* SPDX-License-Identifier: MIT */
/* fs/core/timer.h - timers, in the order of their due times */
#ifndef FS_CORE_TIMER_H
#define FS_CORE_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* Embedded in a struct; zeroed memory is a timer that is not armed. */
struct timer {
	TAILQ_ENTRY(timer) link;
	uint64_t due_ms;
	void (*fire)(void *ctx);
	void *ctx;
	bool is_armed;
};

TAILQ_HEAD(timers, timer);

/* Arms it, or moves it if it was armed. */
void timer_arm(struct timers *timers, struct timer *timer, uint64_t due_ms);
void timer_disarm(struct timers *timers, struct timer *timer);

/* Fires the timers that are due; one that is armed meanwhile waits for the next
 * call. */
void timers_fire(struct timers *timers, uint64_t now_ms);

/* When the first one is due; UINT64_MAX if none is armed. */
uint64_t timers_next(const struct timers *timers);

#endif
