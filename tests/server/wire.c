/* SPDX-License-Identifier: MIT */
/* tests/server/wire.c - answers that no HTTP library would send */
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PIECE = 1024,
	GARBAGE = 512,
};

struct wire {
	int fd;
	int stop_fd;
	long long drip_ms;
};

/* Waits for events or so long; false when the wait is not worth going on. */
static bool wire_wait(const struct wire *wire, short events, int ms)
{
	struct pollfd fds[2] = {
		{ .fd = wire->fd, .events = events },
		{ .fd = wire->stop_fd, .events = POLLIN },
	};

	if (poll(fds, 2, ms) < 0)
		return errno == EINTR;
	return !fds[1].revents &&
		!(fds[0].revents & (POLLERR | POLLHUP | POLLNVAL | POLLRDHUP));
}

static bool wire_push(const struct wire *wire, const char *bytes, size_t len)
{
	ssize_t done;

	while (len) {
		done = send(wire->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (done > 0) {
			bytes += done;
			len -= done;
		} else if (errno != EAGAIN && errno != EINTR) {
			return false;
		} else if (!wire_wait(wire, POLLOUT, -1)) {
			return false;
		}
	}
	return true;
}

static bool wire_push_body(
	const struct wire *wire, const char *bytes, size_t len)
{
	size_t piece;

	if (!wire->drip_ms)
		return wire_push(wire, bytes, len);
	for (; len; bytes += piece, len -= piece) {
		piece = len < PIECE ? len : PIECE;
		if (!wire_push(wire, bytes, piece) ||
			!wire_wait(wire, POLLRDHUP, wire->drip_ms))
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
	wire_push(wire, bytes, sizeof(bytes));
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

/* Sends up to the point where the fault strikes; false if the peer left. */
static bool wire_push_reply(const struct wire *wire, const struct reply *reply,
	const struct fault *fault)
{
	enum fault_point point = fault->hang ? fault->hang : fault->close;
	size_t len = reply->body.len;
	struct text head = { 0 };
	bool good = true;

	make_head(&head, reply, fault);
	if (point == FAULT_HEADERS)
		good = wire_push(wire, head.data, head.len / 2);
	else if (point != FAULT_BEFORE)
		good = wire_push(wire, head.data, head.len);
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
	while (wire_push(wire, spaces, sizeof(spaces)))
		if (wire->drip_ms && !wire_wait(wire, POLLRDHUP, wire->drip_ms))
			break;
}

void wire_send(int fd, int stop_fd, const struct reply *reply,
	const struct fault *fault)
{
	struct wire wire = { fd, stop_fd, fault->drip_ms };
	/* Dissolving a TCP connection so is what sends a reset at once. */
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
		while (wire_wait(&wire, POLLRDHUP, -1))
			;
	if (fault->is_reset)
		connect(fd, &reset, sizeof(reset));
}
