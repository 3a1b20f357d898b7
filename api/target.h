/* SPDX-License-Identifier: MIT */
/* api/target.h - where a request goes: its URL and the path that is signed */
#ifndef API_TARGET_H
#define API_TARGET_H

#include <stdbool.h>

#include "api/api.h"
#include "api/endpoints.h"

struct target {
	char *url;	  /* all of it */
	char *path;	  /* without the query; what logs show */
	char *path_query; /* with it; equal to path where there is none */
};

/* -EINVAL: an id that is missing, superfluous, "", "." or "..", or too long;
 * -ENOMEM. */
int target_init(struct target *target, const char *base,
	const struct endpoint *row, const char *id,
	const struct api_param *query);
void target_clear(struct target *target);

/* The base of all URLs, without a slash at its end, owned by the caller.
 * *is_tls tells https from http. -EINVAL with `why` for what is neither https
 * nor http to loopback, or has more than a host and a port. */
int target_base(
	const char *url, char **base, bool *is_tls, char *why, size_t why_len);

#endif
