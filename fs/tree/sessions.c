/* SPDX-License-Identifier: MIT */
/* fs/tree/sessions.c - sessions/ */
#include "fs/drafts/create.h"
#include "fs/tree/resource_rows.h"
#include "fs/tree/resource_run.h"
#include "fs/tree/resource_snapshots.h"
#include "fs/tree/tables.h"

#define HERE "/sessions/{session}/"

const struct row tree_sessions_rows[] = {
	{ .path = "/sessions",
		.kind = ROW_DIR,
		.mode = 0755,
		.attr = collection_attr,
		.list = collection_list,
		.find = collection_find,
		.remove = collection_remove,
		.move_in = make_move_in,
		.help = "shells that live on between commands" },
	{ .path = "/sessions/new",
		.kind = ROW_DIR,
		.mode = 0755,
		.saves = make_saves,
		.help = "drafts of sessions; a file saved here that says a "
			"shell's name makes one" },
	{ .path = "/sessions/{alias}",
		.kind = ROW_LINK,
		.mode = 0777,
		.flags = ROW_VOLATILE,
		.attr = resource_attr,
		.render = collection_link,
		.help = "the session of a draft that was moved here under this "
			"name" },
	{ .path = "/sessions/{session}",
		.kind = ROW_DIR,
		.mode = 0755,
		.exists = resource_exists,
		.attr = resource_attr,
		.help = "a session; rmdir is refused, but with -o "
			"allow_delete" },
	ID,
	FIELD("name", "name", "its name, where it has one"),
	FIELD_E("shell", "shell", "the shell that it runs"),
	VALUE("state", "status|state", resource_state_write,
		"running or frozen (sleeping); writing frozen or "
		"running makes it so"),
	VALUE("locked", "locked", resource_locked_write,
		"1: it cannot be destroyed; writing 0 or 1 unlocks or "
		"locks it"),
	VALUE("vcpu", "vcpu", resource_vcpu_write,
		"virtual CPUs, 1 to 8; more than 1 is a boost"),
	FIELD_E("network_mode", "network_mode|network",
		"zerotrust or semitrusted"),
	FIELD("container_name", "container_name", "the container's name"),
	FIELD_E("created_at", "created_at", "when it was made"),
	FIELD("expires_at", "expires_at", "when it ends by itself"),
	FIELD("remaining_ttl", "remaining_ttl", "seconds until then"),
	FIELD("last_activity", "last_activity", "when it was used last"),
	FIELD("memory_mb", "memory_mb", "its memory, in megabytes"),
	FIELD("boosted", "boosted", "1 while it has more than its share"),
	FIELD("websocket_url", "websocket_url", "where its live shell is"),
	{ .path = HERE "run",
		.kind = ROW_DIR,
		.mode = 0755,
		.saves = resource_run_saves,
		.help = "every file saved here is a command that runs in the "
			"session" },
	SNAPSHOTS,
	ACTION("destroy", resource_destroy, "any write ends the session"),
	JSON("session.json"),
	{ 0 },
};
