/* SPDX-License-Identifier: MIT */
/* cache/verdict.h - what an answer of the API means for what is held */
#ifndef CACHE_VERDICT_H
#define CACHE_VERDICT_H

#include "api/api.h"

enum verdict {
	VERDICT_GOOD,	  /* keep it */
	VERDICT_ABSENT,	  /* there is no such thing */
	VERDICT_REFUSED,  /* the API works and says no */
	VERDICT_BROKEN,	  /* this resource fails: what was known still serves */
	VERDICT_AWAY,	  /* the API fails: likewise, for all entries */
	VERDICT_LATE,	  /* not sent: what was known serves, nothing else */
	VERDICT_NO_MEMORY /* ours: says nothing of the API */
};

/* *err: 0, or -errno, which is -EPROTO for success without JSON. */
enum verdict verdict_of(const struct api_answer *reply, int *err);

#endif
