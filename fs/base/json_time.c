/* SPDX-License-Identifier: MIT */
/* fs/base/json_time.c - a time as [SECONDS, NANOSECONDS] in our records */
#include "fs/base/json_time.h"

#include <errno.h>

json_t *json_from_timespec(const struct timespec *at)
{
	return json_pack(
		"[II]", (json_int_t)at->tv_sec, (json_int_t)at->tv_nsec);
}

int json_to_timespec(const json_t *pair, struct timespec *at)
{
	const json_t *sec = json_array_get(pair, 0);
	const json_t *nsec = json_array_get(pair, 1);
	json_int_t nsec_value = json_integer_value(nsec);

	if (!json_is_integer(sec) || !json_is_integer(nsec) || nsec_value < 0 ||
		nsec_value > 999999999)
		return -EINVAL;
	at->tv_sec = json_integer_value(sec);
	at->tv_nsec = nsec_value;
	return 0;
}
