/* SPDX-License-Identifier: MIT */
/* fs/base/json_array.c - the list in an answer of the API */
#include "fs/base/json_array.h"

#include "api/api.h"

const json_t *json_array_in(const json_t *answer, const char *members)
{
	const json_t *array =
		json_is_array(answer) ? answer : json_member(answer, members);

	return json_is_array(array) ? array : NULL;
}
