/* SPDX-License-Identifier: MIT */
/* tests/server/signature.h - HMAC-SHA256 of a request, compared */
#ifndef TESTS_SERVER_SIGNATURE_H
#define TESTS_SERVER_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

struct signed_text {
	const char *secret;
	const char *stamp;
	const char *method;
	const char *path;
	const void *body;
	size_t body_len;
};

/* given is 64 lower-case hex digits, or does not match; constant time. */
bool signature_matches(const struct signed_text *text, const char *given);

#endif
