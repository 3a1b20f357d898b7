/* SPDX-License-Identifier: MIT */
/* fs/tree/services.c - services/ */
#include "fs/tree/resource_rows.h"
#include "fs/tree/tables.h"

#define HERE "/services/{service}"

const struct row tree_services_rows[] = {
	COLLECTION(services, "servers that stay up, by name",
		.move_in = create_move_in),
	DIRECTORY("/services/new",
		"drafts of services; a file saved here makes one with it as "
		"bootstrap",
		.saves = create_saves),
	ROW(ROW_LINK, "/services/{id}", 0777,
		"looked up by its id: a link to its name",
		.flags = ROW_VOLATILE | ROW_UNLISTED, .attr = resource_attr,
		.render = collection_link),
	RESOURCE("a service"),
	ID,
	FIELD("name", "name", "its name as the API has it"),
	FIELD_E("url", "url", "where it is served"),
	FIELD_E("ports", "ports", "the ports it listens on, one a line"),
	VALUE("state", "state|status", resource_state_write,
		"running, frozen (sleeping) ...; writing frozen or "
		"running makes it so"),
	VALUE("vcpu", "vcpu", resource_vcpu_write,
		"virtual CPUs, 1 to 8; writing resizes it"),
	VALUE("unfreeze_on_demand", "unfreeze_on_demand", resource_flag_write,
		"1: a request to its URL wakes it"),
	VALUE("show_freeze_page", "show_freeze_page", resource_flag_write,
		"1: while frozen, its URL shows a page that says so"),
	FIELD("service_type", "service_type", "web, tcp, udp, minecraft ..."),
	FIELD("disk_used", "disk_used", "bytes on its disk"),
	FIELD("source_image", "source_image", "the image it was created from"),
	FIELD("ip", "ip|ip_address", "its address"),
	FIELD("health", "health", "its health, as the API reports it"),
	WRITABLE(HERE "/domains",
		"domains that it is served under, one a line; saving replaces "
		"them",
		.exists = resource_exists, .flags = ROW_APPENDS | ROW_EXPECTED,
		.member = "custom_domains|domains",
		.render = resource_value_render, .write = domains_write),
	WRITABLE(HERE "/bootstrap",
		"the script that starts it; saving another redeploys with it",
		.exists = resource_exists, .flags = ROW_APPENDS | ROW_UNSIZED,
		.attr = bootstrap_attr, .is_hidden = bootstrap_is_hidden,
		.render = bootstrap_render, .write = bootstrap_write),
	ROW(ROW_FILE, HERE "/env", 0600,
		"the vault as dotenv lines; saving replaces them, saving it "
		"empty empties the vault",
		.exists = resource_exists,
		.flags = ROW_APPENDS | ROW_UNSIZED | ROW_SECRET,
		.render = vault_render, .write = vault_write),
	READABLE(HERE "/logs",
		"what bootstrap and service printed; tail -f follows it",
		.exists = resource_exists, .flags = ROW_UNSIZED,
		.attr = service_log_attr, .open = service_log_open),
	CONTAINER("service", API_SERVICE_SNAPSHOT),
	ACTION("redeploy", action_write, "1 runs the bootstrap again"),
	ACTION("destroy", resource_destroy, "1 destroys the service"),
	JSON("service.json"),
	{ 0 },
};
