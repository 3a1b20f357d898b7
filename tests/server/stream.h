/* SPDX-License-Identifier: MIT */
/* tests/server/stream.h - bytes written past the HTTP library */
#ifndef TESTS_SERVER_STREAM_H
#define TESTS_SERVER_STREAM_H

#include <stdbool.h>
#include <stddef.h>

struct stream {
	int fd;
	/* Readable for good once the server ends. */
	int stop_fd;
	/* As the reply said. */
	unsigned long long from;
};

/* false when the client has gone or the server ends. */
bool stream_push(const struct stream *stream, const char *bytes, size_t len);

/* Waits so long, -1 for ever, as long as both are there: else false. */
bool stream_wait(const struct stream *stream, int ms);

#endif
