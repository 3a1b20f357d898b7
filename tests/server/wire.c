/* SPDX-License-Identifier: MIT */
/* tests/server/wire.c - sends answers that no HTTP library would send */
#include "wire.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PIECE = 1024,
	GARBAGE = 512,
};

struct wire {
	struct stream stream;
	long long drip_ms;
};

static bool wire_push_body(
	const struct wire *wire, const char *bytes, size_t len)
{
	size_t piece;

	if (!wire->drip_ms)
		return stream_push(&wire->stream, bytes, len);
	for (; len; bytes += piece, len -= piece) {
		piece = len < PIECE ? len : PIECE;
		if (!stream_push(&wire->stream, bytes, piece) ||
			!stream_wait(&wire->stream, wire->drip_ms))
			return false;
	}
	return true;
}

static void wire_garbage(const struct wire *wire)
{
	char bytes[GARBAGE];
	unsigned int state = 1, i;

	for (i = 0; i < sizeof(bytes); i++) {
		state = state * 1103515245 + 12345;
		bytes[i] = state >> 16;
	}
	stream_push(&wire->stream, bytes, sizeof(bytes));
}

static void make_head(
	struct text *head, const struct reply *reply, const struct fault *fault)
{
	long long len = reply->body.len;
	bool has_type = false;
	size_t i;

	if (fault->content_length >= 0)
		len = fault->content_length;
	text_printf(head, "HTTP/1.1 %d Status\r\n", reply->status);
	for (i = 0; i < reply->header_count; i++) {
		text_printf(
			head, "%s: %s\r\n", reply->names[i], reply->values[i]);
		has_type |= !strcasecmp(reply->names[i], "Content-Type");
	}
	if (!has_type)
		text_printf(head, "Content-Type: %s\r\n", reply->type);
	if (!fault->is_endless)
		text_printf(head, "Content-Length: %lld\r\n", len);
	text_puts(head, "Connection: close\r\n\r\n");
}

/* Sends up to the fault; false if the peer disconnected. */
static bool wire_push_reply(const struct wire *wire, const struct reply *reply,
	const struct fault *fault)
{
	enum fault_point point = fault->hang ? fault->hang : fault->close;
	size_t len = reply->body.len;
	struct text head = { 0 };
	bool good = true;

	make_head(&head, reply, fault);
	if (point == FAULT_HEADERS)
		good = stream_push(&wire->stream, head.data, head.len / 2);
	else if (point != FAULT_BEFORE)
		good = stream_push(&wire->stream, head.data, head.len);
	text_clear(&head);
	if (!good || point == FAULT_HEADERS || point == FAULT_BEFORE)
		return good;
	if (point == FAULT_BODY)
		len /= 2;
	if (fault->truncate >= 0 && len > (size_t)fault->truncate)
		len = fault->truncate;
	return wire_push_body(wire, reply->body.data, len);
}

static void wire_endless(const struct wire *wire)
{
	char spaces[PIECE * 16];

	memset(spaces, ' ', sizeof(spaces));
	while (stream_push(&wire->stream, spaces, sizeof(spaces)))
		if (wire->drip_ms && !stream_wait(&wire->stream, wire->drip_ms))
			break;
}

void wire_send(const struct stream *stream, const struct reply *reply,
	const struct fault *fault)
{
	struct wire wire = { *stream, fault->drip_ms };
	/* Disconnecting a TCP socket this way sends a reset at once. */
	const struct sockaddr reset = { .sa_family = AF_UNSPEC };
	bool good = true;

	if (fault->raw.data)
		good = wire_push_body(&wire, fault->raw.data, fault->raw.len);
	else if (fault->is_garbage)
		wire_garbage(&wire);
	else
		good = wire_push_reply(&wire, reply, fault);
	if (good && fault->is_endless)
		wire_endless(&wire);
	if (good && fault->hang)
		while (stream_wait(&wire.stream, -1))
			;
	if (fault->is_reset)
		connect(stream->fd, &reset, sizeof(reset));
}
