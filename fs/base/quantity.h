/* SPDX-License-Identifier: MIT */
/* fs/base/quantity.h - numbers as people write them in options */
#ifndef FS_BASE_QUANTITY_H
#define FS_BASE_QUANTITY_H

#include <stdint.h>

/* All: 0, or -EINVAL for what is no such number as a whole, -ERANGE for one
 * that is larger than max. A sign, a blank and the empty text are -EINVAL. */

/* Digits in base 8 or 10. */
int quantity_number(
	const char *text, unsigned base, uint64_t max, uint64_t *out);

/* Seconds with an optional fraction, "0.25", as milliseconds; what is finer is
 * rounded up, so that only a zero becomes 0. */
int quantity_seconds(const char *text, uint64_t max_ms, uint64_t *out_ms);

/* Bytes, or with K, M, G behind them (of 1024) so many of these. */
int quantity_bytes(const char *text, uint64_t max, uint64_t *out);

#endif
