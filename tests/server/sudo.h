/* SPDX-License-Identifier: MIT */
/* tests/server/sudo.h - the 428 challenge before destructive requests */
#ifndef TESTS_SERVER_SUDO_H
#define TESTS_SERVER_SUDO_H

#include <pthread.h>

#include "identity.h"
#include "request.h"

enum {
	SUDO_OPEN = 64,
};

struct challenge {
	char id[IDENTITY_SIZE];
	char code[8];
	char method[8];
	char path[256];
	const char *account;
	long long until_ms;
	int tries;
};

struct sudo {
	pthread_mutex_t lock;
	/* A ring: the newest overwrites the oldest. */
	struct challenge open[SUDO_OPEN];
	unsigned int next;
	/* The code that would be in the e-mail. */
	char last_id[IDENTITY_SIZE];
	char last_code[8];
};

void sudo_init(struct sudo *sudo);
void sudo_clear(struct sudo *sudo);

/*
 * Whether the request may proceed: always without --sudo; otherwise if it has
 * the code of a challenge to the same request, which is valid once.  If not,
 * the reply is a new challenge (428) or a refusal (403).
 */
bool sudo_passes(struct server *server, const struct request *request,
	struct reply *reply);

/* Writes last_challenge_id and last_otp into an open object. */
void sudo_emit(struct sudo *sudo, struct text *text);

#endif
