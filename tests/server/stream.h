/* SPDX-License-Identifier: MIT */
/* tests/server/stream.h - writes bytes without the HTTP library */
#ifndef TESTS_SERVER_STREAM_H
#define TESTS_SERVER_STREAM_H

#include <stdbool.h>
#include <stddef.h>

struct stream {
	int fd;
	/* Becomes readable when the server ends. */
	int stop_fd;
	/* Whether each push is a chunk of HTTP/1.1. */
	bool is_chunked;
	/* The reply's stream_from. */
	unsigned long long from;
};

/* false if the client has disconnected or the server ends. */
bool stream_push(const struct stream *stream, const char *bytes, size_t len);

/* The end of a body in chunks. */
void stream_end(const struct stream *stream);

/* Waits ms (-1: without limit); false if the client or the server ends. */
bool stream_wait(const struct stream *stream, int ms);

#endif
