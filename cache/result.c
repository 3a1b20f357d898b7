/* SPDX-License-Identifier: MIT */
/* cache/result.c - what a response of the API means for the cache */
#include "cache/result.h"

#include <errno.h>

enum result result_of(const struct api_answer *reply, int *err)
{
	*err = reply->err;
	if (!reply->err && !reply->json)
		*err = -EPROTO;

	switch (*err) {
	case 0:
		return RESULT_GOOD;
	case -ENOMEM:
		return RESULT_NO_MEMORY;
	case -EPROTO:
		return RESULT_BROKEN;
	case -ETIMEDOUT: /* these also after a status line arrived */
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		return RESULT_DOWN;
	case -EINVAL:
	case -EFBIG:
		return RESULT_REFUSED;
	}
	/* Our own rate limit left no time for it; others may have a turn. */
	if (*err == -EBUSY && reply->status == 0)
		return RESULT_NOT_SENT;
	switch (reply->status) {
	case 0: /* no response */
	case 429:
	case 502: /* what a gateway says about the server behind it */
	case 503:
	case 504:
		return RESULT_DOWN;
	}
	if (reply->status >= 500 || reply->status < 300)
		return RESULT_BROKEN;
	return *err == -ENOENT ? RESULT_ABSENT : RESULT_REFUSED;
}
