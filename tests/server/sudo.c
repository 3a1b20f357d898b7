/* SPDX-License-Identifier: MIT */
/* tests/server/sudo.c - the 428 challenge before destructive requests */
#include "sudo.h"

#include <stdio.h>
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
	pthread_mutex_destroy(&sudo->lock);
}

static void challenge_make(struct server *server, const struct request *request,
	struct reply *reply)
{
	struct sudo *sudo = &server->sudo;
	struct challenge *challenge = &sudo->open[sudo->next++ % SUDO_OPEN];
	unsigned int number = 0;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = sudo->next;
	identity_make(challenge->id, "challenge");
	snprintf(challenge->code, sizeof(challenge->code), "%06u",
		number % 1000000);
	snprintf(challenge->method, sizeof(challenge->method), "%s",
		request->method);
	snprintf(challenge->path, sizeof(challenge->path), "%s", request->path);
	challenge->account = request->account;
	challenge->until_ms = moment_steady_ms() + VALID_MS;
	challenge->tries = TRIES;
	strcpy(sudo->last_id, challenge->id);
	strcpy(sudo->last_code, challenge->code);
	reply_error_open(reply, 428, "SUDO_REQUIRED",
		"A code was sent to your e-mail address");
	emit_string(&reply->body, "challenge_id", challenge->id);
	emit_close(&reply->body, '}');
}

static bool is_for(const struct challenge *challenge,
	const struct request *request, const char *id)
{
	return challenge->tries > 0 &&
		challenge->until_ms > moment_steady_ms() &&
		challenge->account == request->account &&
		!strcmp(challenge->method, request->method) &&
		!strcmp(challenge->path, request->path) &&
		(!id || !*id || !strcmp(challenge->id, id));
}

static bool code_serves(
	struct sudo *sudo, const struct request *request, const char *code)
{
	const char *id = request_header(request, "X-Sudo-Challenge");
	size_t i;

	for (i = 0; i < SUDO_OPEN; i++) {
		if (!is_for(&sudo->open[i], request, id))
			continue;
		sudo->open[i].tries--;
		if (strcmp(sudo->open[i].code, code))
			continue;
		sudo->open[i].tries = 0;
		return true;
	}
	return false;
}

bool sudo_passes(struct server *server, const struct request *request,
	struct reply *reply)
{
	const char *code = request_header(request, "X-Sudo-OTP");
	bool passes = false;

	if (!server->options.sudo)
		return true;
	pthread_mutex_lock(&server->sudo.lock);
	if (!code || !*code)
		challenge_make(server, request, reply);
	else
		passes = code_serves(&server->sudo, request, code);
	pthread_mutex_unlock(&server->sudo.lock);
	if (!passes && code && *code)
		reply_error(reply, 403, "SUDO_FAILED",
			"The code is wrong, used or too old");
	return passes;
}

void sudo_emit(struct sudo *sudo, struct text *text)
{
	pthread_mutex_lock(&sudo->lock);
	emit_string(text, "last_challenge_id", sudo->last_id);
	emit_string(text, "last_otp", sudo->last_code);
	pthread_mutex_unlock(&sudo->lock);
}
