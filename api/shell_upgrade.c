/* SPDX-License-Identifier: MIT */
/* api/shell_upgrade.c - the upgrade of HTTP to a WebSocket (RFC 6455) */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/param.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "api/shell.h"
#include "api/sign.h"

enum { HEAD_MAX = 16 << 10, BODY_MAX = 16 << 10, NONCE_SIZE = 16 };

/* What a signature in the query covers is not documented; we sign the same as
 * for the headers. */
static int add_auth(struct text *out, const struct api *api, const char *path,
	enum shell_auth auth)
{
	const struct api_credentials *keys = api->config.credentials;
	int64_t unix_s = api_unix_s(api);
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

/* base64(SHA-1(key + the GUID of RFC 6455)) */
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

/* Adds the content of a chunked body (RFC 9112, 7.1). 0: it is complete;
 * -EINPROGRESS: more is to come; -EPROTO: not chunked; -ENOMEM. */
static int chunks_read(const char *body, size_t len, struct text *out)
{
	const char *at = body, *end = body + len, *line;
	char *digits;

	while ((line = memchr(at, '\n', (size_t)(end - at)))) {
		unsigned long size = strtoul(at, &digits, 16);
		if (digits == at || size > BODY_MAX)
			return -EPROTO;
		if (!size)
			return 0;
		at = line + 1;
		size_t n = MIN(size, (size_t)(end - at));
		if (text_add(out, at, n))
			return -ENOMEM;
		at += n;
		if (end - at < 2)
			return -EINPROGRESS;
		if (memcmp(at, "\r\n", 2) != 0)
			return -EPROTO;
		at += 2;
	}
	return -EINPROGRESS;
}

/* Adds what was received of the body. As chunks_read; is_end: no more comes. */
static int body_read(const char *head, const char *body, size_t len,
	bool is_end, struct text *out)
{
	size_t unused;
	const char *length = header_find(head, "Content-Length", &unused);
	const char *coding = header_find(head, "Transfer-Encoding", &unused);
	int err;

	if (coding && !strncasecmp(coding, "chunked", strlen("chunked"))) {
		err = chunks_read(body, len, out);
	} else {
		err = text_add(out, body, len);
		if (!err && length && len < strtoul(length, NULL, 10))
			err = -EINPROGRESS;
	}
	if (err == -ENOMEM ||
		(err == -EINPROGRESS && !is_end && len < BODY_MAX))
		return err;
	return 0;
}

/* Reads the reason in a refusal's body. -EINPROGRESS: more is to come. If the
 * body is cut, only the reason is incomplete. */
static int refusal(const char *head, const char *bytes, size_t len, bool is_end,
	struct upgrade *upgrade)
{
	int status = upgrade->headers.status;
	struct text body = { 0 };
	int err = body_read(head, bytes, len, is_end, &body);

	if (!err) {
		const char *text = body.data ? body.data : "";
		upgrade->json = json_read(text, body.len);
		err = refusal_read(upgrade->json, text, status,
			upgrade->message, upgrade->code);
		upgrade->is_about_clock = status == 401 &&
			refusal_is_about_clock(upgrade->json, text);
		err = err ? err : -EPROTO;
	}
	text_clear(&body);
	return err;
}

void upgrade_clear(struct upgrade *upgrade)
{
	json_decref(upgrade->json);
	*upgrade = (struct upgrade){ 0 };
}

static int upgrade_protocol(struct upgrade *upgrade, const char *why)
{
	snprintf(upgrade->message, MESSAGE_SIZE, "%s", why);
	return -EPROTO;
}

/* Reads the head of the answer, after those of interim answers; *start is where
 * it begins. */
static int read_head(
	const struct text *in, struct upgrade *upgrade, size_t *start)
{
	struct headers *headers = &upgrade->headers;
	size_t at = 0;

	headers_init(headers);
	*start = 0;
	while (!headers->is_whole) {
		const char *line = in->data + at;
		const char *end = memchr(line, '\n', in->len - at);
		size_t len = end ? (size_t)(end + 1 - line) : 0;
		if (at == 0 && in->len >= 5 && memcmp(line, "HTTP/", 5) != 0)
			return upgrade_protocol(
				upgrade, "the answer is not HTTP/1.1");
		if (at > HEAD_MAX || (!end && in->len > HEAD_MAX))
			return upgrade_protocol(
				upgrade, "the answer's head is too long");
		if (!end)
			return -EINPROGRESS;
		headers_line(headers, line, len);
		at += len;
		if (headers->is_whole && headers->status / 100 == 1 &&
			headers->status != 101) {
			headers->is_whole = false;
			*start = at;
		}
	}
	upgrade->used = at;
	return 0;
}

int upgrade_answer(const struct text *in, bool is_end, const char *key,
	struct upgrade *upgrade)
{
	size_t start;

	*upgrade = (struct upgrade){ 0 };
	int err = in->len ? read_head(in, upgrade, &start) : -EINPROGRESS;
	if (err) {
		upgrade->headers.status = 0;
		return err;
	}
	char *head = strndup(in->data + start, upgrade->used - start);
	if (!head)
		return -ENOMEM;
	if (upgrade->headers.status != 101)
		err = refusal(head, in->data + upgrade->used,
			in->len - upgrade->used, is_end, upgrade);
	else if (!is_accepted(head, key))
		err = upgrade_protocol(upgrade,
			"the answer does not accept the WebSocket's key");
	free(head);
	return err;
}
