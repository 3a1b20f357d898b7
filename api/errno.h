/* SPDX-License-Identifier: MIT */
/* api/errno.h - errors of the API and of curl, as -errno */
#ifndef API_ERRNO_H
#define API_ERRNO_H

#include <stdbool.h>

#include <curl/curl.h>

/* What an unsuccessful answer says about its reason; "" where nothing. */
struct api_error {
	const char *message;
	const char *code;  /* the API's `code` */
	const char *error; /* the API's `error`: a word or a sentence */
};

/* -errno for a status, 0 for 200 to 299. */
int errno_of_status(int status, const struct api_error *error);

/* -errno for an error of curl; os_errno is CURLINFO_OS_ERRNO, or 0. -ENOSYS:
 * this libcurl lacks something we need. */
int errno_of_curl(CURLcode code, long os_errno);
int errno_of_curl_multi(CURLMcode code);

/* True if the answer blames the time stamp of the request. */
bool api_error_is_about_clock(const struct api_error *error);

#endif
