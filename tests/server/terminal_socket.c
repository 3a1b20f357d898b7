/* SPDX-License-Identifier: MIT */
/* tests/server/terminal_socket.c - a WebSocket that is attached to a terminal
 */
#include "terminal_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <wslay/wslay.h>

#include "server.h"
#include "switch.h"

enum {
	AUTH_ANY,
	AUTH_HEADERS,
	AUTH_QUERY,
	AUTH_NONE,
	PIECE = 16384,
};

struct socket_state {
	struct attached *attached;
	wslay_event_context_ptr frames;
	int fd;
	bool saw_prefix; /* the last key was the multiplexer's Ctrl-b or -a */
	bool is_closing;
	/* Received with the upgrade. */
	const char *begun;
	size_t begun_len;
	/* Typed and not yet taken by the terminal. */
	struct text typed;
	size_t typed_at;
};

int terminal_admit(
	struct server *server, struct request *request, struct reply *reply)
{
	char *auth = request_query(request, "auth");
	int wanted = switch_number(SWITCH_SHELL_AUTH);
	bool has_headers = request_header(request, "Authorization");
	int err = 0;

	if (has_headers && (wanted == AUTH_ANY || wanted == AUTH_HEADERS))
		err = account_admit(
			&server->accounts, &server->moment, request, reply);
	else if (auth && (wanted == AUTH_ANY || wanted == AUTH_QUERY))
		request->account = account_find(&server->accounts, auth)
			? account_find(&server->accounts, auth)->public_key
			: NULL;
	else if (wanted != AUTH_ANY &&
		(wanted != AUTH_NONE || has_headers || auth))
		err = -EACCES;
	if (err == -EACCES && !reply->body.len)
		reply_error(reply, 401, "INVALID_KEY",
			"This way to authenticate is not accepted");
	free(auth);
	return err;
}

void terminal_detach(struct attached *attached)
{
	struct terminal *terminal = attached->terminal;
	pthread_mutex_t *lock = &terminal->server->terminals.lock;

	pthread_mutex_lock(lock);
	LIST_REMOVE(attached, link);
	pthread_cond_broadcast(&terminal->room);
	pthread_mutex_unlock(lock);
	close(attached->event);
	free(attached);
}

/* ---- to the client ---- */

static void say(struct socket_state *state, const char *text)
{
	const struct wslay_event_msg message = {
		.opcode = WSLAY_TEXT_FRAME,
		.msg = (const uint8_t *)text,
		.msg_length = strlen(text),
	};

	wslay_event_queue_msg(state->frames, &message);
}

static void finish(struct socket_state *state, const char *text)
{
	say(state, text);
	state->is_closing = true;
}

/* Queues one piece of new output, or, after the last one, the end. */
static void send_printed(struct socket_state *state)
{
	struct attached *attached = state->attached;
	struct terminal *terminal = attached->terminal;
	pthread_mutex_t *lock = &terminal->server->terminals.lock;
	char bytes[PIECE], text[64];
	size_t len;
	uint64_t events;
	bool is_end;

	if (state->is_closing ||
		wslay_event_get_queued_msg_length(state->frames) > PIECE)
		return;
	if (read(attached->event, &events, sizeof(events)) < 0)
		events = 0;
	pthread_mutex_lock(lock);
	len = terminal->printed - attached->sent;
	if (len > PIECE)
		len = PIECE;
	for (size_t i = 0; i < len; i++)
		bytes[i] = terminal->ring[(attached->sent + i) % TERMINAL_RING];
	attached->sent += len;
	is_end = terminal->has_ended && attached->sent == terminal->printed;
	snprintf(text, sizeof(text), "{\"type\":\"exit\",\"exit_code\":%d}",
		terminal->status);
	pthread_cond_broadcast(&terminal->room);
	pthread_mutex_unlock(lock);
	if (len) {
		const struct wslay_event_msg message = {
			.opcode = WSLAY_BINARY_FRAME,
			.msg = (const uint8_t *)bytes,
			.msg_length = len,
		};
		wslay_event_queue_msg(state->frames, &message);
	}
	if (is_end)
		finish(state, text);
}

static bool has_printed(const struct socket_state *state)
{
	struct terminal *terminal = state->attached->terminal;
	pthread_mutex_t *lock = &terminal->server->terminals.lock;
	bool has;

	pthread_mutex_lock(lock);
	has = terminal->printed != state->attached->sent || terminal->has_ended;
	pthread_mutex_unlock(lock);
	return has && !state->is_closing;
}

/* ---- from the client ---- */

static void resize(struct socket_state *state, const json_t *json)
{
	const struct winsize size = {
		.ws_col = (unsigned short)json_integer_value(
			json_object_get(json, "cols")),
		.ws_row = (unsigned short)json_integer_value(
			json_object_get(json, "rows")),
	};
	char text[80];

	if (!size.ws_col || !size.ws_row)
		return;
	ioctl(state->attached->terminal->master, TIOCSWINSZ, &size);
	snprintf(text, sizeof(text),
		"{\"type\":\"resized\",\"cols\":%u,\"rows\":%u}", size.ws_col,
		size.ws_row);
	say(state, text);
}

/* The multiplexers' keys for detaching: Ctrl-b d, Ctrl-a d. */
static bool detaches(struct socket_state *state, char c)
{
	bool detaches = state->attached->terminal->has_multiplexer &&
		state->saw_prefix && c == 'd';

	state->saw_prefix = c == 1 || c == 2;
	return detaches;
}

static void typed(struct socket_state *state, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (detaches(state, bytes[i])) {
			finish(state, "{\"type\":\"detached\"}");
			return;
		}
	text_add(&state->typed, bytes, len);
}

static void on_message(wslay_event_context_ptr frames,
	const struct wslay_event_on_msg_recv_arg *arg, void *ctx)
{
	struct socket_state *state = ctx;
	const char *bytes = (const char *)arg->msg;
	const char *type;
	json_t *json;

	(void)frames;
	if (arg->opcode == WSLAY_BINARY_FRAME)
		typed(state, bytes, arg->msg_length);
	if (arg->opcode != WSLAY_TEXT_FRAME)
		return;
	json = json_loadb(bytes, arg->msg_length, 0, NULL);
	type = json_string_value(json_object_get(json, "type"));
	if (type && !strcmp(type, "resize"))
		resize(state, json);
	else if (type && !strcmp(type, "stdin"))
		typed(state, json_string_value(json_object_get(json, "data")),
			json_string_length(json_object_get(json, "data")));
	else if (type && !strcmp(type, "ping"))
		say(state, "{\"type\":\"pong\"}");
	json_decref(json);
}

static ssize_t on_recv(wslay_event_context_ptr frames, uint8_t *bytes,
	size_t len, int flags, void *ctx)
{
	struct socket_state *state = ctx;
	ssize_t n = -1;

	(void)flags;
	if (state->begun_len) {
		n = (ssize_t)(len < state->begun_len ? len : state->begun_len);
		memcpy(bytes, state->begun, (size_t)n);
		state->begun += n;
		state->begun_len -= (size_t)n;
		return n;
	}
	errno = EAGAIN;
	if (state->typed.len - state->typed_at < PIECE)
		n = recv(state->fd, bytes, len, MSG_DONTWAIT);
	if (n > 0)
		return n;
	wslay_event_set_error(frames,
		n < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK
					 : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t on_send(wslay_event_context_ptr frames, const uint8_t *bytes,
	size_t len, int flags, void *ctx)
{
	struct socket_state *state = ctx;
	ssize_t n = send(state->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)flags;
	if (n > 0)
		return n;
	wslay_event_set_error(frames,
		n < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK
					 : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* ---- its thread ---- */

static void type_in(struct socket_state *state)
{
	struct text *text = &state->typed;
	ssize_t n;

	if (state->typed_at == text->len)
		return;
	n = write(state->attached->terminal->master,
		text->data + state->typed_at, text->len - state->typed_at);
	if (n > 0)
		state->typed_at += (size_t)n;
	if (state->typed_at == text->len) {
		text->len = 0;
		state->typed_at = 0;
	}
}

static int socket_wait(struct socket_state *state)
{
	bool has_typed = state->typed_at < state->typed.len;
	struct pollfd fds[] = {
		{ .fd = state->fd },
		{ .fd = state->attached->event, .events = POLLIN },
		{ .fd = state->attached->terminal->server->stop_fd,
			.events = POLLIN },
		{ .fd = has_typed ? state->attached->terminal->master : -1,
			.events = POLLOUT },
	};

	if (wslay_event_want_read(state->frames) &&
		state->typed.len - state->typed_at < PIECE)
		fds[0].events |= POLLIN;
	if (wslay_event_want_write(state->frames))
		fds[0].events |= POLLOUT;
	if (!wslay_event_want_write(state->frames) && has_printed(state))
		return 0;
	if (wslay_event_want_write(state->frames))
		fds[1].fd = -1;
	if (poll(fds, 4, -1) < 0 && errno != EINTR)
		return -errno;
	return fds[2].revents ? -ESHUTDOWN : 0;
}

static void socket_loop(struct socket_state *state)
{
	int err = 0;

	while (!err) {
		send_printed(state);
		type_in(state);
		if (wslay_event_recv(state->frames) ||
			wslay_event_send(state->frames))
			break;
		if (!wslay_event_want_write(state->frames) &&
			wslay_event_get_close_received(state->frames))
			break;
		/* wslay sends a close before what is queued. */
		if (!wslay_event_want_write(state->frames) &&
			state->is_closing) {
			wslay_event_queue_close(state->frames, 1000, NULL, 0);
			wslay_event_send(state->frames);
			break;
		}
		err = socket_wait(state);
	}
}

void terminal_socket_run(void *ctx, int fd, const void *begun, size_t begun_len)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.on_msg_recv_callback = on_message,
	};
	struct attached *attached = ctx;
	struct socket_state state = { .attached = attached,
		.fd = fd,
		.begun = begun,
		.begun_len = begun_len };

	/* Otherwise a frame's payload waits until its header is acknowledged.
	 */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (wslay_event_context_server_init(
		    &state.frames, &callbacks, &state) == 0) {
		socket_loop(&state);
		type_in(&state); /* input received just before the end */
		wslay_event_context_free(state.frames);
	}
	text_clear(&state.typed);
	terminal_detach(attached);
}
