/* SPDX-License-Identifier: MIT */
/* cache/verdict.c - what an answer of the API means for what is held */
#include "cache/verdict.h"

#include <errno.h>

enum verdict verdict_of(const struct api_answer *reply, int *err)
{
	*err = reply->err;
	if (!reply->err && !reply->json)
		*err = -EPROTO;

	switch (*err) {
	case 0:
		return VERDICT_GOOD;
	case -ENOMEM:
		return VERDICT_NO_MEMORY;
	case -EPROTO:
		return VERDICT_BROKEN;
	case -ETIMEDOUT: /* also where the head of an answer came */
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		return VERDICT_AWAY;
	case -EINVAL:
	case -EFBIG:
		return VERDICT_REFUSED;
	}
	/* Our own limit left no time for it: others may have their turn. */
	if (*err == -EBUSY && reply->status == 0)
		return VERDICT_LATE;
	switch (reply->status) {
	case 0: /* no connection, no answer in time */
	case 429:
	case 502: /* a gateway's words about what is behind it */
	case 503:
	case 504:
		return VERDICT_AWAY;
	}
	if (reply->status >= 500 || reply->status < 300)
		return VERDICT_BROKEN;
	return *err == -ENOENT ? VERDICT_ABSENT : VERDICT_REFUSED;
}
