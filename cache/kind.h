/* SPDX-License-Identifier: MIT */
/* cache/kind.h - which endpoints are cached, and as what */
#ifndef CACHE_KIND_H
#define CACHE_KIND_H

#include "cache/cache.h"

/* Returns 0 and sets *kind. -EINVAL: the endpoint writes, executes or reads
 * the vault; or id is "", missing, or given where there is none. */
int kind_of(enum api_endpoint endpoint, const char *id, enum cache_kind *kind);

#endif
