/* SPDX-License-Identifier: MIT */
/* cache/kind.c - which endpoints may be kept, and as what */
#include "cache/kind.h"

#include <errno.h>

struct rule {
	bool is_kept;
	bool has_id;
	enum cache_kind kind;
};

/*
 * What has no row is not kept, so that a new endpoint of the API is not served
 * again before someone decided that it may. The vault (API_SERVICE_ENV*) has
 * none, not even its count: a secret leaves no trace in here.
 */
static const struct rule rules[API_ENDPOINTS] = {
	/* A POST, but one that only asks. */
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
	[API_SERVICE_LOGS] = { true, true, CACHE_LOG },
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
	if (!rule->is_kept || rule->has_id != (id && id[0] != '\0'))
		return -EINVAL;
	if (id && !rule->has_id)
		return -EINVAL;
	*kind = rule->kind;
	return 0;
}
