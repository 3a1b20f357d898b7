/* SPDX-License-Identifier: MIT */
/* fs/tree/sessions.c - sessions/ */
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

#define HERE "/sessions/{session}"

const struct row tree_sessions_rows[] = {
	COLLECTION(sessions, "shells that live on between commands",
		.move_in = create_move_in),
	DIRECTORY("/sessions/new",
		"drafts of sessions; a file saved here that contains a "
		"shell's name makes one",
		.saves = create_saves),
	ALIAS("/sessions/{alias}", "session"),
	RESOURCE("a session"),
	ID,
	FIELD("name", "name", "its name, if it has one"),
	FIELD_E("shell", "shell", "the shell that it runs"),
	VALUE("state", "status|state", resource_state_write,
		"running or frozen (sleeping); writing frozen or "
		"running makes it so"),
	VALUE("vcpu", "vcpu", resource_vcpu_write,
		"virtual CPUs, 1 to 8; more than 1 is a boost"),
	FIELD("boosted", "boosted", "1 while it has more than its share"),
	FIELD("expires_at", "expires_at", "when it ends by itself"),
	FIELD("remaining_ttl", "remaining_ttl", "seconds until then"),
	FIELD("websocket_url", "websocket_url", "where its live shell is"),
	CONTAINER("session", API_SESSION_SNAPSHOT),
	ACTION("destroy", resource_destroy, "1 ends the session"),
	JSON("session.json"),
	{ 0 },
};
