/* SPDX-License-Identifier: MIT */
/* api/otp.c - the one-time code, and the requests that need it (part 11) */
#include "api/otp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHALLENGES_MAX 32

struct challenge {
	TAILQ_ENTRY(challenge) link;
	char *request; /* "METHOD path" */
	char id[CHALLENGE_SIZE];
};

static bool is_header_text(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

static void challenge_forget(struct otp *otp, struct challenge *challenge)
{
	TAILQ_REMOVE(&otp->challenges, challenge, link);
	otp->count--;
	free(challenge->request);
	free(challenge);
}

void otp_init(struct otp *otp)
{
	*otp = (struct otp){ 0 };
	TAILQ_INIT(&otp->challenges);
}

void otp_clear(struct otp *otp)
{
	while (!TAILQ_EMPTY(&otp->challenges))
		challenge_forget(otp, TAILQ_FIRST(&otp->challenges));
	explicit_bzero(otp->code, sizeof(otp->code));
}

int otp_set(struct otp *otp, const char *code)
{
	if (code &&
		(strlen(code) >= sizeof(otp->code) || !is_header_text(code)))
		return -EINVAL;
	explicit_bzero(otp->code, sizeof(otp->code));
	if (code)
		strcpy(otp->code, code);
	return 0;
}

static struct challenge *otp_find(
	struct otp *otp, const char *method, const char *path)
{
	struct challenge *challenge;
	size_t len = strlen(method);

	TAILQ_FOREACH(challenge, &otp->challenges, link)
	if (strncmp(challenge->request, method, len) == 0 &&
		challenge->request[len] == ' ' &&
		strcmp(challenge->request + len + 1, path) == 0)
		return challenge;
	return NULL;
}

void otp_challenged(
	struct otp *otp, const char *method, const char *path, const char *id)
{
	struct challenge *challenge = otp_find(otp, method, path);

	if (challenge)
		challenge_forget(otp, challenge);
	if (otp->count == CHALLENGES_MAX)
		challenge_forget(otp, TAILQ_FIRST(&otp->challenges));
	challenge = calloc(1, sizeof(*challenge));
	if (!challenge)
		return;
	if (asprintf(&challenge->request, "%s %s", method, path) < 0) {
		free(challenge);
		return;
	}
	if (id && strlen(id) < sizeof(challenge->id) && is_header_text(id))
		strcpy(challenge->id, id);
	TAILQ_INSERT_TAIL(&otp->challenges, challenge, link);
	otp->count++;
}

bool otp_take(struct otp *otp, const char *method, const char *path,
	struct otp_answer *out)
{
	struct challenge *challenge;

	if (!otp->code[0])
		return false;
	challenge = otp_find(otp, method, path);
	if (!challenge)
		return false;
	strcpy(out->code, otp->code);
	strcpy(out->challenge, challenge->id);
	explicit_bzero(otp->code, sizeof(otp->code));
	challenge_forget(otp, challenge);
	return true;
}

void otp_answer_clear(struct otp_answer *answer)
{
	explicit_bzero(answer, sizeof(*answer));
}
