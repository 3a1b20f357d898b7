/* SPDX-License-Identifier: MIT */
/* fs/tree/services.c - services/ */
#include "fs/drafts/create.h"
#include "fs/resources/resource_rows.h"
#include "fs/resources/service_bootstrap.h"
#include "fs/resources/service_log.h"
#include "fs/resources/service_vault.h"
#include "fs/tree/resource_run.h"
#include "fs/tree/resource_snapshots.h"
#include "fs/tree/tables.h"

#define HERE "/services/{service}/"

const struct row tree_services_rows[] = {
	{ .path = "/services",
		.kind = ROW_DIR,
		.mode = 0755,
		.attr = collection_attr,
		.list = collection_list,
		.find = collection_find,
		.remove = collection_remove,
		.move_in = make_move_in,
		.help = "servers that stay up, by name" },
	{ .path = "/services/new",
		.kind = ROW_DIR,
		.mode = 0755,
		.saves = make_saves,
		.help = "drafts of services; a file saved here makes one with "
			"it as bootstrap" },
	{ .path = "/services/{id}",
		.kind = ROW_LINK,
		.mode = 0777,
		.flags = ROW_VOLATILE | ROW_UNLISTED,
		.attr = resource_attr,
		.render = collection_link,
		.help = "looked up by its id: a link to its name" },
	{ .path = "/services/{service}",
		.kind = ROW_DIR,
		.mode = 0755,
		.exists = resource_exists,
		.attr = resource_attr,
		.help = "a service; rmdir is refused, but with -o "
			"allow_delete" },
	ID,
	FIELD("name", "name", "its name as the API has it"),
	FIELD_E("url", "url", "where it is served"),
	FIELD_E("ports", "ports", "the ports it listens on, one a line"),
	VALUE("state", "state|status", resource_state_write,
		"running, frozen (sleeping) ...; writing frozen or "
		"running makes it so"),
	VALUE("locked", "locked", resource_locked_write,
		"1: it cannot be destroyed; writing 0 or 1 unlocks or "
		"locks it"),
	VALUE("vcpu", "vcpu", resource_vcpu_write,
		"virtual CPUs, 1 to 8; writing resizes it"),
	VALUE("unfreeze_on_demand", "unfreeze_on_demand", resource_flag_write,
		"1: a request to its URL wakes it"),
	VALUE("show_freeze_page", "show_freeze_page", resource_flag_write,
		"1: while frozen, its URL shows a page that says so"),
	FIELD_E("network_mode", "network_mode|network",
		"zerotrust or semitrusted"),
	FIELD("service_type", "service_type", "web, tcp, udp, minecraft ..."),
	FIELD("container_name", "container_name", "the container's name"),
	FIELD_E("created_at", "created_at", "when it was made"),
	FIELD("last_activity", "last_activity", "when it was used last"),
	FIELD("disk_used", "disk_used", "bytes on its disk"),
	FIELD("memory_mb", "memory_mb", "its memory, in megabytes"),
	FIELD("source_image", "source_image", "the image it was made of"),
	FIELD("ip", "ip|ip_address", "its address"),
	FIELD("health", "health", "how it does"),
	{ .path = HERE "domains",
		.kind = ROW_FILE,
		.mode = 0644,
		.flags = ROW_APPENDS | ROW_EXPECTED,
		.member = "custom_domains|domains",
		.render = resource_value_render,
		.exists = resource_exists,
		.write = domains_write,
		.help = "domains that it is served under, one a line; saving "
			"replaces them" },
	{ .path = HERE "bootstrap",
		.kind = ROW_FILE,
		.mode = 0644,
		.flags = ROW_APPENDS | ROW_UNSIZED,
		.attr = bootstrap_attr,
		.render = bootstrap_render,
		.is_hidden = bootstrap_is_hidden,
		.exists = resource_exists,
		.write = bootstrap_write,
		.help = "the script that starts it; saving another redeploys "
			"with it" },
	{ .path = HERE "env",
		.kind = ROW_FILE,
		.mode = 0600,
		.flags = ROW_APPENDS | ROW_UNSIZED | ROW_SECRET,
		.render = vault_render,
		.exists = resource_exists,
		.write = vault_write,
		.help = "the vault as dotenv lines; saving replaces them, "
			"saving it empty empties the vault" },
	{ .path = HERE "logs",
		.kind = ROW_FILE,
		.mode = 0444,
		.flags = ROW_UNSIZED,
		.attr = service_log_attr,
		.open = service_log_open,
		.exists = resource_exists,
		.help = "what bootstrap and service printed; tail -f follows "
			"it" },
	{ .path = HERE "run",
		.kind = ROW_DIR,
		.mode = 0755,
		.saves = resource_run_saves,
		.help = "every file saved here is a command that runs in the "
			"service" },
	SNAPSHOTS,
	ACTION("redeploy", action_write, "any write runs the bootstrap again"),
	ACTION("destroy", resource_destroy, "any write destroys the service"),
	JSON("service.json"),
	{ 0 },
};
