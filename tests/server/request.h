/* SPDX-License-Identifier: MIT */
/* tests/server/request.h - a request and its reply */
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
	/* The path as it is counted, which fault rules match: /jobs/ID. */
	const char *pattern;
	/* The public key, once the signature has been checked. */
	const char *account;
};

struct reply {
	int status;
	/* The body's Content-Type; a borrowed constant. */
	const char *type;
	struct text body;
	/* In addition to Content-Type and Content-Length; both owned. */
	char *names[REPLY_HEADERS];
	char *values[REPLY_HEADERS];
	size_t header_count;
	/* A fault's reply: without Date and rate limits. */
	bool is_bare;
	/* If set, sends the body in parts until the client disconnects. */
	void (*stream)(struct server *server, struct request *request,
		struct stream *stream);
	/* If set, uses the connection as a WebSocket after a 101. */
	void (*upgrade)(void *ctx, int fd, const void *begun, size_t begun_len);
	void *upgrade_ctx;
	/* The contact whose one-time code was used. */
	char sudo_by[80];
	/* Where the stream begins; set before the headers are sent. */
	unsigned long long stream_from;
};

/* Splits the target; the strings are borrowed. */
int request_init(struct request *request, struct MHD_Connection *connection,
	const char *method, const char *target);
void request_clear(struct request *request);

/* NULL if it was not sent. */
const char *request_header(const struct request *request, const char *name);

/* The decoded value, owned by the caller; NULL if there is none. */
char *request_query(const struct request *request, const char *name);

/*
 * The body as a JSON object, owned by the caller; an empty body is an empty
 * object.  NULL with the reply made if it is anything else, or if a known
 * member has the wrong type.
 */
json_t *request_json(const struct request *request, struct reply *reply);

void reply_clear(struct reply *reply);
void reply_header(struct reply *reply, const char *name, const char *value);

/*
 * The API's error body.  Its member error is the message; for a 429, and for a
 * code in lower case, it is the code, since the API's clients compare it.
 */
void reply_error(
	struct reply *reply, int status, const char *code, const char *message);

/* An answer in plain text. */
void reply_text(struct reply *reply, int status, const char *words);

/* Like reply_error, but left open for more fields: close it with '}'. */
void reply_error_open(
	struct reply *reply, int status, const char *code, const char *message);

#endif
