/* SPDX-License-Identifier: MIT */
/* api/retry.c - whether and when a request is sent again */
#include "api/retry.h"

#include <errno.h>
#include <sys/param.h>
#include <sys/random.h>

#include "api/api.h"
#include "api/errno.h"

/*
 * A program must not run twice because an answer was lost. So a request that
 * changes something is resent only if the answer says that it was not carried
 * out and when to retry: 429, and 503 with a time. A request that ended without
 * an answer may have been carried out.
 */

#define TRIES_MAX 3	   /* if no answer says when to retry */
#define BACKOFF_MS 300	   /* before the second try, then twice that */
#define BARE_LIMIT_MS 1000 /* after a 429 without a time */
#define ANSWER_MS 100	   /* the least time that an attempt needs */
#define WAIT_MAX_S 3600 /* the longest that an answer may make a shell wait */

uint64_t retry_backoff_ms(unsigned tries, uint32_t random)
{
	unsigned doublings = tries < 8 ? tries - 1 : 7;
	uint64_t ms = (uint64_t)BACKOFF_MS << doublings;

	return ms + random % (ms / 4);
}

uint32_t retry_random(void)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		return 0; /* too early after the boot */
	return number;
}

static bool is_lost(CURLcode code)
{
	int err = errno_of_curl(code, 0);

	return err == -ETIMEDOUT || err == -ECONNRESET ||
		code == CURLE_PARTIAL_FILE;
}

static bool is_temporary(int status)
{
	return status == 502 || status == 503 || status == 504;
}

/* How long to wait; -1: do not retry. */
static int64_t retry_wait_ms(const struct retry *retry)
{
	bool is_limit = retry->status == 429 && !retry->is_quota;
	uint64_t backoff = retry_backoff_ms(retry->tries, retry->random);

	if (retry->curl != CURLE_OK)
		return retry->is_safe && is_lost(retry->curl) &&
				retry->tries < TRIES_MAX
			? (int64_t)backoff
			: -1;
	if (retry->wait_s >= 0 && (is_limit || retry->status == 503)) {
		if (retry->wait_s == 0)
			return (int64_t)backoff;
		return retry->wait_s * 1000 + retry->random % BACKOFF_MS;
	}
	if (is_limit && retry->is_safe && retry->tries < 2)
		return BARE_LIMIT_MS;
	if (retry->is_safe && is_temporary(retry->status) &&
		retry->tries < TRIES_MAX)
		return (int64_t)backoff;
	return -1;
}

bool retry_at(const struct retry *retry, uint64_t *at_ms)
{
	int64_t wait_ms = retry_wait_ms(retry);

	if (wait_ms < 0 || retry->deadline_ms <= retry->now_ms ||
		(uint64_t)wait_ms + ANSWER_MS >=
			retry->deadline_ms - retry->now_ms)
		return false;
	*at_ms = retry->now_ms + (uint64_t)wait_ms;
	return true;
}

int64_t api_shell_retry_ms(const struct api_shell_ended *ended, unsigned tries)
{
	int status = ended->answer->status, err = ended->answer->err;
	bool is_final = status
		? status / 100 != 5 && status != 408 && status != 429
		: err == -EPROTO || err == -ENOMEM || err == -EINVAL;

	if (is_final ||
		(ended->end != SHELL_LOST && ended->end != SHELL_REFUSED))
		return -1;
	return MAX((int64_t)retry_backoff_ms(tries, retry_random()),
		MIN(ended->wait_s, WAIT_MAX_S) * 1000);
}
