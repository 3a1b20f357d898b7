/* SPDX-License-Identifier: MIT */
/* tests/server/pump.c - copies bytes between TLS and a plain socket */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	PIECE = 64 << 10,
};

struct stream {
	char bytes[PIECE];
	size_t at;
	size_t len;
};

struct pump {
	SSL *ssl;
	int plain_fd;
	struct stream in;
	struct stream out;
	/* The plain side has ended; the rest must still be sent. */
	bool is_ending;
	/* Something was copied since the last check: more may be possible. */
	bool has_moved;
};

static bool stream_is_empty(const struct stream *stream)
{
	return stream->at == stream->len;
}

/* true: continue; events is what the TLS layer waits for. */
static bool ssl_again(struct pump *pump, int result, short *events)
{
	switch (SSL_get_error(pump->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		*events |= POLLIN;
		return true;
	case SSL_ERROR_WANT_WRITE:
		*events |= POLLOUT;
		return true;
	default:
		return false;
	}
}

static bool from_ssl(struct pump *pump, short *events)
{
	int got;

	if (!stream_is_empty(&pump->in))
		return true;
	ERR_clear_error();
	got = SSL_read(pump->ssl, pump->in.bytes, PIECE);
	if (got <= 0)
		return ssl_again(pump, got, events);
	pump->in.at = 0;
	pump->in.len = got;
	pump->has_moved = true;
	return true;
}

static bool to_ssl(struct pump *pump, short *events)
{
	int done;

	if (stream_is_empty(&pump->out))
		return !pump->is_ending;
	ERR_clear_error();
	done = SSL_write(pump->ssl, pump->out.bytes + pump->out.at,
		pump->out.len - pump->out.at);
	if (done <= 0)
		return ssl_again(pump, done, events);
	pump->out.at += done;
	pump->has_moved = true;
	return true;
}

static bool from_plain(struct pump *pump, short *events)
{
	ssize_t got;

	if (!stream_is_empty(&pump->out) || pump->is_ending)
		return true;
	got = recv(pump->plain_fd, pump->out.bytes, PIECE, MSG_DONTWAIT);
	if (got > 0) {
		pump->out.at = 0;
		pump->out.len = got;
		pump->has_moved = true;
		return true;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		*events |= POLLIN;
	else
		pump->is_ending = true;
	return true;
}

static bool to_plain(struct pump *pump, short *events)
{
	ssize_t done;

	if (stream_is_empty(&pump->in))
		return true;
	done = send(pump->plain_fd, pump->in.bytes + pump->in.at,
		pump->in.len - pump->in.at, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (done > 0) {
		pump->in.at += done;
		pump->has_moved = true;
		return true;
	}
	*events |= POLLOUT;
	return errno == EAGAIN || errno == EINTR;
}

/* Copies as much as possible without waiting. */
static bool pump_once(struct pump *pump, short *ssl_events, short *plain_events)
{
	return from_ssl(pump, ssl_events) && to_plain(pump, plain_events) &&
		from_plain(pump, plain_events) && to_ssl(pump, ssl_events);
}

void pump(SSL *ssl, int ssl_fd, int plain_fd, int stop_fd)
{
	struct pump *pump = calloc(1, sizeof(*pump));
	struct pollfd fds[3] = {
		{ .fd = ssl_fd },
		{ .fd = plain_fd },
		{ .fd = stop_fd, .events = POLLIN },
	};

	if (!pump)
		return;
	pump->ssl = ssl;
	pump->plain_fd = plain_fd;
	SSL_set_mode(ssl,
		SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	fcntl(ssl_fd, F_SETFL, O_NONBLOCK);
	for (;;) {
		fds[0].events = fds[1].events = 0;
		pump->has_moved = false;
		if (!pump_once(pump, &fds[0].events, &fds[1].events))
			break;
		if (pump->has_moved)
			continue;
		if (poll(fds, 3, -1) > 0 && fds[2].revents)
			break;
	}
	SSL_shutdown(ssl);
	free(pump);
}
