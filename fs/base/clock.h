/* SPDX-License-Identifier: MIT */
/* fs/base/clock.h - the one place that reads the clocks */
#ifndef FS_BASE_CLOCK_H
#define FS_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Sets monotonic milliseconds, and the time of day. */
void clock_read(uint64_t *now_ms, struct timespec *now);

/* Microseconds that only go forward, in real time, not CPU time: a turn that is
 * stalled by the disk counts as long as it is for users. */
uint64_t clock_us(void);

#endif
