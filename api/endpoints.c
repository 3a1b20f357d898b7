/* SPDX-License-Identifier: MIT */
/* api/endpoints.c - what is known of each request of the API */
#include "api/endpoints.h"

#include <string.h>

#define ONE API_ANSWER_OTHER
#define LIST API_ANSWER_LIST
#define OUTPUT API_ANSWER_OUTPUT

/* How long most of the API's own clients wait for an execution (part 3). */
#define PROGRAM_TIMEOUT_MS 120000

/* clang-format off */
#define GET(path, kind) { "GET", path, kind, .has_answer = true }
#define LISTED(path) \
	{ "GET", path, LIST, .has_answer = true, .is_list = true }
#define LOGS(path) \
	{ "GET", path, OUTPUT, .has_answer = true, .signs_query = true }
#define POST(path) { "POST", path, ONE }
#define RUN(path) \
	{ "POST", path, OUTPUT, .has_answer = true, .is_program = true }
#define SUBMIT(path) { "POST", path, ONE, .has_answer = true }
#define DELETE(path, kind) { "DELETE", path, kind }

static const struct endpoint endpoints[API_ENDPOINTS] = {
#define ROW(name, ...) [name] = __VA_ARGS__,
#include "api/endpoint_rows.h"
};
/* clang-format on */

const struct endpoint *endpoint_row(enum api_endpoint endpoint)
{
	if ((unsigned)endpoint >= API_ENDPOINTS)
		return NULL;
	return &endpoints[endpoint];
}

bool endpoint_is_safe(const struct endpoint *row)
{
	return strcmp(row->method, "GET") == 0;
}

uint64_t endpoint_timeout_ms(const struct endpoint *row, uint64_t configured_ms)
{
	if (row->is_program && configured_ms < PROGRAM_TIMEOUT_MS)
		return PROGRAM_TIMEOUT_MS;
	return configured_ms;
}

const char *api_endpoint_method(enum api_endpoint endpoint)
{
	const struct endpoint *row = endpoint_row(endpoint);

	return row ? row->method : NULL;
}

const char *api_endpoint_path(enum api_endpoint endpoint)
{
	const struct endpoint *row = endpoint_row(endpoint);

	return row ? row->path : NULL;
}
