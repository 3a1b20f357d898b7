/* SPDX-License-Identifier: MIT */
/* fs/program/options_table.c - every option of the command line; the table as
 * --help, for people, for libfuse */
#include "fs/program/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fuse_opt.h>

#include "cache/cache.h"

#define AT(member) offsetof(struct options, member)
#define TTL(kind) (AT(ttl_ms) + (kind) * sizeof(uint64_t))
#define MAX(kind) (AT(answer_max) + API_ANSWER_##kind * sizeof(uint64_t))
#define MIB (UINT64_C(1) << 20)
#define YEAR_MS (UINT64_C(365) * 24 * 60 * 60 * 1000)

const struct option_row option_rows[] = {
	{ "-f", OPTION_ON, AT(foreground), NULL,
		"stay in the foreground and log to stderr" },
	{ "-d", OPTION_ON, AT(debug), NULL, "the same, and log every request",
		.is_rare = true },
	{ "-h,--help", OPTION_ON, AT(show_help), NULL,
		"print this text and exit; --help all: every option" },
	{ "-V,--version", OPTION_ON, AT(show_version), NULL,
		"print the version and exit" },

	{ "--check", OPTION_ON, AT(is_check), NULL,
		"check what a mount needs, and mount nothing" },

	{ "url", OPTION_URL, AT(url), "URL", "the API's address" },
	{ "account", OPTION_NUMBER, AT(account), "N",
		"row N of the accounts file, from 0", 0, INT_MAX },
	{ "accounts_file", OPTION_PATH, AT(accounts_file), "FILE",
		"instead of ~/.unsandbox/accounts.csv" },
	{ "cacert", OPTION_PATH, AT(cacert), "FILE",
		"certificates (PEM) to verify the API with", .is_rare = true },
	{ "state_dir", OPTION_PATH, AT(state_dir), "DIR",
		"for scripts and results, instead of XDG's" },
	{ "log_file", OPTION_PATH, AT(log_file), "FILE",
		"append the log to it, instead of to syslog" },
	{ "run_wait", OPTION_SECONDS, AT(run_wait_ms), "SECONDS",
		"how long a save in run/ waits for its answer", 0, YEAR_MS },
	{ "keep_jobs", OPTION_NUMBER, AT(keep_jobs), "N",
		"how many finished jobs are kept", 1, INT_MAX },
	{ "timeout", OPTION_SECONDS, AT(timeout_ms), "SECONDS",
		"the longest that a request may take", 1, YEAR_MS,
		.is_rare = true },
	{ "allow_delete", OPTION_ON, AT(allow_delete), NULL,
		"rmdir of a resource destroys it" },
	{ "ro", OPTION_ON, AT(read_only), NULL, "change nothing, run nothing" },
	{ "rw", OPTION_OFF, AT(read_only) },
	{ "uid", OPTION_NUMBER, AT(uid), "N", "the owner of all files", 0,
		UINT32_MAX - 1, .is_rare = true },
	{ "gid", OPTION_NUMBER, AT(gid), "N", "the group of all files", 0,
		UINT32_MAX - 1, .is_rare = true },
	{ "umask", OPTION_OCTAL, AT(umask), "OCTAL", "mode bits to remove", 0,
		0777 },
	{ "fmask", OPTION_OCTAL, AT(fmask), "OCTAL", "the same, for files only",
		0, 0777, .is_rare = true },
	{ "dmask", OPTION_OCTAL, AT(dmask), "OCTAL",
		"the same, for directories only", 0, 0777, .is_rare = true },
	{ "allow_other", OPTION_ON, AT(allow_other), NULL,
		"other users may use the mount, as modes permit" },
	{ "allow_root", OPTION_ON, AT(allow_root), NULL,
		"root may use the mount, too", .is_rare = true },
	{ "auto_unmount", OPTION_ON, AT(auto_unmount), NULL,
		"unmount even if the daemon is killed", .is_rare = true },
	{ "idle_exit", OPTION_SECONDS, AT(idle_exit_ms), "SECONDS",
		"unmount after this long without use; 0: never", 0, YEAR_MS,
		.is_rare = true },
	{ "run", OPTION_TEXT, AT(run), "COMMAND",
		"mount, run it by sh, unmount, exit as it did",
		.is_rare = true },
	{ "ttl_list", OPTION_SECONDS, TTL(CACHE_LIST), "SECONDS",
		"how long a list is served without asking again", 0, YEAR_MS,
		.is_rare = true },
	{ "ttl_detail", OPTION_SECONDS, TTL(CACHE_DETAIL), "SECONDS",
		"one resource", 0, YEAR_MS, .is_rare = true },
	{ "ttl_static", OPTION_SECONDS, TTL(CACHE_STATIC), "SECONDS",
		"languages and shells", 0, YEAR_MS, .is_rare = true },
	{ "ttl_key", OPTION_SECONDS, TTL(CACHE_KEY), "SECONDS", "key/", 0,
		YEAR_MS, .is_rare = true },
	{ "ttl_system", OPTION_SECONDS, TTL(CACHE_SYSTEM), "SECONDS", "system/",
		0, YEAR_MS, .is_rare = true },
	{ "stale_ttl", OPTION_SECONDS, AT(stale_ttl_ms), "SECONDS",
		"how long stale answers are served", 0, YEAR_MS,
		.is_rare = true },
	{ "negative_ttl", OPTION_SECONDS, AT(negative_ttl_ms), "SECONDS",
		"how long an absence is remembered", 0, YEAR_MS,
		.is_rare = true },
	{ "cache_size", OPTION_BYTES, AT(cache_size), "BYTES",
		"memory for answers, as 500K or 64M", 0, INT64_MAX,
		.is_rare = true },
	{ "output_max", OPTION_BYTES, MAX(OUTPUT), "BYTES",
		"longest answer with a program's output", MIB, INT64_MAX,
		.is_rare = true },
	{ "list_max", OPTION_BYTES, MAX(LIST), "BYTES",
		"longest list of resources or jobs", MIB, INT64_MAX,
		.is_rare = true },
	{ "answer_max", OPTION_BYTES, MAX(OTHER), "BYTES",
		"longest answer of any other kind", MIB, INT64_MAX,
		.is_rare = true },
	{ "fsname", OPTION_TEXT, AT(source), "NAME",
		"what findmnt shows as the source", .is_rare = true },

	{ "noexec,noatime,dirsync,sync", OPTION_KERNEL },
	{ "context,fscontext,defcontext,rootcontext", OPTION_LABEL },
	{ "remount", OPTION_ON, AT(remount) },
	/* No file here is a device or set-uid: nosuid and nodev stay set. */
	{ "suid,nosuid,dev,nodev,exec,async,atime,diratime,nodiratime,relatime,"
	  "norelatime,"
	  "strictatime,nostrictatime,lazytime,nolazytime,iversion,noiversion,"
	  "mand,nomand,silent,loud,default_permissions,subtype,defaults,auto,"
	  "noauto,user,nouser,users,nousers,owner,noowner,group,nogroup,nofail,"
	  "_netdev,_rnetdev,comment,uhelper,helper,x-*,X-*",
		OPTION_IGNORED },
	{ "-s", OPTION_IGNORED }, /* there is only one thread */
	{ "-n,-v,-t", OPTION_HELPER },
	{ NULL },
};

/* Whether word is one of the names. */
static bool names_have(const char *names, const char *word, size_t word_len)
{
	while (*names != '\0') {
		size_t len = strcspn(names, ",");
		bool is_prefix = names[len - 1] == '*';

		if (is_prefix ? word_len >= len - 1 : word_len == len)
			if (strncmp(names, word, len - is_prefix) == 0)
				return true;
		names += len + (names[len] == ',');
	}
	return false;
}

const struct option_row *option_find(const char *name, size_t name_len)
{
	const struct option_row *row = option_rows;

	while (row->name && !names_have(row->name, name, name_len))
		row++;
	return row->name ? row : NULL;
}

int options_help(FILE *out, bool all)
{
	const struct option_row *row = option_rows;
	char number[OPTION_NUMBER_LEN], name[40];
	struct options defaults;
	int err = options_init(&defaults);

	defaults.fmask = defaults.dmask = defaults.umask;
	for (; !err && row->name; row++) {
		const char *value = "";

		if (!row->help || (row->is_rare && !all))
			continue;
		if (row->value)
			value = option_text(row, &defaults, number);
		snprintf(name, sizeof(name), "%s%s%s%s",
			row->name[0] == '-' ? "" : "-o ", row->name,
			row->value ? "=" : "", row->value ? row->value : "");
		fprintf(out, "    %-24s %s%s%s%s\n", name, row->help,
			value[0] ? " [" : "", value, value[0] ? "]" : "");
	}
	options_clear(&defaults);
	return err;
}

int options_describe(const struct options *options, char **text)
{
	const struct option_row *row = option_rows;
	char number[OPTION_NUMBER_LEN];
	size_t len;
	FILE *out = text_stream_open(text, &len);

	for (; out && row->name; row++)
		if (row->help && row->name[0] != '-')
			fprintf(out, "%s %s\n", row->name,
				option_text(row, options, number));
	return !out || fclose(out) ? -ENOMEM : 0;
}

int options_fuse_args(const struct options *options, struct fuse_args *args)
{
	char *name = NULL, *escaped = NULL, *list = NULL;
	int failed =
		asprintf(&name, "fsname=%s",
			options->source ? options->source : "unsandbox") < 0 ||
		fuse_opt_add_opt_escaped(&escaped, name) ||
		asprintf(&list,
			"%s,subtype=unsandboxfs,default_permissions%s%s%s%s"
			"%s%s",
			escaped, options->allow_other ? ",allow_other" : "",
			options->allow_root ? ",allow_root" : "",
			options->read_only ? ",ro" : "",
			options->debug ? ",debug" : "",
			options->kernel ? "," : "",
			options->kernel ? options->kernel : "") < 0 ||
		fuse_opt_add_arg(args, "unsandboxfs") ||
		fuse_opt_add_arg(args, "-o") || fuse_opt_add_arg(args, list);

	free(name);
	free(escaped);
	free(list);
	return failed ? -ENOMEM : 0;
}
