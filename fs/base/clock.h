/* SPDX-License-Identifier: MIT */
/* fs/base/clock.h - the one place that reads the clocks */
#ifndef FS_BASE_CLOCK_H
#define FS_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds that only go forward, and the time of day. */
void clock_read(uint64_t *now_ms, struct timespec *now);

/* Microseconds that only go forward, as the clock on the wall counts them: a
 * turn that is stalled by the disk is as long as it is for its users. */
uint64_t clock_us(void);

#endif
