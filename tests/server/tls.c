/* SPDX-License-Identifier: MIT */
/* tests/server/tls.c - https, as a proxy to the plain server */
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certificate.h"
#include "exchange.h"
#include "pump.h"

enum {
	STACK = 256 << 10,
	BACKLOG = 1024,
};

struct tls {
	SSL_CTX *context;
	struct MHD_Daemon *daemon;
	int stop_fd;
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	int connections;
};

struct connection {
	struct tls *tls;
	int fd;
};

static void connection_serve(struct connection *connection)
{
	SSL *ssl = SSL_new(connection->tls->context);
	int pair[2];

	if (!ssl)
		return;
	if (SSL_set_fd(ssl, connection->fd) == 1 && SSL_accept(ssl) == 1 &&
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
		if (exchange_add(connection->tls->daemon, pair[1]) == 0)
			pump(ssl, connection->fd, pair[0],
				connection->tls->stop_fd);
		close(pair[0]);
	}
	ERR_clear_error();
	SSL_free(ssl);
}

static void *connection_main(void *arg)
{
	struct connection *connection = arg;
	struct tls *tls = connection->tls;
	struct timeval timeout = { .tv_sec = 10 };

	/* Limits only the handshake: pump() makes the socket non-blocking. */
	setsockopt(connection->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		sizeof(timeout));
	connection_serve(connection);
	close(connection->fd);
	free(connection);
	pthread_mutex_lock(&tls->lock);
	tls->connections--;
	pthread_cond_broadcast(&tls->idle);
	pthread_mutex_unlock(&tls->lock);
	return NULL;
}

static void connection_start(struct tls *tls, int fd)
{
	struct connection *connection = malloc(sizeof(*connection));
	pthread_attr_t attributes;
	pthread_t thread;
	int err = ENOMEM;

	pthread_mutex_lock(&tls->lock);
	tls->connections++;
	pthread_mutex_unlock(&tls->lock);
	if (connection) {
		*connection = (struct connection){ tls, fd };
		pthread_attr_init(&attributes);
		pthread_attr_setdetachstate(
			&attributes, PTHREAD_CREATE_DETACHED);
		pthread_attr_setstacksize(&attributes, STACK);
		err = pthread_create(
			&thread, &attributes, connection_main, connection);
		pthread_attr_destroy(&attributes);
	}
	if (!err)
		return;
	free(connection);
	close(fd);
	pthread_mutex_lock(&tls->lock);
	tls->connections--;
	pthread_mutex_unlock(&tls->lock);
}

static void *accept_main(void *arg)
{
	struct tls *tls = arg;
	struct pollfd fds[2] = {
		{ .fd = tls->fd, .events = POLLIN },
		{ .fd = tls->stop_fd, .events = POLLIN },
	};
	int fd;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			return NULL;
		fd = accept4(tls->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			connection_start(tls, fd);
	}
}

static int listen_on(int *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
		listen(fd, BACKLOG) ||
		getsockname(fd, (struct sockaddr *)&address, &len)) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

static int choose_http1(SSL *ssl, const unsigned char **out,
	unsigned char *out_len, const unsigned char *in, unsigned int in_len,
	void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto((unsigned char **)out, out_len, ours,
		    sizeof(ours) - 1, in, in_len) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_NOACK;
}

static SSL_CTX *context_new(const char *dir)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	char cert[4096], key[4096];

	snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	if (context && certificate_make(dir) == 0 &&
		SSL_CTX_use_certificate_chain_file(context, cert) == 1 &&
		SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) ==
			1) {
		SSL_CTX_set_alpn_select_cb(context, choose_http1, NULL);
		return context;
	}
	SSL_CTX_free(context);
	return NULL;
}

static void tls_free(struct tls *tls)
{
	if (tls->fd >= 0)
		close(tls->fd);
	SSL_CTX_free(tls->context);
	pthread_mutex_destroy(&tls->lock);
	pthread_cond_destroy(&tls->idle);
	free(tls);
}

struct tls *tls_start(
	const char *dir, struct MHD_Daemon *daemon, int stop_fd, int *port)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return NULL;
	pthread_mutex_init(&tls->lock, NULL);
	pthread_cond_init(&tls->idle, NULL);
	tls->daemon = daemon;
	tls->stop_fd = stop_fd;
	tls->fd = listen_on(port);
	tls->context = context_new(dir);
	if (tls->fd < 0 || !tls->context ||
		pthread_create(&tls->thread, NULL, accept_main, tls)) {
		fprintf(stderr, "standin: cannot serve TLS from %s: %s\n", dir,
			tls->fd < 0 ? strerror(errno) : "bad certificate");
		tls_free(tls);
		return NULL;
	}
	return tls;
}

void tls_stop(struct tls *tls)
{
	if (!tls)
		return;
	pthread_join(tls->thread, NULL);
	pthread_mutex_lock(&tls->lock);
	while (tls->connections)
		pthread_cond_wait(&tls->idle, &tls->lock);
	pthread_mutex_unlock(&tls->lock);
	tls_free(tls);
}
