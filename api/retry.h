/* SPDX-License-Identifier: MIT */
/* api/retry.h - whether and when a request is sent again */
#ifndef API_RETRY_H
#define API_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

struct retry {
	bool is_safe;	/* may be carried out twice without harm */
	bool is_quota;	/* a 429 for too many runs, not requests */
	unsigned tries; /* so far, at least 1 */
	CURLcode curl;	/* result of the last attempt */
	int status;	/* its HTTP status, if curl is CURLE_OK */
	int64_t wait_s; /* how long the answer asks to wait; -1: it does not say
			 */
	uint64_t now_ms;
	uint64_t deadline_ms;
	uint32_t random; /* spreads the attempts of many clients */
};

/* How long to wait after the tries-th attempt, at least 1: longer each time, up
 * to 40 s. */
uint64_t retry_backoff_ms(unsigned tries, uint32_t random);
/* Spreads the attempts of many clients. */
uint32_t retry_random(void);

/* True: send it again at *at_ms. */
bool retry_at(const struct retry *retry, uint64_t *at_ms);

#endif
