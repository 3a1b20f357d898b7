/* SPDX-License-Identifier: MIT */
/* cache/response.h - what a response changes, and what its waiters are told */
#ifndef CACHE_RESPONSE_H
#define CACHE_RESPONSE_H

#include "api/api.h"

/* The api_done of every fetch, which is ctx and is freed here. */
void response_handle(void *ctx, const struct api_answer *reply);

#endif
