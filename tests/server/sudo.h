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
	/* Owned: the code of each contact, {EMAIL: CODE}. */
	json_t *codes;
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
	/* The newest challenge. */
	const struct challenge *last;
};

void sudo_init(struct sudo *sudo);
void sudo_clear(struct sudo *sudo);

/*
 * Whether the request may proceed: always if the key does not require codes;
 * otherwise if it has one of the codes of a challenge to the same request,
 * which is valid once.  If not, the reply is a new challenge (428) or a refusal
 * (403).  Each contact that is an owner or an operator gets a code of its own.
 */
bool sudo_passes(struct server *server, const struct request *request,
	struct reply *reply);

/*
 * Writes last_challenge_id, last_otp (of the first contact) and last_otps into
 * an open object: what would be in the e-mails.
 */
void sudo_emit(struct sudo *sudo, struct text *text);

#endif
