/* SPDX-License-Identifier: MIT */
/* fs/tree/sessions.c - sessions/ */
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

#define HERE "/sessions/{session}"
#define DRAFT "/sessions/new/{draft}"

const struct row tree_sessions_rows[] = {
	COLLECTION(sessions, "shells that live on between commands",
		.instead = "mkdir sessions/new/NAME, then mv it to sessions/"),
	DRAFTS("/sessions", "session"),
	DRAFT_VALUE(WORD, "shell", "bash", "its shell, one of the file shells"),
	DRAFT_NETWORK("zerotrust"),
	DRAFT_VALUE(NUMBER, "ttl", "3600",
		"seconds after which it ends; 0: no limit", .max = TEN_YEARS_S),
	DRAFT_VCPU,
	DRAFT_VALUE(BOOL, "audit", "0", "1: the API records its terminal"),
	DRAFT_VALUE(WORD, "multiplexer", "",
		"tmux or screen: it outlives its terminal"),
	COLLECTION_LINK("/sessions/{alias}",
		"by its container's name, or by the name that it was created "
		"with: a link to its id"),
	RESOURCE("a session"),
	ID,
	FIELD("name", "name", "its name, if it has one"),
	FIELD_E("shell", "shell", "the shell that it runs"),
	STATE("status|state",
		"running or frozen (sleeping); writing frozen or "
		"running makes it so"),
	VCPU(session_vcpu_send, "virtual CPUs, 1 to 8; more than 1 is a boost"),
	FIELD("boosted", "boosted", "1 while it has more than its share"),
	FIELD("service_id", "service_id", "the service that it is a shell of"),
	FIELD("image", "image", "the image that it was created from"),
	FIELD("domain", "domain", "the host name that it is served under"),
	FIELD("expires_at", "expires_at", "when it ends by itself"),
	WRITABLE(HERE "/ttl",
		"seconds until then, 0: no limit; writing more, or +SECONDS, "
		"extends it",
		.exists = resource_exists, .flags = ROW_EXPECTED,
		.member = "remaining_ttl|ttl", .render = session_ttl_render,
		.write = session_ttl_write),
	FIELD("websocket_url", "websocket_url", "where its live shell is"),
	CONTAINER("session", API_SESSION_SNAPSHOT),
	ACTION("destroy", resource_destroy, "1 ends the session"),
	JSON("session.json"),
	{ 0 },
};
