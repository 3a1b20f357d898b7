/* SPDX-License-Identifier: MIT */
/* api/text_stream.c - writes a text that may be secret */
#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/text.h"

struct text_stream {
	char **text;
	size_t *len;
	struct text bytes;
	char buffer[1024]; /* of stdio */
};

static ssize_t stream_write(void *cookie, const char *bytes, size_t len)
{
	struct text_stream *stream = cookie;

	return text_add(&stream->bytes, bytes, len) ? 0 : (ssize_t)len;
}

static int stream_close(void *cookie)
{
	struct text_stream *stream = cookie;

	*stream->text = text_take(&stream->bytes, stream->len);
	explicit_bzero(stream->buffer, sizeof(stream->buffer));
	int err = *stream->text ? 0 : EOF;
	free(stream);
	return err;
}

FILE *text_stream_open(char **text, size_t *len)
{
	static const cookie_io_functions_t functions = {
		.write = stream_write,
		.close = stream_close,
	};
	struct text_stream *stream = calloc(1, sizeof(*stream));
	FILE *out = stream ? fopencookie(stream, "w", functions) : NULL;

	*text = NULL;
	*len = 0;
	if (!out) {
		free(stream);
		return NULL;
	}
	stream->text = text;
	stream->len = len;
	stream->bytes.is_secret = true;
	setvbuf(out, stream->buffer, _IOFBF, sizeof(stream->buffer));
	return out;
}
