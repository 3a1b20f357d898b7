/* SPDX-License-Identifier: MIT */
/* api/sign.c - the signature of a request (part 1) */
#include "api/sign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

int64_t sign_unix_s(void)
{
	return (int64_t)time(NULL);
}

static void put_hex(char *out, const unsigned char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

int sign_request(char out[SIGNATURE_SIZE], const char *secret, int64_t unix_s,
	const char *method, const char *path, const void *body, size_t body_len)
{
	char sha256[] = "SHA256", *head = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_end(),
	};
	unsigned char digest[32];
	size_t digest_len;
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	int err = -ENOMEM;
	int head_len =
		asprintf(&head, "%" PRId64 ":%s:%s:", unix_s, method, path);

	if (!mac || head_len < 0)
		goto out;
	err = -EIO;
	if (!EVP_MAC_init(mac, (const unsigned char *)secret, strlen(secret),
		    params) ||
		!EVP_MAC_update(
			mac, (const unsigned char *)head, (size_t)head_len) ||
		(body_len && !EVP_MAC_update(mac, body, body_len)) ||
		!EVP_MAC_final(mac, digest, &digest_len, sizeof(digest)) ||
		digest_len != sizeof(digest))
		goto out;
	put_hex(out, digest, sizeof(digest));
	err = 0;
out:
	if (head_len >= 0)
		free(head);
	EVP_MAC_CTX_free(mac);
	EVP_MAC_free(hmac);
	return err;
}
