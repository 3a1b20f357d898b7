/* SPDX-License-Identifier: MIT */
/* tests/unit/api/shell_frames.c - frames as servers send them, right and wrong
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/shell_frames.h"
#include "tests/unit/alloc_fail.h"

struct wire {
	const char *in;
	size_t in_len, in_at;
	size_t piece;  /* the most bytes of one receive; 0: any number */
	int in_err;    /* what receive returns at the end of the input */
	bool is_stuck; /* nothing can be sent */
	char out[4096];
	size_t out_len;
	char printed[4096];
	size_t printed_len;
	char told[4096]; /* text messages, a newline after each */
	size_t told_len, longest;
};

static ssize_t on_receive(void *ctx, void *bytes, size_t len)
{
	struct wire *wire = ctx;
	size_t n = wire->in_len - wire->in_at;

	if (!n)
		return wire->in_err;
	n = n < len ? n : len;
	if (wire->piece && n > wire->piece)
		n = wire->piece;
	memcpy(bytes, wire->in + wire->in_at, n);
	wire->in_at += n;
	return (ssize_t)n;
}

static ssize_t on_send(void *ctx, const void *bytes, size_t len)
{
	struct wire *wire = ctx;

	if (wire->is_stuck)
		return -EAGAIN;
	for (size_t i = 0; i < len; i++)
		wire->out[wire->out_len++ % sizeof(wire->out)] =
			((const char *)bytes)[i];
	return (ssize_t)len;
}

static void on_output(void *ctx, const void *bytes, size_t len)
{
	struct wire *wire = ctx;

	if (len > wire->longest)
		wire->longest = len;
	for (size_t i = 0; i < len; i++)
		wire->printed[wire->printed_len++ % sizeof(wire->printed)] =
			((const char *)bytes)[i];
}

static void on_control(void *ctx, const char *text, size_t len)
{
	struct wire *wire = ctx;

	assert_int_equal(strlen(text), len);
	if (wire->told_len + len + 1 < sizeof(wire->told)) {
		memcpy(wire->told + wire->told_len, text, len);
		wire->told[wire->told_len + len] = '\n';
	}
	wire->told_len += len + 1;
}

static const struct frames_events events = {
	.receive = on_receive,
	.send = on_send,
	.output = on_output,
	.control = on_control,
};

/* Each row is received at once, and then a byte at a time. */
struct row {
	const char *name;
	const char *in;
	size_t in_len;
	int err;
	const char *printed, *told;
	unsigned close_code;
};

#define IN(bytes) bytes, sizeof(bytes) - 1

static const struct row rows[] = {
	{ "nothing", IN(""), 0, "", "", 0 },
	{ "binary",
		IN("\x82\x03"
		   "abc"),
		0, "abc", "", 0 },
	{ "an empty message",
		IN("\x82\x00"
		   "\x82\x01"
		   "a"),
		0, "a", "", 0 },
	{ "text",
		IN("\x81\x02"
		   "{}"),
		0, "", "{}\n", 0 },
	{ "in three fragments",
		IN("\x02\x01"
		   "a"
		   "\x00\x01"
		   "b"
		   "\x80\x01"
		   "c"),
		0, "abc", "", 0 },
	{ "text in fragments",
		IN("\x01\x01"
		   "{"
		   "\x80\x01"
		   "}"),
		0, "", "{}\n", 0 },
	{ "a ping within a message",
		IN("\x02\x01"
		   "a"
		   "\x89\x02"
		   "hi"
		   "\x80\x01"
		   "b"),
		0, "ab", "", 0 },
	{ "a ping within text",
		IN("\x01\x01"
		   "{"
		   "\x89\x00"
		   "\x80\x01"
		   "}"),
		0, "", "{}\n", 0 },
	{ "a pong that nobody asked for",
		IN("\x8a\x01"
		   "x"),
		0, "", "", 0 },
	{ "a long form of a short length",
		IN("\x82\x7e\x00\x01"
		   "a"),
		-EPROTO, "", "", 0 },
	{ "close", IN("\x88\x02\x03\xe8"), 0, "", "", 1000 },
	{ "close, with a reason",
		IN("\x88\x05\x03\xe9"
		   "bye"),
		0, "", "", 1001 },
	{ "close, without a code", IN("\x88\x00"), 0, "", "", 1005 },
	{ "close with a private code", IN("\x88\x02\x0f\xa1"), 0, "", "",
		4001 },
	{ "close for a restart", IN("\x88\x02\x03\xf4"), 0, "", "", 1012 },
	{ "close, for TLS", IN("\x88\x02\x03\xf7"), -EPROTO, "", "", 0 },
	{ "output, then close",
		IN("\x82\x01"
		   "a"
		   "\x88\x02\x03\xe8"),
		0, "a", "", 1000 },
	{ "output after close",
		IN("\x88\x02\x03\xe8"
		   "\x82\x01"
		   "a"),
		0, "", "", 1000 },
	{ "close within a message",
		IN("\x02\x01"
		   "a"
		   "\x88\x00"),
		0, "a", "", 1005 },
	{ "half a frame",
		IN("\x82\x05"
		   "ab"),
		0, "ab", "", 0 },
	{ "half a head", IN("\x82\x7e\x00"), 0, "", "", 0 },
	/* nonsense */
	{ "masked",
		IN("\x82\x81"
		   "kkkk"
		   "a"),
		-EPROTO, "", "", 0 },
	{ "a reserved bit",
		IN("\xc2\x01"
		   "a"),
		-EPROTO, "", "", 0 },
	{ "an unknown opcode",
		IN("\x83\x01"
		   "a"),
		-EPROTO, "", "", 0 },
	{ "an unknown control", IN("\x8b\x00"), -EPROTO, "", "", 0 },
	{ "a continuation of nothing",
		IN("\x80\x01"
		   "a"),
		-EPROTO, "", "", 0 },
	{ "a message within a message",
		IN("\x02\x01"
		   "a"
		   "\x82\x01"
		   "b"),
		-EPROTO, "a", "", 0 },
	{ "a ping in fragments",
		IN("\x09\x01"
		   "a"),
		-EPROTO, "", "", 0 },
	{ "a ping that is too long", IN("\x89\x7e\x00\x7e"), -EPROTO, "", "",
		0 },
	{ "close with half a code", IN("\x88\x01\x03"), 0, "", "", 1005 },
	{ "close with a reserved code", IN("\x88\x02\x03\xed"), -EPROTO, "", "",
		0 },
	{ "text that is not UTF-8", IN("\x81\x02\xc3("), -EPROTO, "", "", 0 },
	{ "a length over 63 bits",
		IN("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), -EPROTO, "", "",
		0 },
	{ "the longest length",
		IN("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"
		   "ab"),
		0, "ab", "", 0 },
	{ "HTTP", IN("HTTP/1.1 200 OK\r\n\r\n"), -EPROTO, "", "", 0 },
};

static void play(const struct row *row, size_t piece)
{
	struct wire wire = { .in = row->in,
		.in_len = row->in_len,
		.piece = piece,
		.in_err = -EAGAIN };
	struct frames frames;

	assert_int_equal(frames_init(&frames, &events, &wire), 0);
	int err = frames_run(&frames, true);
	if (err != row->err)
		fail_msg("%s: %d, not %d", row->name, err, row->err);
	if (!err && !row->close_code)
		assert_int_equal(wire.in_at, row->in_len);
	/* The error is permanent. */
	assert_int_equal(frames_run(&frames, true), row->err);
	if (wire.printed_len != strlen(row->printed) ||
		memcmp(wire.printed, row->printed, wire.printed_len) != 0)
		fail_msg("%s by %zu: printed %zu: %.*s", row->name, piece,
			wire.printed_len, (int)wire.printed_len, wire.printed);
	if (strcmp(wire.told, row->told) != 0)
		fail_msg("%s: told %s", row->name, wire.told);
	if (!err && frames_close_code(&frames) != row->close_code)
		fail_msg("%s: %u", row->name, frames_close_code(&frames));
	frames_clear(&frames);
}

static void what_arrives(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		play(&rows[i], 0);
		play(&rows[i], 1);
	}
}

static void wire_start(
	struct wire *wire, struct frames *frames, const char *in, size_t len)
{
	*wire = (struct wire){ .in = in, .in_len = len, .in_err = -EAGAIN };
	assert_int_equal(frames_init(frames, &events, wire), 0);
}

/* The error of the connection is returned. */
static void lost(void **state)
{
	static const int errs[] = { -ECONNRESET, -ETIMEDOUT, 0 };
	struct frames frames;
	struct wire wire;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		wire_start(&wire, &frames,
			IN("\x82\x01"
			   "a"));
		wire.in_err = errs[i];
		assert_int_equal(frames_run(&frames, true),
			errs[i] ? errs[i] : -ECONNRESET);
		assert_int_equal(wire.printed_len, 1);
		frames_clear(&frames);
	}
}

/* A frame of a gigabyte is passed on in pieces, without buffering it. */
static void long_output(void **state)
{
	static char piece[65536];
	struct frames frames;
	struct wire wire;

	(void)state;
	wire_start(
		&wire, &frames, IN("\x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00"));
	assert_int_equal(frames_run(&frames, true), 0);
	for (int i = 0; i < 1 << 14; i++) {
		wire.in = piece;
		wire.in_len = sizeof(piece);
		wire.in_at = 0;
		assert_int_equal(frames_run(&frames, true), 0);
	}
	assert_int_equal(wire.printed_len, 1 << 30);
	assert_true(wire.longest <= sizeof(piece));
	frames_clear(&frames);
}

/* Text that is longer than any control message is ignored; what follows is
 * read. */
static void long_text(void **state)
{
	static char in[10 + (1 << 20) + 4];
	struct frames frames;
	struct wire wire;

	(void)state;
	memset(in, ' ', sizeof(in));
	memcpy(in, "\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x00", 10);
	memcpy(in + sizeof(in) - 4,
		"\x81\x02"
		"{}",
		4);
	wire_start(&wire, &frames, in, sizeof(in));
	assert_int_equal(frames_run(&frames, true), 0);
	assert_string_equal(wire.told, "{}\n");
	frames_clear(&frames);
}

/* What is sent is masked, and a ping is answered with what it carries. */
static void sends(void **state)
{
	struct frames frames;
	struct wire wire;
	unsigned char *out = (unsigned char *)wire.out;

	(void)state;
	wire_start(&wire, &frames,
		IN("\x89\x02"
		   "hi"));
	assert_int_equal(frames_queue(&frames, false, "typed", 5), 0);
	assert_int_equal(frames_queued(&frames), 5 + FRAME_COST);
	assert_int_equal(frames_run(&frames, false), 0);
	assert_int_equal(frames_queued(&frames), 0);
	assert_int_equal(wire.out_len, 2 + 4 + 5);
	assert_int_equal(out[0], 0x82);
	assert_int_equal(out[1], 0x80 | 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(out[6 + i] ^ out[2 + i % 4], "typed"[i]);
	wire.out_len = 0;
	assert_int_equal(frames_run(&frames, true), 0);
	assert_int_equal(wire.out_len, 2 + 4 + 2);
	assert_int_equal(out[0], 0x8a);
	assert_int_equal(out[6] ^ out[2], 'h');
	frames_clear(&frames);
}

/* A server that sends pings but reads no pongs is not read any more. */
static void pings(void **state)
{
	static char in[200000];
	struct frames frames;
	struct wire wire;

	(void)state;
	for (size_t i = 0; i < sizeof(in); i += 2)
		memcpy(in + i, "\x89\x00", 2);
	wire_start(&wire, &frames, in, sizeof(in));
	wire.is_stuck = true;
	wire.piece = 64;
	for (int i = 0; i < 100; i++)
		assert_int_equal(frames_run(&frames, true), 0);
	assert_true(frames_is_full(&frames));
	assert_true(wire.in_at < 10000);
	wire.is_stuck = false;
	while (wire.in_at < wire.in_len)
		assert_int_equal(frames_run(&frames, true), 0);
	assert_int_equal(frames_run(&frames, true), 0);
	assert_int_equal(wire.out_len, sizeof(in) / 2 * 6);
	frames_clear(&frames);
}

/* Out of memory, only the text message is lost. */
static void out_of_memory(void **state)
{
	const char in[] = "\x81\x02"
			  "{}"
			  "\x82\x01"
			  "a"
			  "\x81\x02"
			  "[]";
	struct frames frames;
	struct wire wire;
	int failures = 0;

	(void)state;
	for (long n = 1;; n++) {
		wire_start(&wire, &frames, in, sizeof(in) - 1);
		alloc_fail_at = n;
		int err = frames_run(&frames, true);
		bool has_failed = !alloc_fail_at;
		alloc_fail_at = 0;
		assert_int_equal(err, 0);
		assert_int_equal(wire.printed_len, 1);
		frames_clear(&frames);
		if (!has_failed)
			break;
		failures++;
		assert_int_equal(wire.told_len, 3);
	}
	assert_string_equal(wire.told, "{}\n[]\n");
	assert_int_equal(failures, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_arrives),
		cmocka_unit_test(lost),
		cmocka_unit_test(long_output),
		cmocka_unit_test(long_text),
		cmocka_unit_test(sends),
		cmocka_unit_test(pings),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
