/* SPDX-License-Identifier: MIT */
/* cache/rules.c - which endpoints are cached, and what a response means */
#include "cache/rules.h"

#include <errno.h>

struct rule {
	bool is_cached;
	bool has_id;
	enum cache_kind kind;
};

/*
 * An endpoint without a row is not cached, so that a new one is cached only
 * once somebody has decided that it may be. The vault (API_SERVICE_ENV*) has
 * none, not even for its count: no secret is kept here.
 */
static const struct rule rules[API_ENDPOINTS] = {
	/* A POST, but it changes nothing. */
	[API_KEYS_VALIDATE] = { true, false, CACHE_KEY },
	[API_KEY_SELF] = { true, false, CACHE_KEY },
	[API_KEY_CONTACTS] = { true, false, CACHE_KEY },
	[API_KEY_AUDIT] = { true, false, CACHE_SYSTEM },
	/* It changes as quickly as jobs do. */
	[API_KEY_THROTTLE] = { true, false, CACHE_JOBS },
	[API_HEALTH] = { true, false, CACHE_SYSTEM },
	[API_JOBS] = { true, false, CACHE_JOBS },
	[API_JOB] = { true, true, CACHE_JOBS },
	[API_LANGUAGES] = { true, false, CACHE_STATIC },
	[API_SHELLS] = { true, false, CACHE_STATIC },
	[API_CLUSTER] = { true, false, CACHE_SYSTEM },
	[API_POOLS] = { true, false, CACHE_SYSTEM },
	[API_POOL_STATS] = { true, true, CACHE_SYSTEM },
	[API_STATS] = { true, false, CACHE_SYSTEM },
	[API_SESSIONS] = { true, false, CACHE_LIST },
	[API_SESSION] = { true, true, CACHE_DETAIL },
	[API_SERVICES] = { true, false, CACHE_LIST },
	[API_SERVICE] = { true, true, CACHE_DETAIL },
	[API_SERVICE_UPGRADE] = { true, true, CACHE_JOBS },
	[API_SNAPSHOTS] = { true, false, CACHE_LIST },
	[API_SNAPSHOT] = { true, true, CACHE_DETAIL },
	[API_IMAGES] = { true, false, CACHE_LIST },
	[API_IMAGES_OWNED] = { true, false, CACHE_LIST },
	[API_IMAGES_SHARED] = { true, false, CACHE_LIST },
	[API_IMAGES_PUBLIC] = { true, false, CACHE_LIST },
	[API_IMAGE] = { true, true, CACHE_DETAIL },
	[API_IMAGE_TRUSTED] = { true, true, CACHE_DETAIL },
};

int kind_of(enum api_endpoint endpoint, const char *id, enum cache_kind *kind)
{
	const struct rule *rule;

	if ((unsigned)endpoint >= API_ENDPOINTS)
		return -EINVAL;
	rule = &rules[endpoint];
	if (!rule->is_cached || rule->has_id != !!id || (id && !id[0]))
		return -EINVAL;
	*kind = rule->kind;
	return 0;
}

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
	case -ETIMEDOUT: /* these may follow a status line */
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		return RESULT_DOWN;
	case -EINVAL:
	case -EFBIG:
		return RESULT_REFUSED;
	}
	/* Our own rate limit left no time; other requests may get a turn. */
	if (*err == -EBUSY && reply->status == 0)
		return RESULT_NOT_SENT;
	switch (reply->status) {
	case 0: /* no response */
	case 429:
	case 502: /* a gateway's errors about the server behind it */
	case 503:
	case 504:
		return RESULT_DOWN;
	}
	if (reply->status >= 500 || reply->status < 300)
		return RESULT_BROKEN;
	return *err == -ENOENT ? RESULT_ABSENT : RESULT_REFUSED;
}
