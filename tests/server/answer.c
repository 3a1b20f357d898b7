/* SPDX-License-Identifier: MIT */
/* tests/server/answer.c - answers one request, correctly or with a fault */
#include "answer.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "server.h"
#include "wire.h"

/* The connection's socket, for answers that libmicrohttpd cannot send. */
static struct stream stream_of(
	const struct server *server, const struct request *request)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return (struct stream){ info->connect_fd, server->stop_fd, false, 0 };
}

/* Replaces the real answer by that of the rule. */
static void fault_reply(const struct fault *fault, struct reply *reply)
{
	const char *name;
	json_t *value;

	if (fault->status || fault->headers) {
		size_t i;

		for (i = 0; i < reply->header_count; i++) {
			free(reply->names[i]);
			free(reply->values[i]);
		}
		reply->header_count = 0;
		reply->is_bare = true;
	}
	if (fault->status) {
		reply->status = fault->status;
		text_clear(&reply->body);
		text_add(&reply->body, fault->body.data, fault->body.len);
		if (!fault->body.data && fault->status >= 400)
			reply_error(reply, fault->status, "STRUCK",
				"this is the answer of a fault rule");
		else if (!fault->body.data)
			text_puts(&reply->body, "{}");
	}
	json_object_foreach (fault->headers, name, value) {
		reply_header(reply, name, json_string_value(value));
	}
}

static bool is_control(const struct request *request)
{
	return request->part_count && !strcmp(request->parts[0], "_standin");
}

/* Answers; true if the answer was already written to the socket. */
static bool answer_with_fault(struct server *server, struct request *request,
	struct reply *reply, const struct fault *fault)
{
	struct stream stream = stream_of(server, request);

	if (fault->delay_ms && !fault->is_after)
		server_pause(server, fault->delay_ms);
	if (fault_carries_out(fault))
		route_answer(server, request, reply);
	if (fault->delay_ms && fault->is_after)
		server_pause(server, fault->delay_ms);
	fault_reply(fault, reply);
	if (!reply->status)
		reply->status = 200;
	if (!fault_breaks_wire(fault))
		return false;
	wire_send(&stream, reply, fault);
	return true;
}

/* Runs until the client disconnects. */
static void answer_stream(
	struct server *server, struct request *request, struct reply *reply)
{
	struct stream stream = stream_of(server, request);
	struct text head = { 0 };

	stream.from = reply->stream_from;
	text_printf(&head,
		"HTTP/1.1 %d OK\r\nContent-Type: %s\r\n"
		"Cache-Control: no-cache\r\nConnection: close\r\n"
		"Transfer-Encoding: chunked\r\n\r\n",
		reply->status, reply->type);
	if (!head.failed && stream_push(&stream, head.data, head.len)) {
		stream.is_chunked = true;
		reply->stream(server, request, &stream);
		stream_end(&stream);
	}
	text_clear(&head);
}

static bool answer_control(
	struct server *server, struct request *request, struct reply *reply)
{
	reply->status = 200;
	if (request->route)
		request->route->answer(server, request, reply);
	else
		reply_error(reply, 404, "NOT_FOUND", "no such switch");
	return false;
}

bool answer(struct server *server, struct request *request, struct reply *reply)
{
	struct fault fault;
	bool is_sent = false;

	route_find(request);
	if (is_control(request))
		return answer_control(server, request, reply);
	ledger_count(&server->ledger, request->method, request->pattern);
	ledger_change(&server->ledger, request);
	if (faults_take(&server->faults, request, &fault)) {
		is_sent = answer_with_fault(server, request, reply, &fault);
		fault_clear(&fault);
	} else {
		route_answer(server, request, reply);
	}
	journal_add(&server->journal, moment_now_ms(&server->moment),
		request->method, request->path, reply->status);
	if (!is_sent && reply->stream) {
		answer_stream(server, request, reply);
		return true;
	}
	return is_sent;
}
