/* SPDX-License-Identifier: MIT */
/* cache/state.h - what a cache consists of */
#ifndef CACHE_STATE_H
#define CACHE_STATE_H

#include "cache/outage.h"
#include "cache/store.h"

struct cache {
	struct cache_config config;
	struct cache_stats stats;
	struct store store;
	struct link fetches;
	struct outage outage; /* of the API as a whole */
	uint64_t versions;    /* the last one given; none is given twice */
	uint64_t now_ms;
};

#endif
