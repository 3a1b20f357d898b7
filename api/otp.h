/* SPDX-License-Identifier: MIT */
/* api/otp.h - the one-time code, and the requests that need it (part 11) */
#ifndef API_OTP_H
#define API_OTP_H

#include <stdbool.h>
#include <sys/queue.h>

#define OTP_SIZE 65
#define CHALLENGE_SIZE 257

struct challenge;
TAILQ_HEAD(challenge_list, challenge);

struct otp {
	char code[OTP_SIZE]; /* "": none */
	struct challenge_list challenges;
	unsigned count;
};

/* What a request sends; code "": nothing. */
struct otp_answer {
	char code[OTP_SIZE];
	char challenge[CHALLENGE_SIZE]; /* "": the 428 had none */
};

void otp_init(struct otp *otp);
void otp_clear(struct otp *otp);

/* -EINVAL: longer than 64 bytes, or not printable ASCII. */
int otp_set(struct otp *otp, const char *code);

/* Remembers that the request was answered 428; id may be NULL. If out of memory
 * it is not remembered until its next 428. */
void otp_challenged(
	struct otp *otp, const char *method, const char *path, const char *id);

/* Moves the code to a request that was challenged. False: there is no code, or
 * the request was not challenged. */
bool otp_take(struct otp *otp, const char *method, const char *path,
	struct otp_answer *out);

void otp_answer_clear(struct otp_answer *answer);

#endif
