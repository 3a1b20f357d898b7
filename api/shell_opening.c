/* SPDX-License-Identifier: MIT */
/* api/shell_opening.c - how a live shell is reached: connection and upgrade */
#include "api/shell_opening.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int opening_connect(struct opening *opening)
{
	connection_close(&opening->connection);
	text_clear(&opening->out);
	text_clear(&opening->in);
	opening->out_at = 0;
	opening->is_connected = false;
	int err = upgrade_request(opening->api, opening->id, opening->auth,
		opening->key, &opening->out);
	return err ? err
		   : connection_start(
			     &opening->connection, opening->api, CONNECT_MS);
}

int opening_init(struct opening *opening, struct api *api, const char *id)
{
	*opening = (struct opening){ .api = api, .wait_s = -1 };
	opening->id = strdup(id);
	return opening->id ? opening_connect(opening) : -ENOMEM;
}

void opening_clear(struct opening *opening)
{
	connection_close(&opening->connection);
	text_clear(&opening->out);
	text_clear(&opening->in);
	upgrade_clear(&opening->refusal);
	free(opening->id);
}

static int opening_fail(struct opening *opening, int err, const char *message)
{
	error_message_put(opening->message, sizeof(opening->message), message);
	return err;
}

static int upgrade_send(struct opening *opening)
{
	struct text *out = &opening->out;
	ssize_t n = 1;

	while (n > 0 && opening->out_at < out->len) {
		n = connection_write(&opening->connection,
			out->data + opening->out_at,
			out->len - opening->out_at);
		if (n > 0)
			opening->out_at += (size_t)n;
	}
	return n < 0 && n != -EAGAIN ? (int)n : 0;
}

/* 0: upgraded; -EINPROGRESS; or -errno. */
static int upgrade_receive(struct opening *opening, struct upgrade *upgrade)
{
	char bytes[4096];
	ssize_t n = 1;
	int err = -EINPROGRESS;

	while (n > 0 && err == -EINPROGRESS) {
		n = connection_read(&opening->connection, bytes, sizeof(bytes));
		if (n == -EAGAIN)
			return err;
		if (n > 0 && text_add(&opening->in, bytes, (size_t)n))
			return -ENOMEM;
		err = upgrade_answer(
			&opening->in, n <= 0, opening->key, upgrade);
	}
	if (err != -EINPROGRESS)
		return err;
	snprintf(upgrade->message, MESSAGE_SIZE, "the connection was closed");
	return n ? (int)n : -ECONNRESET;
}

static bool is_refusal_of_auth(const struct upgrade *upgrade)
{
	return upgrade->headers.status == 401 || upgrade->headers.status == 403;
}

/* Whether to ask again: with a corrected clock, or authenticated in the next
 * way. */
static bool upgrade_again(
	struct opening *opening, const struct upgrade *upgrade)
{
	if (upgrade->is_about_clock && !opening->was_resigned) {
		opening->was_resigned = true;
		api_learn_clock(opening->api, upgrade->headers.date);
		return true;
	}
	if (!is_refusal_of_auth(upgrade) || opening->auth == AUTH_NONE)
		return false;
	opening->auth++;
	return true;
}

static int upgrade_refused(struct opening *opening)
{
	const struct upgrade *refusal = &opening->refusal;

	opening->status = refusal->headers.status;
	if (opening->status)
		opening->wait_s = headers_wait_s(
			&refusal->headers, api_unix_s(opening->api));
	return opening_fail(opening, opening->refused,
		*refusal->message ? refusal->message
				  : strerror(-opening->refused));
}

/* Keeps the first refusal: its way of authentication should have worked. */
static void refusal_keep(
	struct opening *opening, struct upgrade *upgrade, int err)
{
	if (opening->refused && is_refusal_of_auth(upgrade) &&
		!upgrade->is_about_clock) {
		upgrade_clear(upgrade);
		return;
	}
	upgrade_clear(&opening->refusal);
	opening->refusal = *upgrade;
	opening->refused = err;
}

static int upgrade_run(struct opening *opening, size_t *used)
{
	struct upgrade upgrade = { .message = "the connection was lost" };
	int err = upgrade_send(opening);

	if (!err)
		err = upgrade_receive(opening, &upgrade);
	*used = upgrade.used;
	if (!err || err == -EINPROGRESS)
		return err;
	bool is_again = upgrade_again(opening, &upgrade);
	refusal_keep(opening, &upgrade, err);
	if (!is_again)
		return upgrade_refused(opening);
	err = opening_connect(opening);
	return err ? opening_fail(opening, err, strerror(-err)) : -EINPROGRESS;
}

int opening_run(struct opening *opening, uint64_t now_ms, size_t *used)
{
	struct connection *connection = &opening->connection;

	*used = 0;
	if (!opening->is_connected) {
		int err = connection_run(connection, now_ms);
		if (err == -EINPROGRESS)
			return err;
		if (err)
			return opening_fail(opening, err, connection->error);
		opening->is_connected = true;
	}
	return upgrade_run(opening, used);
}
