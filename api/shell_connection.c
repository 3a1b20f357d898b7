/* SPDX-License-Identifier: MIT */
/* api/shell_connection.c - a connection that curl makes and others use */
#include <errno.h>
#include <string.h>
#include <sys/param.h>

#include "api/shell.h"

static int on_socket(
	CURL *easy, curl_socket_t fd, int what, void *ctx, void *per_socket)
{
	struct connection *connection = ctx;
	short events = 0;
	unsigned i = 0;

	(void)easy, (void)per_socket;
	if (what & CURL_POLL_IN && what != CURL_POLL_REMOVE)
		events |= POLLIN;
	if (what & CURL_POLL_OUT && what != CURL_POLL_REMOVE)
		events |= POLLOUT;
	while (i < connection->count && connection->fds[i].fd != fd)
		i++;
	if (i == CONNECTION_FDS)
		return -1;
	if (what == CURL_POLL_REMOVE && i < connection->count) {
		connection->fds[i] = connection->fds[--connection->count];
	} else if (what != CURL_POLL_REMOVE) {
		connection->fds[i] =
			(struct pollfd){ .fd = fd, .events = events };
		connection->count = MAX(connection->count, i + 1);
	}
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
	struct connection *connection = ctx;

	(void)multi;
	connection->timer_ms = timeout_ms < 0
		? 0
		: connection->now_ms + (uint64_t)timeout_ms + 1;
	return 0;
}

static int multi_prepare(struct connection *connection)
{
	CURLM *multi = connection->multi = curl_multi_init();

	if (!multi)
		return -ENOMEM;
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, connection);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, connection);
	return errno_of_curl_multi(
		curl_multi_add_handle(multi, connection->easy));
}

int connection_start(struct connection *connection, const struct api *api,
	uint64_t timeout_ms)
{
	CURL *easy = connection->easy = curl_easy_init();

	if (!easy)
		return -ENOMEM;
	CURLcode code = transfer_defaults(easy, api);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_URL, api->base);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			(long)CURL_HTTP_VERSION_1_1);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
			(long)MIN(timeout_ms, INT32_MAX));
	if (code == CURLE_OK)
		code = curl_easy_setopt(
			easy, CURLOPT_ERRORBUFFER, connection->error);
	return code == CURLE_OK ? multi_prepare(connection)
				: errno_of_curl(code, 0);
}

static int connection_result(struct connection *connection)
{
	CURLMsg *message;
	long os_errno = 0;
	int left;

	while ((message = curl_multi_info_read(connection->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode code = message->data.result;
		curl_easy_getinfo(
			connection->easy, CURLINFO_OS_ERRNO, &os_errno);
		if (code != CURLE_OK && !connection->error[0])
			strncat(connection->error, curl_easy_strerror(code),
				CURL_ERROR_SIZE - 1);
		connection->is_open = code == CURLE_OK;
		return errno_of_curl(code, os_errno);
	}
	return -EINPROGRESS;
}

/* Lets curl look at its sockets and timers. */
static int connection_turn(struct connection *connection)
{
	struct pollfd fds[CONNECTION_FDS];
	unsigned count = connection->count;
	CURLMcode code = CURLM_OK;
	int running;

	memcpy(fds, connection->fds, sizeof(fds));
	for (unsigned i = 0; i < count && code == CURLM_OK; i++)
		code = curl_multi_socket_action(
			connection->multi, fds[i].fd, 0, &running);
	if (code == CURLM_OK && connection->timer_ms <= connection->now_ms) {
		connection->timer_ms = 0;
		code = curl_multi_socket_action(
			connection->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	return errno_of_curl_multi(code);
}

int connection_run(struct connection *connection, uint64_t now_ms)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (connection->is_open)
		return 0;
	connection->now_ms = now_ms;
	int err = connection_turn(connection);
	if (!err)
		err = connection_result(connection);
	if (err)
		return err;
	curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &fd);
	connection->fds[0] = (struct pollfd){ .fd = fd };
	connection->count = 1;
	connection->timer_ms = 0;
	return fd == CURL_SOCKET_BAD ? -ECONNRESET : 0;
}

unsigned connection_poll(
	const struct connection *connection, bool reads, struct pollfd *fds)
{
	memcpy(fds, connection->fds, connection->count * sizeof(*fds));
	if (connection->is_open)
		fds->events = (short)((reads ? POLLIN : 0) |
			(connection->wants_write ? POLLOUT : 0));
	return connection->count;
}

ssize_t connection_read(struct connection *connection, void *bytes, size_t len)
{
	size_t n = 0;
	CURLcode code = curl_easy_recv(connection->easy, bytes, len, &n);

	if (code == CURLE_OK)
		return (ssize_t)n;
	return code == CURLE_AGAIN ? -EAGAIN : errno_of_curl(code, 0);
}

ssize_t connection_write(
	struct connection *connection, const void *bytes, size_t len)
{
	size_t n = 0;
	CURLcode code = curl_easy_send(connection->easy, bytes, len, &n);

	connection->wants_write = code == CURLE_AGAIN;
	if (code == CURLE_OK)
		return (ssize_t)n;
	return code == CURLE_AGAIN ? -EAGAIN : errno_of_curl(code, 0);
}

void connection_close(struct connection *connection)
{
	if (connection->multi && connection->easy)
		curl_multi_remove_handle(connection->multi, connection->easy);
	curl_easy_cleanup(connection->easy);
	if (connection->multi)
		curl_multi_cleanup(connection->multi);
	*connection = (struct connection){ 0 };
}
