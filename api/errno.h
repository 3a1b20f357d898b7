/* SPDX-License-Identifier: MIT */
/* api/errno.h - what went wrong, as -errno */
#ifndef API_ERRNO_H
#define API_ERRNO_H

#include <stdbool.h>

#include <curl/curl.h>

/* What an answer that is no success says of the reason; "" where nothing. */
struct words {
	const char *message;
	const char *code;  /* the API's `code` */
	const char *error; /* the API's `error`: a word or a sentence */
};

/* -errno for a status, 0 for 200 to 299. */
int errno_of_status(int status, const struct words *words);

/* -errno for a transfer that failed; os_errno is CURLINFO_OS_ERRNO. */
int errno_of_curl(CURLcode code, long os_errno);

/* True where the words speak of the time stamp of the request. */
bool words_speak_of_clock(const struct words *words);

#endif
