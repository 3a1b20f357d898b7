/* SPDX-License-Identifier: MIT */
/* tests/server/exchange.c - translates between libmicrohttpd and requests */
#include "exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

enum {
	BODY_MAX = 256 << 20,
	CONNECTIONS = 4000,
	STACK = 512 << 10,
	HEADERS_MAX = 512 << 10,
};

struct exchange {
	char *target;
	struct text body;
	bool is_begun;
	bool is_too_large;
};

static void *exchange_new(
	void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	(void)cls;
	(void)connection;
	if (exchange)
		exchange->target = strdup(uri);
	return exchange;
}

static void exchange_free(void *cls, struct MHD_Connection *connection,
	void **place, enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *place;

	(void)cls;
	(void)connection;
	(void)code;
	if (!exchange)
		return;
	text_clear(&exchange->body);
	free(exchange->target);
	free(exchange);
	*place = NULL;
}

struct upgrade {
	void (*run)(void *ctx, int fd, const void *begun, size_t begun_len);
	void *ctx;
};

static void exchange_upgraded(void *cls, struct MHD_Connection *connection,
	void *con_cls, const char *begun, size_t begun_len, MHD_socket fd,
	struct MHD_UpgradeResponseHandle *handle)
{
	struct upgrade *upgrade = cls;

	(void)connection;
	(void)con_cls;
	upgrade->run(upgrade->ctx, fd, begun, begun_len);
	MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
	free(upgrade);
}

static struct MHD_Response *response_new(struct reply *reply)
{
	struct upgrade *upgrade;

	if (!reply->upgrade)
		return MHD_create_response_from_buffer(reply->body.len,
			reply->body.data, MHD_RESPMEM_MUST_FREE);
	upgrade = malloc(sizeof(*upgrade));
	if (!upgrade)
		return NULL;
	*upgrade = (struct upgrade){ reply->upgrade, reply->upgrade_ctx };
	return MHD_create_response_for_upgrade(exchange_upgraded, upgrade);
}

/* Takes over the reply's body. */
static enum MHD_Result queue_reply(struct server *server,
	struct MHD_Connection *connection, struct reply *reply)
{
	struct MHD_Response *response = response_new(reply);
	enum MHD_Result result;
	char date[40];
	size_t i;

	if (!response)
		return MHD_NO;
	memset(&reply->body, 0, sizeof(reply->body));
	for (i = 0; i < reply->header_count; i++)
		MHD_add_response_header(
			response, reply->names[i], reply->values[i]);
	if (!reply->upgrade &&
		!MHD_get_response_header(response, "Content-Type"))
		MHD_add_response_header(response, "Content-Type", reply->type);
	if (!reply->is_bare) {
		moment_http(
			moment_wall_ms(&server->moment), date, sizeof(date));
		MHD_add_response_header(response, "Date", date);
	}
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result exchange_answer(struct server *server,
	struct MHD_Connection *connection, const char *method,
	struct exchange *exchange)
{
	struct request request;
	struct reply reply = { .type = "application/json" };
	enum MHD_Result result = MHD_NO;
	bool is_sent = false;

	if (request_init(&request, connection, method, exchange->target) == 0) {
		request.body = exchange->body.data;
		request.body_len = exchange->body.len;
		if (exchange->is_too_large)
			reply_error(&reply, 413, "BODY_TOO_LARGE",
				"The body is over 256 MB");
		else
			is_sent = answer(server, &request, &reply);
		if (!is_sent && !reply.body.failed)
			result = queue_reply(server, connection, &reply);
	}
	reply_clear(&reply);
	request_clear(&request);
	return result;
}

static bool is_declared_too_large(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, "Content-Length");

	return length && strtoull(length, NULL, 10) > BODY_MAX;
}

static enum MHD_Result exchange_step(void *cls,
	struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *data, size_t *data_len, void **place)
{
	struct exchange *exchange = *place;

	(void)url;
	(void)version;
	if (!exchange || !exchange->target)
		return MHD_NO;
	if (!exchange->is_begun) {
		exchange->is_begun = true;
		exchange->is_too_large = is_declared_too_large(connection);
		if (!exchange->is_too_large)
			return MHD_YES;
	}
	if (*data_len) {
		if (exchange->body.len + *data_len > BODY_MAX)
			exchange->is_too_large = true;
		if (!exchange->is_too_large)
			text_add(&exchange->body, data, *data_len);
		*data_len = 0;
		return exchange->body.failed ? MHD_NO : MHD_YES;
	}
	return exchange_answer(cls, connection, method, exchange);
}

/* We decode paths ourselves, after splitting and checking the signature. */
static size_t leave_encoded(
	void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

struct MHD_Daemon *exchange_start(
	struct server *server, bool has_socket, int *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(server->options.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	unsigned int flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_UPGRADE |
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC |
		MHD_USE_SUPPRESS_DATE_NO_CLOCK;
	struct MHD_Daemon *daemon;

	if (!has_socket)
		flags |= MHD_USE_NO_LISTEN_SOCKET;
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, exchange_step, server,
		MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_URI_LOG_CALLBACK,
		exchange_new, NULL, MHD_OPTION_NOTIFY_COMPLETED, exchange_free,
		NULL, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX,
		MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned int)1024,

		MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK, MHD_OPTION_END);
	if (!daemon) {
		fprintf(stderr, "standin: cannot listen on port %d: %s\n",
			server->options.port, strerror(errno));
		return NULL;
	}
	if (has_socket)
		*port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)
				->port;
	return daemon;
}

int exchange_add(struct MHD_Daemon *daemon, int fd)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return MHD_add_connection(daemon, fd, (struct sockaddr *)&address,
		       sizeof(address)) == MHD_YES
		? 0
		: -ECONNABORTED;
}
