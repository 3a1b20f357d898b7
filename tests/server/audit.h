/* SPDX-License-Identifier: MIT */
/* tests/server/audit.h - the record of a session, returned when it ends */
#ifndef TESTS_SERVER_AUDIT_H
#define TESTS_SERVER_AUDIT_H

#include "resource.h"

bool audit_is_wanted(
	const struct request *request, const struct resource *session);

/* Adds a command and its output; resources.lock is held. */
void audit_note(struct server *server, const struct resource *session,
	const char *command, const struct text *out);

/* A descriptor, which the caller closes, to add what its terminal prints; -1:
 * nothing is recorded. */
int audit_open(struct server *server, const struct resource *session);

/* "artifacts": session.log.gz, bash_history, and files that exist there. */
void audit_emit(struct server *server, const struct resource *session,
	struct text *text);

#endif
