/* SPDX-License-Identifier: MIT */
/* tests/unit/api/server.h - a scripted HTTP server inside the test */
#ifndef TESTS_UNIT_API_SERVER_H
#define TESTS_UNIT_API_SERVER_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>

/*
 * One thread, plain sockets. The n-th request, on whatever connection, is
 * answered by the n-th step of the script, later ones by the last step. The
 * requests are kept in seen.
 */

enum server_after {
	AFTER_KEEP,
	AFTER_CLOSE,
	AFTER_RESET, /* with RST; unread bytes are lost */
	AFTER_HANG,  /* the connection stays open, and silent */
};

struct server_step {
	int status;	     /* 0: no answer, unless there is a raw one; 101: a
				WebSocket, with body as its first frames */
	const char *headers; /* lines ending in \r\n; NULL: none */
	const char *body;
	const char *raw; /* sent verbatim instead of the above */
	enum server_after after;
	size_t body_len; /* if body contains NULs; 0: strlen */
};

#define SERVER_SEEN 64
#define SERVER_CONNECTIONS 64
#define SERVER_REQUEST (3 * 1024 * 1024)

struct server_seen {
	char *head; /* request line and headers */
	char *body;
	size_t body_len;
	int connection; /* counted from 1 */
};

struct server_connection {
	int fd;
	int number;
	char *in;
	size_t len;
	int is_silent;
};

struct server {
	int listener, wake, port, connections, is_ending;
	pthread_t thread;
	pthread_mutex_t lock;
	const struct server_step *script; /* the lock guards it and the rest */
	size_t steps, step;
	struct server_seen seen[SERVER_SEEN];
	int seen_count;
	struct server_connection open[SERVER_CONNECTIONS];
};

static void server_send_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static void server_close(struct server_connection *connection, int with_reset)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	if (with_reset)
		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger,
			sizeof(linger));
	close(connection->fd);
	free(connection->in);
	memset(connection, 0, sizeof(*connection));
	connection->fd = -1;
}

/* The value of a header of a received request, in a static buffer. */
static inline const char *server_header(
	const struct server_seen *seen, const char *name)
{
	static char value[512];
	char key[64];
	const char *at;
	size_t len;

	snprintf(key, sizeof(key), "\r\n%s: ", name);
	at = strcasestr(seen->head, key);
	if (!at)
		return NULL;
	at += strlen(key);
	len = strcspn(at, "\r");
	snprintf(value, sizeof(value), "%.*s", (int)len, at);
	return value;
}

/* The header that accepts the WebSocket of the last request. */
static void server_accept_key(const struct server *server, char *head)
{
	const struct server_seen *seen = &server->seen[server->seen_count - 1];
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[600];

	snprintf(text, sizeof(text), "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
		server_header(seen, "Sec-WebSocket-Key"));
	EVP_Digest(text, strlen(text), digest, NULL, EVP_sha1(), NULL);
	strcpy(head, "Sec-WebSocket-Accept: ");
	EVP_EncodeBlock((unsigned char *)head + strlen(head), digest, 20);
	strcat(head, "\r\n");
}

static void server_answer(struct server *server,
	struct server_connection *connection, const struct server_step *step)
{
	const char *body = step->body ? step->body : "";
	size_t len = step->body_len ? step->body_len : strlen(body);
	char head[1024], accept[100] = "";
	int n;

	if (step->raw) {
		server_send_all(connection->fd, step->raw, strlen(step->raw));
	} else if (step->status) {
		if (step->status == 101)
			server_accept_key(server, accept);
		n = snprintf(head, sizeof(head),
			"HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s%s\r\n",
			step->status, len, accept,
			step->headers ? step->headers : "");
		server_send_all(connection->fd, head, (size_t)n);
		server_send_all(connection->fd, body, len);
	}
	if (step->after == AFTER_CLOSE || step->after == AFTER_RESET)
		server_close(connection, step->after == AFTER_RESET);
	else if (step->after == AFTER_HANG)
		connection->is_silent = 1;
}

/* Takes one complete request from the input; 0: there is none yet. */
static int server_take(
	struct server *server, struct server_connection *connection)
{
	char *end = memmem(connection->in, connection->len, "\r\n\r\n", 4);
	size_t head_len, body_len = 0;
	struct server_seen *seen;
	const char *length;

	if (!end)
		return 0;
	end[2] = '\0';
	length = strcasestr(connection->in, "\r\nContent-Length:");
	if (length)
		body_len = (size_t)atol(length + 17);
	end[2] = '\r';
	head_len = (size_t)(end + 4 - connection->in);
	if (connection->len < head_len + body_len) {
		if (strcasestr(connection->in, "100-continue"))
			server_send_all(connection->fd,
				"HTTP/1.1 100 Continue\r\n\r\n", 25);
		return 0;
	}
	if (server->seen_count < SERVER_SEEN) {
		seen = &server->seen[server->seen_count++];
		seen->head = strndup(connection->in, head_len);
		seen->body = malloc(body_len + 1);
		memcpy(seen->body, connection->in + head_len, body_len);
		seen->body[body_len] = '\0';
		seen->body_len = body_len;
		seen->connection = connection->number;
	}
	connection->len -= head_len + body_len;
	memmove(connection->in, connection->in + head_len + body_len,
		connection->len);
	return 1;
}

static void server_read(
	struct server *server, struct server_connection *connection)
{
	ssize_t n = recv(connection->fd, connection->in + connection->len,
		SERVER_REQUEST - connection->len - 1, 0);
	const struct server_step *step;

	if (n <= 0) {
		server_close(connection, 0);
		return;
	}
	connection->len += (size_t)n;
	connection->in[connection->len] = '\0';
	while (connection->fd >= 0 && server_take(server, connection)) {
		step = &server->script[server->step];
		if (server->step + 1 < server->steps)
			server->step++;
		if (!connection->is_silent)
			server_answer(server, connection, step);
	}
}

static void server_accept(struct server *server)
{
	int fd = accept(server->listener, NULL, NULL), one = 1, i;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (i = 0; fd >= 0 && i < SERVER_CONNECTIONS; i++) {
		if (server->open[i].fd >= 0)
			continue;
		server->open[i].fd = fd;
		server->open[i].number = ++server->connections;
		server->open[i].in = malloc(SERVER_REQUEST);
		return;
	}
}

static void *server_main(void *ctx)
{
	struct server *server = ctx;
	struct pollfd fds[SERVER_CONNECTIONS + 2];
	int i, is_ending = 0;

	while (!is_ending) {
		for (i = 0; i < SERVER_CONNECTIONS; i++)
			fds[i] = (struct pollfd){ .fd = server->open[i].fd,
				.events = POLLIN };
		fds[i++] = (struct pollfd){ .fd = server->listener,
			.events = POLLIN };
		fds[i++] =
			(struct pollfd){ .fd = server->wake, .events = POLLIN };
		poll(fds, (nfds_t)i, -1);
		pthread_mutex_lock(&server->lock);
		if (fds[SERVER_CONNECTIONS].revents)
			server_accept(server);
		for (i = 0; i < SERVER_CONNECTIONS; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				server_read(server, &server->open[i]);
		is_ending = server->is_ending;
		pthread_mutex_unlock(&server->lock);
	}
	return NULL;
}

static void server_start(struct server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int i;

	memset(server, 0, sizeof(*server));
	for (i = 0; i < SERVER_CONNECTIONS; i++)
		server->open[i].fd = -1;
	pthread_mutex_init(&server->lock, NULL);
	server->wake = eventfd(0, EFD_CLOEXEC);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->listener, (struct sockaddr *)&address, len) < 0 ||
		listen(server->listener, 64) < 0 ||
		getsockname(server->listener, (struct sockaddr *)&address,
			&len) < 0)
		abort();
	server->port = ntohs(address.sin_port);
	if (pthread_create(&server->thread, NULL, server_main, server) != 0)
		abort();
}

static void server_forget(struct server *server)
{
	int i;

	for (i = 0; i < server->seen_count; i++) {
		/* wiped, since wipe.c would report them as leaks */
		explicit_bzero(
			server->seen[i].head, strlen(server->seen[i].head));
		explicit_bzero(server->seen[i].body, server->seen[i].body_len);
		free(server->seen[i].head);
		free(server->seen[i].body);
	}
	server->seen_count = 0;
}

/* Starts a new script and forgets the requests, but keeps connections open. */
static inline void server_script(
	struct server *server, const struct server_step *script, size_t steps)
{
	pthread_mutex_lock(&server->lock);
	server_forget(server);
	server->script = script;
	server->steps = steps;
	server->step = 0;
	pthread_mutex_unlock(&server->lock);
}

static int server_seen_count(struct server *server)
{
	int count;

	pthread_mutex_lock(&server->lock);
	count = server->seen_count;
	pthread_mutex_unlock(&server->lock);
	return count;
}

static void server_stop(struct server *server)
{
	uint64_t one = 1;
	int i;

	pthread_mutex_lock(&server->lock);
	server->is_ending = 1;
	pthread_mutex_unlock(&server->lock);
	if (write(server->wake, &one, sizeof(one)) < 0)
		abort();
	pthread_join(server->thread, NULL);
	for (i = 0; i < SERVER_CONNECTIONS; i++)
		if (server->open[i].fd >= 0)
			server_close(&server->open[i], 0);
	server_forget(server);
	close(server->listener);
	close(server->wake);
	pthread_mutex_destroy(&server->lock);
}

#endif
