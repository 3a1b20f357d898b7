/* SPDX-License-Identifier: MIT */
/* fs/tree/root.c - the root, README, run/ and languages */
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

static const char readme_text[] =
	"unsandbox.com as files. Paths below are from the root of this mount.\n"
	"\n"
	"  run/               save a script here and it runs in a fresh "
	"sandbox\n"
	"  run/NAME.job/      stdout, stderr, exit_code, status, artifacts/ "
	"...\n"
	"  run/DIR/           a project: main.* runs, its other files go "
	"along\n"
	"  run/.settings/     ttl, vcpu, network_mode, env ... of what runs "
	"here\n"
	"  jobs/new/          save a script here: an asynchronous job\n"
	"  jobs/ID/           a job; cancel stops it, rmdir forgets it\n"
	"  jobs/latest        the job that was submitted last\n"
	"  sessions/ID/       a shell that lives on: state, run/, snapshots/\n"
	"  services/NAME/     a server: state, logs, env, run/, snapshots/\n"
	"  snapshots/ID/      restore, clone\n"
	"  images/ID/         spawn, clone, trusted/, visibility\n"
	"  services/new/      mkdir NAME, fill it, mv it to services/\n"
	"  sessions/new/      the same for sessions\n"
	"  .../destroy        echo 1 > destroys it; rm and rmdir do not\n"
	"  languages, shells  what can be run\n"
	"  key/               the key: tier, limits, expiry\n"
	"  .unsandboxfs/      this mount: stats, log, errors, config, refresh\n"
	"\n"
	"Five commands to try:\n"
	"\n"
	"  echo 'print(6 * 7)' > run/six.py && cat run/six.py.job/stdout\n"
	"  echo 30 > run/.settings/ttl\n"
	"  cp main.rs jobs/new/ && cat jobs/latest/stdout\n"
	"  echo 1 > jobs/latest/cancel\n"
	"  tail -n 3 .unsandboxfs/errors\n"
	"\n"
	"Files that are not programs are input files for the programs beside\n"
	"them. Reading stdout, stderr and exit_code waits for a job that is\n"
	"going on. What the API refuses, the close reports; why stands in\n"
	"NAME.job/error and .unsandboxfs/errors. See unsandboxfs(5).\n";

static int run_saves(
	struct op *op, const struct node *dir, struct lookup_result *found)
{
	(void)dir;
	return lookup_top(found, op->core->files, "run");
}

const struct row tree_root_rows[] = {
	DIRECTORY("/", "the account, as files",
		.instead = "programs are saved in run/ or jobs/new/"),
	READABLE("/README",
		"this tree in one screen, with five commands to try",
		.flags = ROW_FINAL, .text = readme_text),
	DIRECTORY("/run", "save a script here and it runs in a fresh sandbox",
		.saves = run_saves),
	ANSWER_LIST("/languages", API_LANGUAGES,
		"the languages that the API runs, one a line"),
	ANSWER_JSON("/languages.json", API_LANGUAGES,
		"the same with their aliases, as the API gives them"),
	{ 0 },
};
