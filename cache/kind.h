/* SPDX-License-Identifier: MIT */
/* cache/kind.h - which endpoints may be kept, and as what */
#ifndef CACHE_KIND_H
#define CACHE_KIND_H

#include "cache/cache.h"

/* 0 and the kind; -EINVAL: an endpoint that writes, executes or tells of a
 * vault, or an id where the endpoint has none, or the other way round. */
int kind_of(enum api_endpoint endpoint, const char *id, enum cache_kind *kind);

#endif
