/* SPDX-License-Identifier: MIT */
/* cache/rules.h - which endpoints are cached, and what a response means */
#ifndef CACHE_RULES_H
#define CACHE_RULES_H

#include "cache/cache.h"

/* Returns 0 and sets *kind. -EINVAL: the endpoint writes, executes or reads
 * the vault; or id is "", missing, or given where there is none. */
int kind_of(enum api_endpoint endpoint, const char *id, enum cache_kind *kind);

enum result {
	RESULT_GOOD,
	RESULT_ABSENT,	 /* -ENOENT: there is no such resource */
	RESULT_REFUSED,	 /* the API works, and says no */
	RESULT_BROKEN,	 /* this resource fails: a stale answer still serves */
	RESULT_DOWN,	 /* the API fails: the same, for all entries */
	RESULT_NOT_SENT, /* no turn in time: the same, and nothing changes */
	RESULT_NO_MEMORY /* our own failure: says nothing about the API */
};

/* Sets *err to 0 or -errno; success without JSON is -EPROTO. */
enum result result_of(const struct api_answer *reply, int *err);

#endif
