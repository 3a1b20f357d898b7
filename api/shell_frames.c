/* SPDX-License-Identifier: MIT */
/* api/shell_frames.c - the frames of a live shell's WebSocket */
#include "api/shell_frames.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <openssl/rand.h>

enum { CONTROL_MAX = 64 << 10 }; /* of a text message; more is ignored */

/* ---- what arrives ---- */

static void on_frame_start(wslay_event_context_ptr wslay,
	const struct wslay_event_on_frame_recv_start_arg *arg, void *ctx)
{
	struct frames *frames = ctx;

	(void)wslay;
	frames->is_control = wslay_is_ctrl_frame(arg->opcode);
	frames->is_close = arg->opcode == WSLAY_CONNECTION_CLOSE;
	if (arg->opcode == WSLAY_TEXT_FRAME ||
		arg->opcode == WSLAY_BINARY_FRAME) {
		frames->is_text = arg->opcode == WSLAY_TEXT_FRAME;
		text_clear(&frames->control);
	}
}

static void on_frame_chunk(wslay_event_context_ptr wslay,
	const struct wslay_event_on_frame_recv_chunk_arg *arg, void *ctx)
{
	struct frames *frames = ctx;

	(void)wslay;
	for (size_t i = 0; frames->is_close && i < arg->data_length; i++)
		if (frames->code_len < 2) {
			frames->code = frames->code << 8 | arg->data[i];
			frames->code_len++;
		}
	if (frames->is_control)
		return;
	if (!frames->is_text)
		frames->events->output(
			frames->ctx, arg->data, arg->data_length);
	else if (frames->control.len + arg->data_length <= CONTROL_MAX)
		text_add(&frames->control, arg->data, arg->data_length);
	else
		frames->control.is_failed = true;
}

static void on_message(wslay_event_context_ptr wslay,
	const struct wslay_event_on_msg_recv_arg *arg, void *ctx)
{
	struct frames *frames = ctx;

	(void)wslay;
	if (arg->opcode != WSLAY_TEXT_FRAME)
		return;
	if (!frames->control.is_failed && frames->control.len)
		frames->events->control(
			frames->ctx, frames->control.data, frames->control.len);
	text_clear(&frames->control);
}

/* What a callback of wslay returns for n bytes or an error. */
static ssize_t frames_result(struct frames *frames, ssize_t n)
{
	if (n > 0)
		return n;
	if (n != -EAGAIN)
		frames->err = n ? (int)n : -ECONNRESET;
	wslay_event_set_error(frames->wslay,
		n == -EAGAIN ? WSLAY_ERR_WOULDBLOCK
			     : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t on_recv(wslay_event_context_ptr wslay, uint8_t *bytes,
	size_t len, int flags, void *ctx)
{
	struct frames *frames = ctx;
	ssize_t n = frames_is_full(frames)
		? -EAGAIN
		: frames->events->receive(frames->ctx, bytes, len);

	(void)wslay, (void)flags;
	frames->has_received = n > 0;
	return frames_result(frames, n);
}

/* ---- what is sent ---- */

/* Sends what wslay has written. 1 if that was all. */
static ssize_t frames_flush(struct frames *frames)
{
	while (frames->out_at < frames->out_len) {
		ssize_t n = frames->events->send(frames->ctx,
			frames->out + frames->out_at,
			frames->out_len - frames->out_at);
		if (n <= 0)
			return n;
		frames->out_at += (size_t)n;
	}
	frames->out_at = frames->out_len = 0;
	return 1;
}

static ssize_t on_send(wslay_event_context_ptr wslay, const uint8_t *bytes,
	size_t len, int flags, void *ctx)
{
	struct frames *frames = ctx;

	(void)wslay, (void)flags;
	if (frames->out_len == FRAMES_SEND) {
		ssize_t n = frames_flush(frames);
		if (n <= 0)
			return frames_result(frames, n);
	}
	if (len > FRAMES_SEND - frames->out_len)
		len = FRAMES_SEND - frames->out_len;
	memcpy(frames->out + frames->out_len, bytes, len);
	frames->out_len += len;
	return (ssize_t)len;
}

static int on_mask(
	wslay_event_context_ptr wslay, uint8_t *bytes, size_t len, void *ctx)
{
	struct frames *frames = ctx;

	if (RAND_bytes(bytes, (int)len) == 1)
		return 0;
	frames->err = -EIO;
	wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* ---- for others ---- */

int frames_init(
	struct frames *frames, const struct frames_events *events, void *ctx)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_mask,
		.on_frame_recv_start_callback = on_frame_start,
		.on_frame_recv_chunk_callback = on_frame_chunk,
		.on_msg_recv_callback = on_message,
	};

	*frames = (struct frames){ .events = events, .ctx = ctx };
	if (wslay_event_context_client_init(&frames->wslay, &callbacks, frames))
		return -ENOMEM;
	wslay_event_config_set_no_buffering(frames->wslay, 1);
	wslay_event_config_set_max_recv_msg_length(
		frames->wslay, UINT64_MAX >> 1);
	return 0;
}

void frames_clear(struct frames *frames)
{
	if (frames->wslay)
		wslay_event_context_free(frames->wslay);
	text_clear(&frames->control);
	*frames = (struct frames){ 0 };
}

/* wslay also returns when it has received a part of a frame's head. */
static int frames_receive(struct frames *frames)
{
	int code;

	do {
		frames->has_received = false;
		code = wslay_event_recv(frames->wslay);
	} while (!code && frames->has_received &&
		wslay_event_get_read_enabled(frames->wslay));
	return code;
}

int frames_run(struct frames *frames, bool receives)
{
	int code = receives ? frames_receive(frames) : 0;

	if (!code)
		code = wslay_event_send(frames->wslay);
	if (!code)
		frames_result(frames, frames_flush(frames));
	if (code == WSLAY_ERR_NOMEM)
		return -ENOMEM;
	if (code || frames->err)
		return frames->err ? frames->err : -EPROTO;
	/* After an invalid frame wslay stops reading. */
	return frames_close_code(frames) ||
			wslay_event_get_read_enabled(frames->wslay)
		? 0
		: -EPROTO;
}

unsigned frames_close_code(const struct frames *frames)
{
	unsigned code = frames->code;

	if (wslay_event_get_close_received(frames->wslay))
		return wslay_event_get_status_code_received(frames->wslay);
	/* wslay rejects the newer codes, such as 1012, service restart. */
	return frames->code_len == 2 && code > 1011 && code < 3000 &&
			code != 1015
		? code
		: 0;
}

int frames_queue(
	struct frames *frames, bool is_text, const void *bytes, size_t len)
{
	struct wslay_event_msg message = {
		.opcode = is_text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME,
		.msg = bytes,
		.msg_length = len,
	};
	int code = wslay_event_queue_msg(frames->wslay, &message);

	/* After a close frame nothing is sent. */
	return code == WSLAY_ERR_NOMEM ? -ENOMEM : 0;
}

size_t frames_queued(const struct frames *frames)
{
	return frames->out_len - frames->out_at +
		wslay_event_get_queued_msg_length(frames->wslay) +
		wslay_event_get_queued_msg_count(frames->wslay) * FRAME_COST;
}

bool frames_is_full(const struct frames *frames)
{
	return wslay_event_get_queued_msg_count(frames->wslay) > FRAMES_MAX;
}
