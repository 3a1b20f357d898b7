/* SPDX-License-Identifier: MIT */
/* tests/server/request.h - what was asked, and what is answered */
#ifndef TESTS_SERVER_REQUEST_H
#define TESTS_SERVER_REQUEST_H

#include <jansson.h>

#include "emit.h"

#define REQUEST_PARTS 8
#define REPLY_HEADERS 32

struct server;
struct route;
struct MHD_Connection;
struct stream;

struct request {
	struct MHD_Connection *connection;
	const char *method;
	/* As sent: path and query, still percent-encoded. */
	const char *target;
	char *path;
	const char *query;
	const void *body;
	size_t body_len;
	/* The decoded parts of the path: /jobs/ID gives "jobs", "ID". */
	char *parts[REQUEST_PARTS];
	size_t part_count;
	const struct route *route;
	/* What the route was counted and fault rules are matched as. */
	const char *pattern;
	/* The public key, once the signature has been checked. */
	const char *account;
};

struct reply {
	int status;
	/* Of the body; a borrowed constant. */
	const char *type;
	struct text body;
	/* Beside Content-Type and Content-Length; both owned. */
	char *names[REPLY_HEADERS];
	char *values[REPLY_HEADERS];
	size_t header_count;
	/* Sends no Date and no limits: a fault's reply. */
	bool is_bare;
	/* NULL, or sends the body bit by bit until the client goes. */
	void (*stream)(struct server *server, struct request *request,
		struct stream *stream);
	/* Where the stream begins: fixed before the client hears of it. */
	unsigned long long stream_from;
};

/* Splits the target; what it borrows must outlive the request. */
int request_init(struct request *request, struct MHD_Connection *connection,
	const char *method, const char *target);
void request_clear(struct request *request);

/* NULL when it was not sent. */
const char *request_header(const struct request *request, const char *name);

/* The decoded value, owned by the caller; NULL when the query lacks it. */
char *request_query(const struct request *request, const char *name);

/*
 * The body as a JSON object, owned by the caller; an empty body is an empty
 * object.  NULL with the reply made when it is neither.
 */
json_t *request_json(const struct request *request, struct reply *reply);

void reply_clear(struct reply *reply);
void reply_header(struct reply *reply, const char *name, const char *value);

/*
 * The API's error body.  For a 429 error is the code in lower case, as the
 * API's clients compare it; otherwise it is the message.
 */
void reply_error(
	struct reply *reply, int status, const char *code, const char *message);

/* As reply_error, left open for more fields: close it with '}'. */
void reply_error_open(
	struct reply *reply, int status, const char *code, const char *message);

#endif
