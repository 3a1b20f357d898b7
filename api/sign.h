/* SPDX-License-Identifier: MIT */
/* api/sign.h - the signature of a request (part 1) */
#ifndef API_SIGN_H
#define API_SIGN_H

#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_SIZE 65 /* 64 digits and a NUL */

/* Seconds since 1970. Nothing else in api/ reads the wall clock. */
int64_t sign_unix_s(void);

/* Lower-case hex of HMAC-SHA256(secret, "unix_s:method:path:body"). body may be
 * NULL if body_len is 0. -ENOMEM; -EIO: OpenSSL failed. */
int sign_request(char out[SIGNATURE_SIZE], const char *secret, int64_t unix_s,
	const char *method, const char *path, const void *body,
	size_t body_len);

#endif
