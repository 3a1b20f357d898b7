/* SPDX-License-Identifier: MIT */
/* tests/server/signature.h - checks the HMAC-SHA256 of a request */
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

/* given must be 64 lower-case hex digits; compares in constant time. */
bool signature_matches(const struct signed_text *text, const char *given);

#endif
