/* SPDX-License-Identifier: MIT */
/* api/shell.c - a live shell: the frames of its WebSocket, and what they mean
 */
#include "api/shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include <openssl/rand.h>
#include <wslay/wslay.h>

/*
 * Output is binary and passed on as it arrives, in pieces of any size. Text is
 * JSON that controls: `exit` and `detached` end the shell, `output` carries
 * output too (part 5.3), and all other text is ignored.
 */

#define CONNECT_MS 15000
enum {
	FRAME_MAX = 4096,	/* of what is typed (part 16.7) */
	QUEUE_MAX = 64 << 10,	/* typed, not sent yet */
	TURN_MAX = 256 << 10,	/* received in one turn of the loop */
	CONTROL_MAX = 64 << 10, /* a text message; longer ones are ignored */
};

enum shell_state { SHELL_CONNECTS, SHELL_ASKS, SHELL_IS_OPEN, SHELL_HAS_ENDED };

struct api_shell {
	TAILQ_ENTRY(api_shell) link;
	struct api *api;
	char *id;
	const struct api_shell_events *events;
	void *ctx;
	enum shell_state state;
	enum shell_auth auth;
	int refused; /* by the first way to say who asks: its error */
	char refused_why[MESSAGE_SIZE];
	uint64_t deadline_ms;
	struct connection connection;

	/* The upgrade; `in` may have the first frames behind it. */
	char key[WEBSOCKET_KEY_SIZE];
	struct text out, in;
	size_t out_at, in_at;

	wslay_event_context_ptr frames;
	struct text control; /* a text message that arrives */
	bool is_text;	     /* the message that arrives is one */
	bool is_control;     /* the frame that arrives: a ping, a close */
	size_t turn;	     /* what may still be received in this turn */
	bool is_paused, was_full, has_more;
	int read_err;
	unsigned columns, rows;

	enum api_shell_end end;
	int status, err;
	char message[MESSAGE_SIZE];
};

static void shell_end(struct api_shell *shell, enum api_shell_end end, int err,
	const char *message)
{
	if (shell->state == SHELL_HAS_ENDED)
		return;
	shell->state = SHELL_HAS_ENDED;
	shell->end = end;
	shell->err = err;
	error_message_put(shell->message, sizeof(shell->message), message);
}

/* ---- what arrives ---- */

static void control_output(struct api_shell *shell, const json_t *json)
{
	size_t len;
	char *bytes = json_to_bytes(json_member(json, "data|output"), &len);

	if (bytes)
		shell->events->output(shell->ctx, bytes, len);
	free(bytes);
}

static void control_received(struct api_shell *shell)
{
	json_t *json = json_read(shell->control.data, shell->control.len);
	const char *type = json_string_value(json_member(json, "type"));
	int64_t status = -1;

	json_to_integer(json_member(json, "exit_code|code|status"), &status);
	if (type && !strcmp(type, "output")) {
		control_output(shell, json);
	} else if (type && !strcmp(type, "exit")) {
		shell->status = status < 0 || status > 255 ? -1 : (int)status;
		shell_end(shell, SHELL_EXITED, 0, "");
	} else if (type && !strcmp(type, "detached")) {
		shell_end(shell, SHELL_DETACHED, 0, "");
	}
	json_decref(json);
}

static void on_frame_start(wslay_event_context_ptr frames,
	const struct wslay_event_on_frame_recv_start_arg *arg, void *ctx)
{
	struct api_shell *shell = ctx;

	(void)frames;
	shell->is_control = wslay_is_ctrl_frame(arg->opcode);
	if (arg->opcode == WSLAY_TEXT_FRAME ||
		arg->opcode == WSLAY_BINARY_FRAME) {
		shell->is_text = arg->opcode == WSLAY_TEXT_FRAME;
		text_clear(&shell->control);
	}
}

static void on_frame_chunk(wslay_event_context_ptr frames,
	const struct wslay_event_on_frame_recv_chunk_arg *arg, void *ctx)
{
	struct api_shell *shell = ctx;

	(void)frames;
	if (shell->state != SHELL_IS_OPEN || shell->is_control)
		return;
	if (!shell->is_text)
		shell->events->output(shell->ctx, arg->data, arg->data_length);
	else if (shell->control.len + arg->data_length <= CONTROL_MAX)
		text_add(&shell->control, arg->data, arg->data_length);
	else
		shell->control.is_failed = true;
}

static void on_message(wslay_event_context_ptr frames,
	const struct wslay_event_on_msg_recv_arg *arg, void *ctx)
{
	struct api_shell *shell = ctx;

	(void)frames;
	if (arg->opcode == WSLAY_TEXT_FRAME && !shell->control.is_failed &&
		shell->state == SHELL_IS_OPEN)
		control_received(shell);
	if (arg->opcode == WSLAY_TEXT_FRAME)
		text_clear(&shell->control);
}

static ssize_t on_recv(wslay_event_context_ptr frames, uint8_t *bytes,
	size_t len, int flags, void *ctx)
{
	struct api_shell *shell = ctx;
	size_t left = shell->in.len - shell->in_at;
	ssize_t n = -EAGAIN;

	(void)flags;
	if (left) {
		n = (ssize_t)MIN(left, len);
		memcpy(bytes, shell->in.data + shell->in_at, (size_t)n);
		shell->in_at += (size_t)n;
		return n;
	}
	if (!shell->is_paused && shell->turn && shell->state == SHELL_IS_OPEN)
		n = connection_read(
			&shell->connection, bytes, MIN(len, shell->turn));
	if (n > 0) {
		shell->turn -= (size_t)n;
		return n;
	}
	if (n == -EAGAIN)
		shell->has_more |= !shell->turn;
	else
		shell->read_err = n ? (int)n : -ECONNRESET;
	wslay_event_set_error(frames,
		n == -EAGAIN ? WSLAY_ERR_WOULDBLOCK
			     : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* ---- what is sent ---- */

static ssize_t on_send(wslay_event_context_ptr frames, const uint8_t *bytes,
	size_t len, int flags, void *ctx)
{
	struct api_shell *shell = ctx;
	ssize_t n = connection_write(&shell->connection, bytes, len);

	(void)flags;
	if (n > 0)
		return n;
	if (n != -EAGAIN)
		shell->read_err = n ? (int)n : -ECONNRESET;
	wslay_event_set_error(frames,
		n == -EAGAIN ? WSLAY_ERR_WOULDBLOCK
			     : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static int on_mask(
	wslay_event_context_ptr frames, uint8_t *bytes, size_t len, void *ctx)
{
	(void)ctx;
	if (RAND_bytes(bytes, (int)len) == 1)
		return 0;
	wslay_event_set_error(frames, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static int queue_frame(struct api_shell *shell, enum wslay_opcode opcode,
	const void *bytes, size_t len)
{
	struct wslay_event_msg message = {
		.opcode = (uint8_t)opcode, .msg = bytes, .msg_length = len
	};
	int err = wslay_event_queue_msg(shell->frames, &message);

	return err == WSLAY_ERR_NOMEM ? -ENOMEM : 0;
}

static int queue_size(struct api_shell *shell)
{
	char text[64];
	int n = snprintf(text, sizeof(text),
		"{\"type\":\"resize\",\"cols\":%u,\"rows\":%u}", shell->columns,
		shell->rows);

	return queue_frame(shell, WSLAY_TEXT_FRAME, text, (size_t)n);
}

/* ---- the life of a shell ---- */

static int frames_new(struct api_shell *shell)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_mask,
		.on_frame_recv_start_callback = on_frame_start,
		.on_frame_recv_chunk_callback = on_frame_chunk,
		.on_msg_recv_callback = on_message,
	};

	if (wslay_event_context_client_init(&shell->frames, &callbacks, shell))
		return -ENOMEM;
	wslay_event_config_set_no_buffering(shell->frames, 1);
	wslay_event_config_set_max_recv_msg_length(
		shell->frames, UINT64_MAX >> 1);
	return queue_size(shell);
}

static void shell_attached(struct api_shell *shell, size_t used)
{
	int err;

	shell->in_at = used;
	err = frames_new(shell);
	if (err) {
		shell_end(shell, SHELL_REFUSED, err, "out of memory");
		return;
	}
	shell->state = SHELL_IS_OPEN;
	shell->events->opened(shell->ctx);
}

static int shell_connect(struct api_shell *shell)
{
	connection_close(&shell->connection);
	text_clear(&shell->out);
	text_clear(&shell->in);
	shell->out_at = 0;
	shell->state = SHELL_CONNECTS;
	int err = upgrade_request(
		shell->api, shell->id, shell->auth, shell->key, &shell->out);
	return err
		? err
		: connection_start(&shell->connection, shell->api, CONNECT_MS);
}

static int upgrade_send(struct api_shell *shell)
{
	struct text *out = &shell->out;
	ssize_t n = 1;

	while (n > 0 && shell->out_at < out->len) {
		n = connection_write(&shell->connection,
			out->data + shell->out_at, out->len - shell->out_at);
		if (n > 0)
			shell->out_at += (size_t)n;
	}
	return n < 0 && n != -EAGAIN ? (int)n : 0;
}

/* 0: the answer is in; -EINPROGRESS. */
static int upgrade_receive(struct api_shell *shell, size_t *used, int *status,
	char message[MESSAGE_SIZE])
{
	char bytes[4096];
	ssize_t n = 1;
	int err = -EINPROGRESS;

	while (n > 0 && err == -EINPROGRESS) {
		n = connection_read(&shell->connection, bytes, sizeof(bytes));
		if (n > 0 && text_add(&shell->in, bytes, (size_t)n))
			return -ENOMEM;
		if (n > 0)
			err = upgrade_answer(
				&shell->in, shell->key, used, status, message);
	}
	if (err != -EINPROGRESS || n == -EAGAIN)
		return err;
	snprintf(message, MESSAGE_SIZE, "the connection was closed");
	return n ? (int)n : -ECONNRESET;
}

static bool is_refusal_of_auth(int status)
{
	return status == 401 || status == 403;
}

static void upgrade_run(struct api_shell *shell)
{
	char message[MESSAGE_SIZE] = "the connection was lost";
	int status = 0, err = upgrade_send(shell);
	size_t used = 0;

	if (!err)
		err = upgrade_receive(shell, &used, &status, message);
	if (err == -EINPROGRESS)
		return;
	if (!err) {
		shell_attached(shell, used);
		return;
	}
	if (!shell->refused) {
		shell->refused = err;
		memcpy(shell->refused_why, message, sizeof(message));
	}
	if (is_refusal_of_auth(status) && shell->auth < AUTH_NONE) {
		shell->auth++;
		err = shell_connect(shell);
		if (!err)
			return;
	}
	/* The first way is the one that should have worked. */
	if (is_refusal_of_auth(status))
		shell_end(shell, SHELL_REFUSED, shell->refused,
			shell->refused_why);
	else
		shell_end(shell, SHELL_REFUSED, err, message);
}

static void frames_run(struct api_shell *shell)
{
	bool reads = !shell->is_paused || shell->in_at < shell->in.len;

	shell->turn = TURN_MAX;
	shell->has_more = false;
	int err = reads ? wslay_event_recv(shell->frames) : 0;
	if (!err)
		err = wslay_event_send(shell->frames);
	if (shell->state != SHELL_IS_OPEN)
		return;
	if (err && !shell->read_err)
		shell_end(shell, SHELL_LOST,
			err == WSLAY_ERR_NOMEM ? -ENOMEM : -EPROTO,
			"the server's frames are no WebSocket frames");
	else if (err)
		shell_end(shell, SHELL_LOST, shell->read_err,
			"the connection was lost");
	else if (wslay_event_get_close_received(shell->frames))
		shell_end(shell, SHELL_EXITED, 0, "");
	else if (!wslay_event_get_read_enabled(shell->frames))
		shell_end(shell, SHELL_LOST, -EPROTO,
			"the server's frames are no WebSocket frames");
	size_t queued = wslay_event_get_queued_msg_length(shell->frames);
	if (shell->was_full && queued < QUEUE_MAX / 2) {
		shell->was_full = false;
		shell->events->writable(shell->ctx);
	}
}

static void shell_run(struct api_shell *shell)
{
	struct connection *connection = &shell->connection;
	uint64_t now_ms = shell->api->now_ms;
	int err;

	if (shell->state == SHELL_CONNECTS) {
		err = connection_run(connection, now_ms);
		if (!err)
			shell->state = SHELL_ASKS;
		else if (err != -EINPROGRESS)
			shell_end(shell, SHELL_REFUSED, err, connection->error);
	}
	if (shell->state == SHELL_ASKS)
		upgrade_run(shell);
	if (shell->state < SHELL_IS_OPEN && shell->deadline_ms <= now_ms)
		shell_end(shell, SHELL_REFUSED, -ETIMEDOUT, "timed out");
	if (shell->state == SHELL_IS_OPEN)
		frames_run(shell);
	if (shell->state == SHELL_HAS_ENDED && shell->ctx) {
		void *ctx = shell->ctx;
		shell->ctx = NULL;
		shell->events->ended(ctx, shell->end, shell->status, shell->err,
			shell->message);
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
	count += shell->connection.count;
	return count;
}

unsigned shells_poll(const struct api *api, struct pollfd *fds)
{
	struct api_shell *shell;
	unsigned count = 0;

	TAILQ_FOREACH(shell, &api->shells, link)
	if (shell->state != SHELL_HAS_ENDED)
		count += connection_poll(
			&shell->connection, !shell->is_paused, fds + count);
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
		if (shell->connection.timer_ms)
			wake_ms = MIN(wake_ms, shell->connection.timer_ms);
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
	shell->columns = 80;
	shell->rows = 24;
	shell->status = -1;
	shell->deadline_ms = now_ms + CONNECT_MS;
	shell->id = strdup(id);
	int err = shell->id ? shell_connect(shell) : -ENOMEM;
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
	if (shell->frames)
		wslay_event_context_free(shell->frames);
	connection_close(&shell->connection);
	text_clear(&shell->out);
	text_clear(&shell->in);
	text_clear(&shell->control);
	free(shell->id);
	free(shell);
}

bool api_shell_has_room(struct api_shell *shell)
{
	if (shell->state != SHELL_IS_OPEN)
		return false;
	shell->was_full =
		wslay_event_get_queued_msg_length(shell->frames) >= QUEUE_MAX;
	return !shell->was_full;
}

ssize_t api_shell_write(struct api_shell *shell, const void *bytes, size_t len)
{
	const char *at = bytes;
	size_t taken = 0;

	while (taken < len && api_shell_has_room(shell)) {
		size_t n = MIN(len - taken, FRAME_MAX);
		if (queue_frame(shell, WSLAY_BINARY_FRAME, at + taken, n))
			return taken ? (ssize_t)taken : -ENOMEM;
		taken += n;
	}
	if (taken && wslay_event_send(shell->frames))
		shell->has_more = true; /* the next turn says what is wrong */
	return (ssize_t)taken;
}

int api_shell_resize(struct api_shell *shell, unsigned columns, unsigned rows)
{
	shell->columns = columns;
	shell->rows = rows;
	if (shell->state != SHELL_IS_OPEN)
		return 0;
	shell->has_more = true; /* to be sent in the next turn */
	return queue_size(shell);
}

void api_shell_pause(struct api_shell *shell, bool is_paused)
{
	if (shell->is_paused && !is_paused)
		shell->has_more = true; /* TLS may have bytes already */
	shell->is_paused = is_paused;
}
