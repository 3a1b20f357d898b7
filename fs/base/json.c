/* SPDX-License-Identifier: MIT */
/* fs/base/json.c - lists in answers of the API, and times in our records */
#include "fs/base/json.h"

#include <errno.h>

#include "api/api.h"

const json_t *json_array_in(const json_t *answer, const char *members)
{
	const json_t *array =
		json_is_array(answer) ? answer : json_member(answer, members);

	return json_is_array(array) ? array : NULL;
}

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
