/* SPDX-License-Identifier: MIT */
/* tests/server/moment.h - the server's clock, which can be moved */
#ifndef TESTS_SERVER_MOMENT_H
#define TESTS_SERVER_MOMENT_H

#include <stdatomic.h>
#include <stddef.h>

struct moment {
	/* How far the server's clock is wrong. */
	_Atomic long long skew_s;
	/* How far tests have advanced time for jobs, sessions and limits. */
	_Atomic long long ahead_s;
};

/* Milliseconds since 1970, by the skewed clock: for headers. */
long long moment_wall_ms(const struct moment *moment);

/* The same plus ahead_s: for everything that is stored or expires. */
long long moment_now_ms(const struct moment *moment);

/* Milliseconds that never jump, for limits and durations. */
long long moment_steady_ms(void);

/* 2026-01-31T23:59:59Z; buf needs 32 bytes. */
void moment_iso(long long ms, char *buf, size_t size);

/* The format of a Date header; buf needs 40 bytes. */
void moment_http(long long ms, char *buf, size_t size);

#endif
