/* SPDX-License-Identifier: MIT */
/* fs/base/text_stream.c - writes a text that may be secret */
#include "fs/base/text_stream.h"

#include <stdlib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/param.h>

struct text_stream {
	char **text;
	size_t *len;
	char *bytes; /* NULL: out of memory */
	size_t used, size;
	char buffer[1024]; /* of stdio */
};

static void bytes_free(char *bytes, size_t len)
{
	if (bytes)
		explicit_bzero(bytes, len);
	free(bytes);
}

/* realloc would leave the old bytes where they were. */
static bool stream_grow(struct text_stream *stream, size_t size)
{
	char *bytes = malloc(size);

	if (bytes)
		memcpy(bytes, stream->bytes, stream->used);
	bytes_free(stream->bytes, stream->used);
	stream->bytes = bytes;
	stream->size = size;
	return bytes;
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t len)
{
	struct text_stream *stream = cookie;

	if (!stream->bytes ||
		(stream->size - stream->used <= len &&
			!stream_grow(stream,
				MAX(2 * stream->size, stream->used + len + 1))))
		return 0;
	memcpy(stream->bytes + stream->used, bytes, len);
	stream->used += len;
	return (ssize_t)len;
}

static int stream_close(void *cookie)
{
	struct text_stream *stream = cookie;
	int err = stream->bytes ? 0 : EOF;

	if (!err)
		stream->bytes[stream->used] = '\0';
	*stream->text = stream->bytes;
	*stream->len = stream->used;
	explicit_bzero(stream, sizeof(*stream));
	free(stream);
	return err;
}

FILE *text_stream_open(char **text, size_t *len)
{
	static const cookie_io_functions_t functions = {
		.write = stream_write,
		.close = stream_close,
	};
	struct text_stream *stream = malloc(sizeof(*stream));
	FILE *out;

	*text = NULL;
	*len = 0;
	if (!stream)
		return NULL;
	stream->text = text;
	stream->len = len;
	stream->used = 0;
	stream->size = 256;
	stream->bytes = malloc(stream->size);
	out = stream->bytes ? fopencookie(stream, "w", functions) : NULL;
	if (!out) {
		free(stream->bytes);
		free(stream);
		return NULL;
	}
	setvbuf(out, stream->buffer, _IOFBF, sizeof(stream->buffer));
	return out;
}
