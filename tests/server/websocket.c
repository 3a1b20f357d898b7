/* SPDX-License-Identifier: MIT */
/* tests/server/websocket.c - the upgrade to a WebSocket, by libmicrohttpd */
#include "websocket.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "base64.h"

static void accept_key(const char *key, struct text *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct text text = { 0 };
	unsigned int len = 0;

	text_puts(&text, key);
	text_puts(&text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
	EVP_Digest(text.data, text.len, digest, &len, EVP_sha1(), NULL);
	base64_encode(out, digest, len);
	text_clear(&text);
}

bool websocket_accept(const struct request *request, struct reply *reply,
	websocket_run *run, void *ctx)
{
	const char *upgrade = request_header(request, "Upgrade");
	const char *key = request_header(request, "Sec-WebSocket-Key");
	const char *protocol =
		request_header(request, "Sec-WebSocket-Protocol");
	struct text accept = { 0 };

	if (!upgrade || strcasecmp(upgrade, "websocket") || !key) {
		reply_error(reply, 426, "UPGRADE_REQUIRED",
			"The shell speaks WebSocket");
		return false;
	}
	accept_key(key, &accept);
	reply_header(reply, "Upgrade", "websocket");
	reply_header(reply, "Sec-WebSocket-Accept", accept.data);
	if (protocol && !strcmp(protocol, "unsandbox-shell"))
		reply_header(reply, "Sec-WebSocket-Protocol", protocol);
	text_clear(&accept);
	reply->status = 101;
	reply->upgrade = run;
	reply->upgrade_ctx = ctx;
	return true;
}
