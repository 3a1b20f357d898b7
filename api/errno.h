/* SPDX-License-Identifier: MIT */
/* api/errno.h - errors of the API and of curl, as -errno and as a line */
#ifndef API_ERRNO_H
#define API_ERRNO_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>
#include <jansson.h>

#define MESSAGE_SIZE 512
#define CODE_SIZE 64

/* The reason in an unsuccessful answer; "" for what it lacks. */
struct api_error {
	const char *message;
	const char *code;  /* the API's `code` */
	const char *error; /* the API's `error`: a word or a sentence */
};

/* The reason in an unsuccessful answer; it lives as long as json. */
struct api_error api_error_of(const json_t *json);

/* Reads an unsuccessful answer: message is for people, code for programs.
 * Returns its -errno. text is the whole body; both may be NULL. */
int refusal_read(const json_t *json, const char *text, int status,
	char message[MESSAGE_SIZE], char code[CODE_SIZE]);
/* Whether a 401 blames the time stamp of the request. */
bool refusal_is_about_clock(const json_t *json, const char *text);

/* Copies the bytes that a JSON string stands for, escaped by line_escape; size
 * is at most MESSAGE_SIZE. */
void error_message_put(char *out, size_t size, const char *s);

/* -errno for a status, 0 for 200 to 299. */
int errno_of_status(int status, const struct api_error *error);

/* -errno for an error of curl; os_errno is CURLINFO_OS_ERRNO, or 0. -ENOSYS:
 * this libcurl lacks something we need. */
int errno_of_curl(CURLcode code, long os_errno);
int errno_of_curl_multi(CURLMcode code);

/* True if the error blames the time stamp of the request. */
bool api_error_is_about_clock(const struct api_error *error);

#endif
