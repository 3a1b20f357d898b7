/* SPDX-License-Identifier: MIT */
/* cache/kind.c - which endpoints are cached, and as what */
#include "cache/kind.h"

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
	[API_HEALTH] = { true, false, CACHE_SYSTEM },
	[API_JOBS] = { true, false, CACHE_JOBS },
	[API_JOB] = { true, true, CACHE_JOBS },
	[API_LANGUAGES] = { true, false, CACHE_STATIC },
	[API_SHELLS] = { true, false, CACHE_STATIC },
	[API_CLUSTER] = { true, false, CACHE_SYSTEM },
	[API_POOLS] = { true, false, CACHE_SYSTEM },
	[API_STATS] = { true, false, CACHE_SYSTEM },
	[API_SESSIONS] = { true, false, CACHE_LIST },
	[API_SESSION] = { true, true, CACHE_DETAIL },
	[API_SERVICES] = { true, false, CACHE_LIST },
	[API_SERVICE] = { true, true, CACHE_DETAIL },
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
