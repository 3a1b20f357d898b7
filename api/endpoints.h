/* SPDX-License-Identifier: MIT */
/* api/endpoints.h - what is known of each request of the API */
#ifndef API_ENDPOINTS_H
#define API_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"

struct endpoint {
	const char *method;
	const char *path;
	enum api_answer_kind kind;
	bool has_answer; /* an empty answer is an error */
	bool is_list;	 /* of resources; each stays text */
	bool is_text;	 /* the body is text/plain, not JSON */
	bool is_program; /* the answer waits for a program to end */
	bool is_secret;	 /* the answer is wiped, not only freed */
	bool is_unsigned;
	bool signs_query;
	bool is_portal; /* of the portal, which may be another host */
};

/* The row of endpoint; NULL: out of range. Static. */
const struct endpoint *endpoint_row(enum api_endpoint endpoint);

/* True if a request may be carried out twice without harm. */
bool endpoint_is_safe(const struct endpoint *row);

/* The time limit of a request that sets none. */
uint64_t endpoint_timeout_ms(
	const struct endpoint *row, uint64_t configured_ms);

#endif
