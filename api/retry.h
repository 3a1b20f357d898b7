/* SPDX-License-Identifier: MIT */
/* api/retry.h - whether and when a request is sent again */
#ifndef API_RETRY_H
#define API_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

struct retry {
	bool is_safe;	/* it may be carried out twice without harm */
	bool is_quota;	/* a 429 for the number of runs, not of requests */
	unsigned tries; /* made so far, at least 1 */
	CURLcode curl;	/* how the last one ended */
	int status;	/* and with which status, where curl is CURLE_OK */
	int64_t wait_s; /* what the answer asks to wait, -1: nothing */
	uint64_t now_ms;
	uint64_t deadline_ms;
	uint32_t random; /* spreads the tries of many clients */
};

/* True: send it again, at *at_ms. */
bool retry_at(const struct retry *retry, uint64_t *at_ms);

#endif
