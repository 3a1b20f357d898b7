/* SPDX-License-Identifier: MIT */
/* cache/result.h - what a response of the API means for the cache */
#ifndef CACHE_RESULT_H
#define CACHE_RESULT_H

#include "api/api.h"

enum result {
	RESULT_GOOD,
	RESULT_ABSENT,	 /* there is no such thing */
	RESULT_REFUSED,	 /* the API works, and says no */
	RESULT_BROKEN,	 /* this resource fails: a stale answer still serves */
	RESULT_DOWN,	 /* the API fails: the same, for all entries */
	RESULT_NOT_SENT, /* no turn in time: the same, and nothing changes */
	RESULT_NO_MEMORY /* ours: says nothing about the API */
};

/* Sets *err to 0 or -errno; success without JSON is -EPROTO. */
enum result result_of(const struct api_answer *reply, int *err);

#endif
