/* SPDX-License-Identifier: MIT */
/* api/shell_frames.h - the frames of a live shell's WebSocket */
#ifndef API_SHELL_FRAMES_H
#define API_SHELL_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <wslay/wslay.h>

#include "api/text.h"

enum {
	FRAMES_ROOM = 64 << 10,
	FRAME_COST = 1 << 10, /* of a message, besides its bytes */
	FRAMES_MAX = 2 * FRAMES_ROOM / FRAME_COST,
	FRAMES_SEND = 16 << 10, /* at a time: many frames are short */
};

/*
 * Where the bytes of the frames come from and go to, and what they carry. A
 * binary message is a terminal's output and is passed on in the pieces in which
 * it arrives; a text message is passed on whole, unless it is too long.
 */
struct frames_events {
	/* Bytes, -EAGAIN, or another -errno. */
	ssize_t (*receive)(void *ctx, void *bytes, size_t len);
	ssize_t (*send)(void *ctx, const void *bytes, size_t len);
	void (*output)(void *ctx, const void *bytes, size_t len);
	void (*control)(void *ctx, const char *text, size_t len);
};

/* Embedded; zeroed memory has no frames. */
struct frames {
	wslay_event_context_ptr wslay;
	const struct frames_events *events;
	void *ctx;
	struct text control; /* the text message being received */
	bool is_text;	     /* the message being received is text */
	bool is_control;     /* the frame being received is one: ping, close */
	int err;	     /* of receive and send */
	bool has_received;   /* the last receive gave bytes */
	/* The code in a close frame. */
	bool is_close;
	unsigned code, code_len;
	size_t out_at, out_len;
	char out[FRAMES_SEND];
};

/* -ENOMEM. */
int frames_init(
	struct frames *frames, const struct frames_events *events, void *ctx);
void frames_clear(struct frames *frames);

/* Receives and sends until both would block. The errors of receive and send;
 * -EPROTO: the bytes received are not frames that a server may send; -ENOMEM.
 */
int frames_run(struct frames *frames, bool receives);

/* The status code of the close frame that was received, 1005 if it has none; 0:
 * none was received, or an invalid one. */
unsigned frames_close_code(const struct frames *frames);

/* Queues a message of one frame. -ENOMEM. */
int frames_queue(
	struct frames *frames, bool is_text, const void *bytes, size_t len);
/* Bytes that are queued, plus FRAME_COST for each message. */
size_t frames_queued(const struct frames *frames);
/* Whether so many messages are queued that nothing is received, since each ping
 * would queue an answer. Never because of frames_queue calls made while
 * frames_queued was below FRAMES_ROOM. */
bool frames_is_full(const struct frames *frames);

#endif
