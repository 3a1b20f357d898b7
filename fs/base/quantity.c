/* SPDX-License-Identifier: MIT */
/* fs/base/quantity.c - numbers as people write them in options */
#include "fs/base/quantity.h"

#include <errno.h>
#include <stdbool.h>

/* Digits from *text on, which is moved behind them. */
static int read_digits(const char **text, unsigned base, uint64_t *out)
{
	const char *at = *text;
	bool is_large = false;
	uint64_t value = 0;
	unsigned digit;

	for (; (digit = (unsigned)*at - '0') < base; at++) {
		is_large |= __builtin_mul_overflow(value, base, &value);
		is_large |= __builtin_add_overflow(value, digit, &value);
	}
	if (at == *text)
		return -EINVAL;
	*text = at;
	*out = is_large ? UINT64_MAX : value;
	return 0;
}

int quantity_number(
	const char *text, unsigned base, uint64_t max, uint64_t *out)
{
	int err = read_digits(&text, base, out);

	if (err || *text != '\0')
		return -EINVAL;
	return *out > max ? -ERANGE : 0;
}

int quantity_seconds(const char *text, uint64_t max_ms, uint64_t *out_ms)
{
	uint64_t ms = 0, scale = 100;
	bool is_finer = false;

	if (read_digits(&text, 10, out_ms))
		return -EINVAL;
	if (*text == '.') {
		const char *digit = ++text;

		for (; *text >= '0' && *text <= '9'; text++, scale /= 10) {
			ms += scale * (unsigned)(*text - '0');
			is_finer |= scale == 0 && *text != '0';
		}
		if (text == digit)
			return -EINVAL;
	}
	if (*text != '\0')
		return -EINVAL;
	if (__builtin_mul_overflow(*out_ms, UINT64_C(1000), out_ms) ||
		__builtin_add_overflow(*out_ms, ms + is_finer, out_ms))
		return -ERANGE;
	return *out_ms > max_ms ? -ERANGE : 0;
}

int quantity_bytes(const char *text, uint64_t max, uint64_t *out)
{
	unsigned shift = 0;

	if (read_digits(&text, 10, out))
		return -EINVAL;
	switch (*text) {
	case 'G':
	case 'g':
		shift += 10;
		__attribute__((fallthrough));
	case 'M':
	case 'm':
		shift += 10;
		__attribute__((fallthrough));
	case 'K':
	case 'k':
		shift += 10;
		text++;
	}
	if (*text != '\0')
		return -EINVAL;
	if (*out > UINT64_MAX >> shift)
		return -ERANGE;
	*out <<= shift;
	return *out > max ? -ERANGE : 0;
}
