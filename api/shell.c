/* SPDX-License-Identifier: MIT */
/* api/shell.c - a live shell: the frames of its WebSocket, and what they mean
 */
#include "api/shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "api/shell_frames.h"
#include "api/shell_opening.h"

/*
 * Binary messages are output, passed on as it arrives, in pieces of any size.
 * Text messages are JSON: `exit` and `detached` end the shell, `output` carries
 * output too (part 5.3), and all others are ignored.
 */

enum {
	FRAME_MAX = 4096,	 /* of what is typed (part 16.7) */
	TURN_MAX = 256 << 10,	 /* received in one turn of the loop */
	RECEIVE_SIZE = 64 << 10, /* at a time */
	CLOSE_NORMAL = 1000, /* close frames that end the shell; after any */
	CLOSE_PLAIN = 1005,  /* other it may live on */
};

enum shell_state { SHELL_OPENS, SHELL_IS_OPEN, SHELL_HAS_ENDED };

struct api_shell {
	TAILQ_ENTRY(api_shell) link;
	struct api *api;
	const struct api_shell_events *events;
	void *ctx;
	enum shell_state state;
	uint64_t deadline_ms;
	struct opening opening; /* its connection, and what was received */
	size_t in_at;		/* how much of that was taken */

	struct frames frames;
	size_t turn; /* what may still be received in this turn */
	bool is_paused, was_full, has_more;
	unsigned columns, rows;
	bool has_resized;

	struct api_shell_ended ended;
	struct api_answer answer;
	char message[MESSAGE_SIZE];
};

static void shell_end(struct api_shell *shell, enum api_shell_end end, int err,
	const char *message)
{
	if (shell->state == SHELL_HAS_ENDED)
		return;
	shell->state = SHELL_HAS_ENDED;
	shell->ended.end = end;
	shell->answer.err = err;
	error_message_put(shell->message, sizeof(shell->message), message);
}

/* ---- what its frames carry ---- */

static void control_output(struct api_shell *shell, const json_t *json)
{
	size_t len;
	char *bytes = json_to_bytes(json_member(json, "data|output"), &len);

	if (bytes)
		shell->events->output(shell->ctx, bytes, len);
	free(bytes);
}

static void on_control(void *ctx, const char *text, size_t len)
{
	struct api_shell *shell = ctx;
	json_t *json =
		shell->state == SHELL_IS_OPEN ? json_read(text, len) : NULL;
	const char *type = json_string_value(json_member(json, "type"));
	int64_t status = -1;

	json_to_integer(json_member(json, "exit_code|code|status"), &status);
	if (type && !strcmp(type, "output")) {
		control_output(shell, json);
	} else if (type && !strcmp(type, "exit")) {
		shell->ended.status =
			status < 0 || status > 255 ? -1 : (int)status;
		shell_end(shell, SHELL_EXITED, 0, "");
	} else if (type && !strcmp(type, "detached")) {
		shell_end(shell, SHELL_DETACHED, 0, "");
	}
	json_decref(json);
}

static void on_output(void *ctx, const void *bytes, size_t len)
{
	struct api_shell *shell = ctx;

	if (shell->state == SHELL_IS_OPEN)
		shell->events->output(shell->ctx, bytes, len);
}

static ssize_t on_receive(void *ctx, void *bytes, size_t len)
{
	struct api_shell *shell = ctx;
	struct text *in = &shell->opening.in;
	ssize_t n = -EAGAIN;

	if (shell->is_paused || shell->state != SHELL_IS_OPEN)
		return -EAGAIN;
	if (shell->in_at == in->len) {
		if (shell->turn)
			n = connection_read(&shell->opening.connection,
				in->data, RECEIVE_SIZE);
		shell->has_more |= !shell->turn;
		if (n <= 0)
			return n;
		shell->turn -= MIN((size_t)n, shell->turn);
		in->len = (size_t)n;
		shell->in_at = 0;
	}
	n = (ssize_t)MIN(in->len - shell->in_at, len);
	memcpy(bytes, in->data + shell->in_at, (size_t)n);
	shell->in_at += (size_t)n;
	return n;
}

static ssize_t on_send(void *ctx, const void *bytes, size_t len)
{
	struct api_shell *shell = ctx;

	return connection_write(&shell->opening.connection, bytes, len);
}

static const struct frames_events frames_events = {
	.receive = on_receive,
	.send = on_send,
	.output = on_output,
	.control = on_control,
};

/* Only one change of size is queued at a time. */
static int send_size(struct api_shell *shell)
{
	char text[64];

	if (!shell->has_resized || frames_queued(&shell->frames) >= FRAMES_ROOM)
		return 0;
	shell->has_resized = false;
	int n = snprintf(text, sizeof(text),
		"{\"type\":\"resize\",\"cols\":%u,\"rows\":%u}", shell->columns,
		shell->rows);
	return frames_queue(&shell->frames, true, text, (size_t)n);
}

/* ---- the life of a shell ---- */

static void shell_attached(struct api_shell *shell, size_t used)
{
	int err;

	shell->in_at = used;
	err = text_reserve(&shell->opening.in, RECEIVE_SIZE);
	if (!err)
		err = frames_init(&shell->frames, &frames_events, shell);
	if (err) {
		shell_end(shell, SHELL_REFUSED, err, "out of memory");
		return;
	}
	shell->state = SHELL_IS_OPEN;
	shell->events->opened(shell->ctx);
}

/* It is connected, and upgraded. */
static void opening_go(struct api_shell *shell)
{
	struct opening *opening = &shell->opening;
	size_t used;
	int err = opening_run(opening, shell->api->now_ms, &used);

	if (!err) {
		shell_attached(shell, used);
	} else if (err != -EINPROGRESS) {
		shell->answer.status = opening->status;
		shell->ended.wait_s = opening->wait_s;
		shell_end(shell, SHELL_REFUSED, err, opening->message);
	}
}

static void open_ended(struct api_shell *shell, int err)
{
	unsigned code = err ? 0 : frames_close_code(&shell->frames);
	char message[64];

	if (err == -EPROTO) {
		shell_end(shell, SHELL_LOST, err,
			"the server's frames are not WebSocket frames");
	} else if (err) {
		shell_end(shell, SHELL_LOST, err, "the connection was lost");
	} else if (code == CLOSE_NORMAL || code == CLOSE_PLAIN) {
		shell_end(shell, SHELL_EXITED, 0, "");
	} else if (code) {
		snprintf(message, sizeof(message),
			"the server closed the connection: code %u", code);
		shell_end(shell, SHELL_LOST, -ECONNRESET, message);
	}
}

static void open_run(struct api_shell *shell)
{
	int err = send_size(shell);

	shell->turn = TURN_MAX;
	shell->has_more = false;
	if (!err)
		err = frames_run(&shell->frames, !shell->is_paused);
	open_ended(shell, err);
	if (shell->state != SHELL_IS_OPEN)
		return;
	size_t queued = frames_queued(&shell->frames);
	if (shell->has_resized && queued < FRAMES_ROOM)
		shell->has_more = true;
	if (shell->was_full && queued < FRAMES_ROOM / 2) {
		shell->was_full = false;
		shell->events->writable(shell->ctx);
	}
}

static void shell_run(struct api_shell *shell)
{
	uint64_t now_ms = shell->api->now_ms;

	if (shell->state == SHELL_OPENS)
		opening_go(shell);
	if (shell->state < SHELL_IS_OPEN && shell->deadline_ms <= now_ms)
		shell_end(shell, SHELL_REFUSED, -ETIMEDOUT, "timed out");
	if (shell->state == SHELL_IS_OPEN)
		open_run(shell);
	if (shell->state == SHELL_HAS_ENDED && shell->ctx) {
		void *ctx = shell->ctx;
		shell->ctx = NULL;
		shell->answer.message = shell->message;
		shell->answer.code = shell->opening.refusal.code;
		shell->answer.json = shell->opening.refusal.json;
		shell->answer.text = "";
		shell->ended.answer = &shell->answer;
		shell->events->ended(ctx, &shell->ended);
	}
}

void shells_run(struct api *api)
{
	struct api_shell *shell, *next;

	for (shell = TAILQ_FIRST(&api->shells); shell; shell = next) {
		next = TAILQ_NEXT(shell, link);
		if (shell->ctx)
			shell_run(shell);
	}
}

unsigned shells_fds(const struct api *api)
{
	struct api_shell *shell;
	unsigned count = 0;

	TAILQ_FOREACH(shell, &api->shells, link)
	count += shell->opening.connection.count;
	return count;
}

static bool shell_reads(const struct api_shell *shell)
{
	return !shell->is_paused &&
		(shell->state != SHELL_IS_OPEN ||
			!frames_is_full(&shell->frames));
}

unsigned shells_poll(const struct api *api, struct pollfd *fds)
{
	struct api_shell *shell;
	unsigned count = 0;

	TAILQ_FOREACH(shell, &api->shells, link)
	if (shell->state != SHELL_HAS_ENDED)
		count += connection_poll(&shell->opening.connection,
			shell_reads(shell), fds + count);
	return count;
}

uint64_t shells_wake_ms(const struct api *api)
{
	uint64_t wake_ms = UINT64_MAX;
	struct api_shell *shell;

	TAILQ_FOREACH(shell, &api->shells, link)
	{
		if (shell->has_more ||
			(shell->state == SHELL_HAS_ENDED && shell->ctx))
			return 0;
		if (shell->state < SHELL_IS_OPEN)
			wake_ms = MIN(wake_ms, shell->deadline_ms);
		if (shell->opening.connection.timer_ms)
			wake_ms = MIN(
				wake_ms, shell->opening.connection.timer_ms);
	}
	return wake_ms;
}

/* ---- for others ---- */

int api_shell_open(struct api *api, const char *id,
	const struct api_shell_events *events, void *ctx, uint64_t now_ms,
	struct api_shell **out)
{
	struct api_shell *shell = calloc(1, sizeof(*shell));

	*out = NULL;
	if (!shell)
		return -ENOMEM;
	TAILQ_INSERT_TAIL(&api->shells, shell, link);
	shell->api = api;
	shell->events = events;
	shell->ctx = ctx;
	api_shell_resize(shell, 80, 24);
	shell->ended.status = shell->ended.wait_s = -1;
	shell->deadline_ms = now_ms + CONNECT_MS;
	int err = opening_init(&shell->opening, api, id);
	if (err)
		api_shell_close(shell);
	else
		*out = shell;
	return err;
}

void api_shell_close(struct api_shell *shell)
{
	if (!shell)
		return;
	TAILQ_REMOVE(&shell->api->shells, shell, link);
	frames_clear(&shell->frames);
	opening_clear(&shell->opening);
	free(shell);
}

bool api_shell_has_room(struct api_shell *shell)
{
	if (shell->state != SHELL_IS_OPEN)
		return false;
	shell->was_full = frames_queued(&shell->frames) >= FRAMES_ROOM;
	return !shell->was_full;
}

ssize_t api_shell_write(struct api_shell *shell, const void *bytes, size_t len)
{
	const char *at = bytes;
	size_t taken = 0;

	while (taken < len && api_shell_has_room(shell)) {
		size_t n = MIN(len - taken, FRAME_MAX);
		if (frames_queue(&shell->frames, false, at + taken, n))
			return taken ? (ssize_t)taken : -ENOMEM;
		taken += n;
	}
	if (taken && frames_run(&shell->frames, false))
		shell->has_more = true; /* the next turn reports the error */
	return (ssize_t)taken;
}

void api_shell_resize(struct api_shell *shell, unsigned columns, unsigned rows)
{
	shell->columns = columns;
	shell->rows = rows;
	shell->has_resized = true;
	shell->has_more |= shell->state == SHELL_IS_OPEN;
}

void api_shell_pause(struct api_shell *shell, bool is_paused)
{
	if (shell->is_paused && !is_paused)
		shell->has_more = true; /* TLS may have bytes already */
	shell->is_paused = is_paused;
}
