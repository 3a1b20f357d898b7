/* SPDX-License-Identifier: MIT */
/* tests/server/sudo.c - the 428 challenge before destructive requests */
#include "sudo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "server.h"

enum {
	VALID_MS = 5 * 60 * 1000,
	TRIES = 3,
};

void sudo_init(struct sudo *sudo)
{
	memset(sudo, 0, sizeof(*sudo));
	pthread_mutex_init(&sudo->lock, NULL);
}

void sudo_clear(struct sudo *sudo)
{
	size_t i;

	for (i = 0; i < SUDO_OPEN; i++)
		json_decref(sudo->open[i].codes);
	pthread_mutex_destroy(&sudo->lock);
}

static json_t *make_codes(struct server *server, const char *account)
{
	json_t *operators = account_operators(&server->accounts, account);
	json_t *codes = json_object(), *email;
	unsigned int number;
	char code[8];
	size_t i;

	json_array_foreach (operators, i, email) {
		number = i;
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			number += server->sudo.next;
		snprintf(code, sizeof(code), "%06u", number % 1000000);
		json_object_set_new(
			codes, json_string_value(email), json_string(code));
	}
	json_decref(operators);
	return codes;
}

static void challenge_make(struct server *server, const struct request *request,
	struct reply *reply)
{
	struct sudo *sudo = &server->sudo;
	struct challenge *challenge = &sudo->open[sudo->next++ % SUDO_OPEN];

	identity_make(challenge->id, "challenge");
	json_decref(challenge->codes);
	challenge->codes = make_codes(server, request->account);
	snprintf(challenge->method, sizeof(challenge->method), "%s",
		request->method);
	snprintf(challenge->path, sizeof(challenge->path), "%s", request->path);
	challenge->account = request->account;
	challenge->until_ms = moment_now_ms(&server->moment) + VALID_MS;
	challenge->tries = TRIES;
	sudo->last = challenge;
	reply_error_open(reply, 428, "SUDO_REQUIRED",
		"A code was sent to your e-mail address");
	emit_string(&reply->body, "challenge_id", challenge->id);
	emit_close(&reply->body, '}');
}

static bool is_for(const struct challenge *challenge,
	const struct request *request, const char *id, long long now)
{
	return challenge->tries > 0 && challenge->until_ms > now &&
		challenge->account == request->account &&
		!strcmp(challenge->method, request->method) &&
		!strcmp(challenge->path, request->path) &&
		(!id || !*id || !strcmp(challenge->id, id));
}

/* The contact who got this code; NULL if it is wrong. */
static const char *owner_of(const struct challenge *challenge, const char *code)
{
	const char *email;
	json_t *value;

	json_object_foreach (challenge->codes, email, value) {
		if (!strcmp(json_string_value(value), code))
			return email;
	}
	return NULL;
}

static bool code_serves(struct server *server, const struct request *request,
	const char *code, struct reply *reply)
{
	const char *id = request_header(request, "X-Sudo-Challenge"), *owner;
	struct sudo *sudo = &server->sudo;
	size_t i;

	for (i = 0; i < SUDO_OPEN; i++) {
		if (!is_for(&sudo->open[i], request, id,
			    moment_now_ms(&server->moment)))
			continue;
		sudo->open[i].tries--;
		owner = owner_of(&sudo->open[i], code);
		if (!owner)
			continue;
		snprintf(reply->sudo_by, sizeof(reply->sudo_by), "%s", owner);
		sudo->open[i].tries = 0;
		return true;
	}
	return false;
}

bool sudo_passes(struct server *server, const struct request *request,
	struct reply *reply)
{
	const char *code = request_header(request, "X-Sudo-OTP");
	const struct account *account =
		account_find(&server->accounts, request->account);
	bool passes = false;

	if (!account->needs_sudo)
		return true;
	pthread_mutex_lock(&server->sudo.lock);
	if (!code || !*code)
		challenge_make(server, request, reply);
	else
		passes = code_serves(server, request, code, reply);
	pthread_mutex_unlock(&server->sudo.lock);
	if (!passes && code && *code)
		reply_error(reply, 403, "SUDO_FAILED",
			"The code is wrong, used or too old");
	return passes;
}

void sudo_emit(struct sudo *sudo, struct text *text)
{
	const json_t *codes;
	char *dump;

	pthread_mutex_lock(&sudo->lock);
	codes = sudo->last ? sudo->last->codes : NULL;
	dump = codes ? json_dumps(codes, JSON_COMPACT) : NULL;
	emit_string(
		text, "last_challenge_id", sudo->last ? sudo->last->id : "");
	emit_string(text, "last_otp",
		json_object_size(codes)
			? json_string_value(json_object_iter_value(
				  json_object_iter((json_t *)codes)))
			: "");
	emit_json(text, "last_otps", dump ? dump : "{}");
	pthread_mutex_unlock(&sudo->lock);
	free(dump);
}
