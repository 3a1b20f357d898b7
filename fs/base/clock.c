/* SPDX-License-Identifier: MIT */
/* fs/base/clock.c - the one place that reads the clocks */
#include "fs/base/clock.h"

void clock_read(uint64_t *now_ms, struct timespec *now)
{
	struct timespec forward;

	clock_gettime(CLOCK_MONOTONIC, &forward);
	clock_gettime(CLOCK_REALTIME, now);
	*now_ms = forward.tv_sec * UINT64_C(1000) + forward.tv_nsec / 1000000;
}

uint64_t clock_us(void)
{
	struct timespec forward;

	clock_gettime(CLOCK_MONOTONIC, &forward);
	return forward.tv_sec * UINT64_C(1000000) + forward.tv_nsec / 1000;
}
