/* SPDX-License-Identifier: MIT */
/* tests/server/stream.c - writes bytes without the HTTP library */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool wait_for(const struct stream *stream, short events, int ms)
{
	struct pollfd fds[2] = {
		{ .fd = stream->fd, .events = events },
		{ .fd = stream->stop_fd, .events = POLLIN },
	};

	if (poll(fds, 2, ms) < 0)
		return errno == EINTR;
	return !fds[1].revents &&
		!(fds[0].revents & (POLLERR | POLLHUP | POLLNVAL | POLLRDHUP));
}

static bool push(const struct stream *stream, const char *bytes, size_t len)
{
	ssize_t done;

	while (len) {
		done = send(
			stream->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (done > 0) {
			bytes += done;
			len -= done;
		} else if (errno != EAGAIN && errno != EINTR) {
			return false;
		} else if (!wait_for(stream, POLLOUT, -1)) {
			return false;
		}
	}
	return true;
}

bool stream_push(const struct stream *stream, const char *bytes, size_t len)
{
	char head[24];

	if (!stream->is_chunked || !len)
		return push(stream, bytes, len);
	snprintf(head, sizeof(head), "%zx\r\n", len);
	return push(stream, head, strlen(head)) && push(stream, bytes, len) &&
		push(stream, "\r\n", 2);
}

void stream_end(const struct stream *stream)
{
	if (stream->is_chunked)
		push(stream, "0\r\n\r\n", 5);
}

bool stream_wait(const struct stream *stream, int ms)
{
	return wait_for(stream, POLLRDHUP, ms);
}
