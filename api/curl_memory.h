/* SPDX-License-Identifier: MIT */
/* api/curl_memory.h - curl's memory is wiped when it is freed */
#ifndef API_CURL_MEMORY_H
#define API_CURL_MEMORY_H

#include <curl/curl.h>

/*
 * curl copies short bodies, and all headers, into buffers of its own, which
 * then hold vaults, signatures and one-time codes. Call this in place of
 * curl_global_init; it has no effect on a curl that was initialized before.
 */
CURLcode curl_global_init_wiped(void);

#endif
