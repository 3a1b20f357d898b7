/* SPDX-License-Identifier: MIT */
/* tests/server/signature.c - checks the HMAC-SHA256 of a request */
#include "signature.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

static bool digest(const struct signed_text *text, unsigned char *out)
{
	OSSL_PARAM params[2] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_end(),
	};
	const char *head[] = { text->stamp, ":", text->method, ":", text->path,
		":" };
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	size_t len = 0, i;
	bool good;

	good = context &&
		EVP_MAC_init(context, (const unsigned char *)text->secret,
			strlen(text->secret), params);
	for (i = 0; good && i < sizeof(head) / sizeof(*head); i++)
		good = EVP_MAC_update(context, (const unsigned char *)head[i],
			strlen(head[i]));
	if (good && text->body_len)
		good = EVP_MAC_update(context, text->body, text->body_len);
	good = good && EVP_MAC_final(context, out, &len, 32) && len == 32;
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
	return good;
}

bool signature_matches(const struct signed_text *text, const char *given)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char mac[32];
	char hex[64];
	size_t i;

	if (strlen(given) != sizeof(hex) || !digest(text, mac))
		return false;
	for (i = 0; i < sizeof(mac); i++) {
		hex[2 * i] = digits[mac[i] >> 4];
		hex[2 * i + 1] = digits[mac[i] & 15];
	}
	return CRYPTO_memcmp(hex, given, sizeof(hex)) == 0;
}
