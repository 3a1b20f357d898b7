/* SPDX-License-Identifier: MIT */
/* api/shell.h - a live shell's connection, as seen inside api/ */
#ifndef API_SHELL_H
#define API_SHELL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <curl/curl.h>

#include "api/client.h"

#define CONNECTION_FDS 8

/*
 * A connection that curl opens (name lookup, proxy, TLS) and that we use
 * directly from then on. Each has a multi handle of its own, since curl closes
 * idle connections of a pool when it looks for one to reuse.
 */
struct connection {
	CURLM *multi;
	CURL *easy;
	bool is_open, wants_write;
	uint64_t now_ms;
	uint64_t timer_ms; /* when curl wants to be called; 0: no timer */
	struct pollfd fds[CONNECTION_FDS];
	unsigned count;
	char error[CURL_ERROR_SIZE];
};

/* Starts to connect to the host of api's URLs. The errors of errno_of_curl. */
int connection_start(struct connection *connection, const struct api *api,
	uint64_t timeout_ms);
/* Continues to connect: 0 once it is open, -EINPROGRESS, or -errno with
 * `error`. */
int connection_run(struct connection *connection, uint64_t now_ms);
/* Fills fds with what to wait for. Returns how many. */
unsigned connection_poll(
	const struct connection *connection, bool reads, struct pollfd *fds);
/* Bytes, 0 at the end of the stream, -EAGAIN, or -ECONNRESET and the like. */
ssize_t connection_read(struct connection *connection, void *bytes, size_t len);
ssize_t connection_write(
	struct connection *connection, const void *bytes, size_t len);
void connection_close(struct connection *connection);

/* ---- the upgrade of HTTP to a WebSocket ---- */

enum { WEBSOCKET_KEY_SIZE = 25 };

/* How the upgrade is authenticated (part 16.7); if one way is refused, the next
 * is tried. */
enum shell_auth { AUTH_HEADERS, AUTH_QUERY, AUTH_NONE };

/* The request, with a new random key. -ENOMEM, -EIO, -EINVAL (bad id). */
int upgrade_request(const struct api *api, const char *id, enum shell_auth auth,
	char key[WEBSOCKET_KEY_SIZE], struct text *out);

struct upgrade {
	struct headers headers;
	size_t used; /* by the head */
	json_t *json;
	bool is_about_clock;
	char message[MESSAGE_SIZE];
	char code[CODE_SIZE];
};

/* Reads the answer in `in`; is_end: no more follows. 0: upgraded; -EINPROGRESS:
 * incomplete; else -errno with the reason in message. The status is 0 if there
 * is no answer. */
int upgrade_answer(const struct text *in, bool is_end, const char *key,
	struct upgrade *upgrade);
void upgrade_clear(struct upgrade *upgrade);

/* ---- all shells of a client ---- */

/* Runs each shell, and calls its events. */
void shells_run(struct api *api);
/* Writes their descriptors to fds, which has room for shells_fds() of them. */
unsigned shells_fds(const struct api *api);
unsigned shells_poll(const struct api *api, struct pollfd *fds);
/* When shells_run must be called at the latest; UINT64_MAX: never. */
uint64_t shells_wake_ms(const struct api *api);

#endif
