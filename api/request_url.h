/* SPDX-License-Identifier: MIT */
/* api/request_url.h - the URL of a request, and what is signed of it */
#ifndef API_REQUEST_URL_H
#define API_REQUEST_URL_H

#include <stdbool.h>

#include "api/api.h"
#include "api/endpoints.h"

struct request_url {
	char *url;
	char *path;		/* without the query; for logs */
	const char *path_query; /* with the query; in url */
};

/* base is from request_url_base; requests for the API's portal go to the
 * portal's host instead. -EPROTO: an id that is missing, "", "." or "..", or
 * too long; -EINVAL: one that is unexpected; -ENOMEM. */
int request_url_init(struct request_url *url, const char *base,
	const struct endpoint *row, const char *id,
	const struct api_param *query);
void request_url_clear(struct request_url *url);

/* The base of all URLs, without a final slash, owned by the caller. -EINVAL,
 * with the reason in `why`: not https and not http to a loopback address, or
 * more than a host and a port. */
int request_url_base(
	const char *url, char **base, bool *is_tls, char *why, size_t why_len);

#endif
