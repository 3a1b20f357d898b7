/* SPDX-License-Identifier: MIT */
/* fs/program/options_table.c - every -o option, a row each */
#include "fs/program/option.h"

#include <string.h>

#include "cache/cache.h"

#define AT(member) offsetof(struct options, member)
#define TTL(kind) (AT(ttl_ms) + (kind) * sizeof(uint64_t))

static const struct option_row rows[] = {
	{ "url", OPTION_URL, AT(url), "URL", "the API's address" },
	{ "account", OPTION_NUMBER, AT(account), "N",
		"row N of the accounts file, from 0" },
	{ "accounts_file", OPTION_PATH, AT(accounts_file), "FILE",
		"instead of ~/.unsandbox/accounts.csv" },
	{ "cacert", OPTION_PATH, AT(cacert), "FILE",
		"certificates (PEM) to verify the API with" },
	{ "state_dir", OPTION_PATH, AT(state_dir), "DIR",
		"for scripts and results, instead of XDG's" },
	{ "run_wait", OPTION_SECONDS, AT(run_wait_ms), "SECONDS",
		"how long a save in run/ waits for its answer" },
	{ "timeout", OPTION_SECONDS, AT(timeout_ms), "SECONDS",
		"the longest that a request may take" },
	{ "allow_delete", OPTION_FLAG, AT(allow_delete), NULL,
		"rmdir of a resource destroys it" },
	{ "ro", OPTION_FLAG, AT(read_only), NULL, "nothing is changed or run" },
	{ "rw", OPTION_CLEAR, AT(read_only), NULL, NULL },
	{ "uid", OPTION_ID, AT(uid), "N", "the owner of all files" },
	{ "gid", OPTION_ID, AT(gid), "N", "the group of all files" },
	{ "umask", OPTION_MODE, AT(umask), "OCTAL", "mode bits to take away" },
	{ "allow_other", OPTION_FLAG, AT(allow_other), NULL,
		"other users may use the mount, as modes permit" },
	{ "allow_root", OPTION_FLAG, AT(allow_root), NULL, "root may, too" },
	{ "auto_unmount", OPTION_FLAG, AT(auto_unmount), NULL,
		"unmount also if the daemon is killed" },
	{ "ttl_list", OPTION_TTL, TTL(CACHE_LIST), "SECONDS",
		"how long a list is served without asking again" },
	{ "ttl_detail", OPTION_TTL, TTL(CACHE_DETAIL), "SECONDS",
		"one resource" },
	{ "ttl_static", OPTION_TTL, TTL(CACHE_STATIC), "SECONDS",
		"languages and shells" },
	{ "ttl_key", OPTION_TTL, TTL(CACHE_KEY), "SECONDS", "key/" },
	{ "ttl_system", OPTION_TTL, TTL(CACHE_SYSTEM), "SECONDS", "system/" },
	{ "stale_ttl", OPTION_SECONDS, AT(stale_ttl_ms), "SECONDS",
		"how long old answers do while the API is away" },
	{ "negative_ttl", OPTION_SECONDS, AT(negative_ttl_ms), "SECONDS",
		"how long an absence is remembered" },
	{ "cache_size", OPTION_BYTES, AT(cache_size), "BYTES",
		"memory for answers, as 500K or 64M" },
	{ "fsname", OPTION_TEXT, AT(source), "NAME",
		"what findmnt shows as the source" },

	{ "noexec", OPTION_KERNEL, 0, NULL, NULL },
	{ "noatime", OPTION_KERNEL, 0, NULL, NULL },
	{ "nodiratime", OPTION_KERNEL, 0, NULL, NULL },
	{ "dirsync", OPTION_KERNEL, 0, NULL, NULL },
	{ "sync", OPTION_KERNEL, 0, NULL, NULL },

	/* No file here is a device or set-uid: nosuid and nodev stay set. */
	{ "suid", OPTION_IGNORED, 0, NULL, NULL },
	{ "nosuid", OPTION_IGNORED, 0, NULL, NULL },
	{ "dev", OPTION_IGNORED, 0, NULL, NULL },
	{ "nodev", OPTION_IGNORED, 0, NULL, NULL },
	{ "exec", OPTION_IGNORED, 0, NULL, NULL },
	{ "async", OPTION_IGNORED, 0, NULL, NULL },
	{ "atime", OPTION_IGNORED, 0, NULL, NULL },
	{ "diratime", OPTION_IGNORED, 0, NULL, NULL },
	{ "relatime", OPTION_IGNORED, 0, NULL, NULL },
	{ "norelatime", OPTION_IGNORED, 0, NULL, NULL },
	{ "strictatime", OPTION_IGNORED, 0, NULL, NULL },
	{ "lazytime", OPTION_IGNORED, 0, NULL, NULL },
	{ "default_permissions", OPTION_IGNORED, 0, NULL, NULL },
	{ "subtype", OPTION_IGNORED, 0, NULL, NULL },
	{ "defaults", OPTION_IGNORED, 0, NULL, NULL },
	{ "auto", OPTION_IGNORED, 0, NULL, NULL },
	{ "noauto", OPTION_IGNORED, 0, NULL, NULL },
	{ "user", OPTION_IGNORED, 0, NULL, NULL },
	{ "nouser", OPTION_IGNORED, 0, NULL, NULL },
	{ "users", OPTION_IGNORED, 0, NULL, NULL },
	{ "nousers", OPTION_IGNORED, 0, NULL, NULL },
	{ "owner", OPTION_IGNORED, 0, NULL, NULL },
	{ "noowner", OPTION_IGNORED, 0, NULL, NULL },
	{ "group", OPTION_IGNORED, 0, NULL, NULL },
	{ "nogroup", OPTION_IGNORED, 0, NULL, NULL },
	{ "nofail", OPTION_IGNORED, 0, NULL, NULL },
	{ "_netdev", OPTION_IGNORED, 0, NULL, NULL },
	{ "_rnetdev", OPTION_IGNORED, 0, NULL, NULL },
	{ "comment", OPTION_IGNORED, 0, NULL, NULL },
	{ "uhelper", OPTION_IGNORED, 0, NULL, NULL },
	{ "helper", OPTION_IGNORED, 0, NULL, NULL },
	{ "x-*", OPTION_IGNORED, 0, NULL, NULL },
	{ "X-*", OPTION_IGNORED, 0, NULL, NULL },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct option_row *option_row(size_t index)
{
	return index < ROWS ? &rows[index] : NULL;
}

const struct option_row *option_find(const char *name, size_t name_len)
{
	for (size_t i = 0; i < ROWS; i++) {
		size_t len = strlen(rows[i].name);

		if (rows[i].name[len - 1] == '*') {
			if (strncmp(name, rows[i].name, len - 1) == 0)
				return &rows[i];
		} else if (len == name_len &&
			memcmp(name, rows[i].name, len) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}
