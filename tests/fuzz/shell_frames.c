/* SPDX-License-Identifier: MIT */
/* tests/fuzz/shell_frames.c - the frames of a live shell mean the same in
 * whatever pieces they arrive */
#include <errno.h>
#include <string.h>

#include "api/shell_frames.h"
#include "tests/fuzz/fuzz.h"

struct reader {
	const uint8_t *in;
	size_t len, at, piece;
	struct text printed, told;
	bool is_close; /* the last frame is a close */
};

static ssize_t on_receive(void *ctx, void *bytes, size_t len)
{
	struct reader *reader = ctx;
	size_t n = reader->len - reader->at;

	if (n > len)
		n = len;
	if (reader->piece && n > reader->piece)
		n = reader->piece;
	if (!n)
		return -EAGAIN;
	memcpy(bytes, reader->in + reader->at, n);
	reader->at += n;
	return (ssize_t)n;
}

static ssize_t on_send(void *ctx, const void *bytes, size_t len)
{
	(void)ctx, (void)bytes;
	return (ssize_t)len;
}

static void on_output(void *ctx, const void *bytes, size_t len)
{
	struct reader *reader = ctx;

	HOLDS(text_add(&reader->printed, bytes, len) == 0);
}

static void on_control(void *ctx, const char *text, size_t len)
{
	struct reader *reader = ctx;

	HOLDS(text[len] == '\0');
	HOLDS(text_add(&reader->told, text, len + 1) == 0);
}

/* Returns the error, or the code of the close. */
static int read_all(struct reader *reader, const uint8_t *in, size_t len)
{
	static const struct frames_events events = {
		.receive = on_receive,
		.send = on_send,
		.output = on_output,
		.control = on_control,
	};
	struct frames frames;
	int err = 0;

	reader->in = in;
	reader->len = len;
	HOLDS(frames_init(&frames, &events, reader) == 0);
	/* Run again while it reads: many pings can fill the send queue. */
	for (size_t at = SIZE_MAX; !err && at != reader->at;) {
		at = reader->at;
		err = frames_run(&frames, true);
	}
	HOLDS(err == 0 || err == -EPROTO);
	if (!err)
		err = (int)frames_close_code(&frames);
	HOLDS(reader->printed.len + reader->told.len <= 2 * len);
	reader->is_close = frames.is_close;
	frames_clear(&frames);
	return err;
}

static void check_same(const struct text *one, const struct text *other)
{
	HOLDS(one->len == other->len);
	HOLDS(!one->len || memcmp(one->data, other->data, one->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct reader whole = { 0 }, pieces = { .piece = 1 };

	if (len) {
		pieces.piece += bytes[0] % 16;
		bytes++;
		len--;
	}
	int one = read_all(&whole, bytes, len);
	int other = read_all(&pieces, bytes, len);
	/* wslay checks the reason of a close piece by piece. */
	HOLDS(one == other || whole.is_close || pieces.is_close);
	check_same(&whole.printed, &pieces.printed);
	check_same(&whole.told, &pieces.told);
	text_clear(&whole.printed);
	text_clear(&whole.told);
	text_clear(&pieces.printed);
	text_clear(&pieces.told);
	return 0;
}
