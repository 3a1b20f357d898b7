/* SPDX-License-Identifier: MIT */
/* api/shell_upgrade.c - the upgrade of HTTP to a WebSocket (RFC 6455) */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "api/shell.h"
#include "api/sign.h"

enum { HEAD_MAX = 16 << 10, BODY_MAX = 16 << 10, NONCE_SIZE = 16 };

/* What the query's signature covers is not documented: the same is signed as
 * for the headers. */
static int add_auth(struct text *out, const struct api *api, const char *path,
	enum shell_auth auth)
{
	const struct api_credentials *keys = api->config.credentials;
	int64_t unix_s = sign_unix_s() + api->stats.skew_s;
	char signature[SIGNATURE_SIZE], line[512];
	int err = sign_request(
		signature, keys->secret_key, unix_s, "GET", path, NULL, 0);

	if (auth == AUTH_QUERY)
		snprintf(line, sizeof(line),
			"?auth=%s&timestamp=%" PRId64 "&signature=%s",
			keys->public_key, unix_s, signature);
	else
		snprintf(line, sizeof(line),
			"Authorization: Bearer %s\r\nX-Timestamp: %" PRId64
			"\r\nX-Signature: %s\r\n",
			keys->public_key, unix_s, signature);
	if (!err)
		err = text_add_string(out, line);
	explicit_bzero(line, sizeof(line));
	explicit_bzero(signature, sizeof(signature));
	return err;
}

static int make_key(char key[WEBSOCKET_KEY_SIZE])
{
	unsigned char nonce[NONCE_SIZE];

	if (RAND_bytes(nonce, sizeof(nonce)) != 1)
		return -EIO;
	EVP_EncodeBlock((unsigned char *)key, nonce, sizeof(nonce));
	return 0;
}

int upgrade_request(const struct api *api, const char *id, enum shell_auth auth,
	char key[WEBSOCKET_KEY_SIZE], struct text *out)
{
	static const struct endpoint row = { "GET", "/sessions/{id}/shell" };
	struct request_url url;
	int err = request_url_init(&url, api->base, &row, id, NULL);

	if (err)
		return err;
	err = make_key(key);
	out->is_secret = true;
	text_add_string(out, "GET ");
	text_add_string(out, url.path);
	if (!err && auth == AUTH_QUERY)
		err = add_auth(out, api, url.path, auth);
	text_add_string(out, " HTTP/1.1\r\nHost: ");
	text_add_string(out, strstr(api->base, "://") + strlen("://"));
	text_add_string(out, "\r\nUser-Agent: ");
	text_add_string(out,
		api->config.user_agent ? api->config.user_agent
				       : "unsandboxfs");
	text_add_string(out,
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
	text_add_string(out, key);
	text_add_string(out, "\r\n");
	if (!err && auth == AUTH_HEADERS)
		err = add_auth(out, api, url.path, auth);
	text_add_string(out, "\r\n");
	request_url_clear(&url);
	return err ? err : out->is_failed ? -ENOMEM : 0;
}

/* ---- the answer ---- */

/* The value of a header in the head, of *len bytes; NULL: missing. */
static const char *header_find(const char *head, const char *name, size_t *len)
{
	size_t name_len = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line;
		line = strstr(line + 2, "\r\n")) {
		const char *at = line + 2;
		if (strncasecmp(at, name, name_len) != 0 || at[name_len] != ':')
			continue;
		at += name_len + 1;
		at += strspn(at, " \t");
		*len = strcspn(at, "\r");
		while (*len && (at[*len - 1] == ' ' || at[*len - 1] == '\t'))
			--*len;
		return at;
	}
	return NULL;
}

/* base64(SHA-1(key and the WebSocket's own GUID)) */
static bool is_accepted(const char *head, const char *key)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char text[WEBSOCKET_KEY_SIZE + sizeof(guid)];
	unsigned char digest[EVP_MAX_MD_SIZE], want[EVP_MAX_MD_SIZE * 2];
	unsigned digest_len;
	size_t len;
	const char *got = header_find(head, "Sec-WebSocket-Accept", &len);
	int n = snprintf(text, sizeof(text), "%s%s", key, guid);

	if (!got ||
		!EVP_Digest(
			text, (size_t)n, digest, &digest_len, EVP_sha1(), NULL))
		return false;
	n = EVP_EncodeBlock(want, digest, (int)digest_len);
	return len == (size_t)n && memcmp(got, want, len) == 0;
}

/* The reason in a refusal's body. -EINPROGRESS: there is more to come. */
static int refusal(const char *head, const char *body, size_t len, int status,
	char message[MESSAGE_SIZE])
{
	size_t digits;
	const char *length = header_find(head, "Content-Length", &digits);
	json_t *json = NULL;

	if (length && len < BODY_MAX && len < strtoul(length, NULL, 10))
		return -EINPROGRESS;
	json = json_read(body, len);
	const struct api_error error = api_error_of(json);
	int err = errno_of_status(status, &error);
	if (error.message[0] || error.error[0])
		error_message_put(message, MESSAGE_SIZE,
			error.message[0] ? error.message : error.error);
	else
		snprintf(message, MESSAGE_SIZE, "HTTP status %d", status);
	json_decref(json);
	return err ? err : -EPROTO;
}

static int upgrade_protocol(char message[MESSAGE_SIZE], const char *why)
{
	snprintf(message, MESSAGE_SIZE, "%s", why);
	return -EPROTO;
}

int upgrade_answer(const struct text *in, const char *key, size_t *used,
	int *status, char message[MESSAGE_SIZE])
{
	char *end = in->len ? memmem(in->data, in->len, "\r\n\r\n", 4) : NULL;

	*status = 0;
	if (!end && in->len <= HEAD_MAX)
		return -EINPROGRESS;
	if (!end || sscanf(in->data, "HTTP/1.%*1[01] %3d", status) != 1)
		return upgrade_protocol(message, "the answer is not HTTP/1.1");
	*used = (size_t)(end + 4 - in->data);
	char *head = strndup(in->data, *used);
	if (!head)
		return -ENOMEM;
	int err = 0;
	if (*status != 101)
		err = refusal(head, in->data + *used, in->len - *used, *status,
			message);
	else if (!is_accepted(head, key))
		err = upgrade_protocol(message,
			"the answer does not accept the WebSocket's key");
	free(head);
	return err;
}
