/* SPDX-License-Identifier: MIT */
/* fs/tree/root.c - the root, README, run/ and languages */
#include "fs/core/core.h"
#include "fs/files/files.h"
#include "fs/tree/rows.h"
#include "fs/tree/tables.h"

static const char readme_text[] =
	"unsandbox.com as files. Paths are from the root of this mount.\n"
	"\n"
	"  run/NAME           save a program here: it runs in a fresh sandbox\n"
	"  run/NAME.job/      stdout, stderr, exit_code: reading waits for the "
	"end;\n"
	"                     status, error, artifacts/, cancel, rerun ...\n"
	"  run/DIR/           a project: main.* runs, with the other files "
	"as input\n"
	"  run/.settings/     ttl, vcpu, network_mode, env ...: not listed, "
	"but there\n"
	"  jobs/new/NAME      the same in the background; its job is "
	"jobs/latest\n"
	"  services/ sessions/ snapshots/ images/\n"
	"                     a directory each, with its values, run/, console "
	"...\n"
	"  services/new/      mkdir NAME here, fill its files, mv it to "
	"services/;\n"
	"                     sessions/new/ likewise\n"
	"  .../destroy        echo 1 > destroy destroys; rm and rmdir do not\n"
	"  languages  shells  what can run; key/ has the limits of the key\n"
	"  .unsandboxfs/      this mount: errors, log, stats, config\n"
	"\n"
	"The following works as printed, in this order, in this directory; "
	"`...` stands\n"
	"for output that varies. Run a program, and run it again:\n"
	"\n"
	"  $ echo 'print(6 * 7)' > run/six.py\n"
	"  $ cat run/six.py.job/stdout\n"
	"  42\n"
	"  $ echo 1 > run/six.py.job/rerun\n"
	"\n"
	"A program that fails, a value that is refused, and the reason:\n"
	"\n"
	"  $ echo 'import nothing' > run/bad.py\n"
	"  $ cat run/bad.py.job/exit_code\n"
	"  1\n"
	"  $ tail -n 1 run/bad.py.job/stderr\n"
	"  ModuleNotFoundError: No module named 'nothing'\n"
	"  $ echo 901 > run/.settings/ttl\n"
	"  ...Invalid argument\n"
	"  $ tail -n 1 .unsandboxfs/errors\n"
	"  ... /run/.settings/ttl 0 EINVAL ...\n"
	"\n"
	"A project with a file and a setting of its own:\n"
	"\n"
	"  $ mkdir run/app\n"
	"  $ echo WHO=world > run/app/.settings/env\n"
	"  $ echo hello > run/app/word.txt\n"
	"  $ echo 'cat word.txt; echo $WHO' > run/app/main.sh\n"
	"  $ cat run/app/main.sh.job/stdout\n"
	"  hello\n"
	"  world\n"
	"\n"
	"A job in the background, which is then cancelled:\n"
	"\n"
	"  $ echo 'sleep 600' > jobs/new/long.sh\n"
	"  $ cat jobs/latest/status\n"
	"  ...\n"
	"  $ echo 1 > jobs/latest/cancel\n"
	"  $ cat jobs/latest/status\n"
	"  cancelled\n"
	"\n"
	"A service, a command and the live shell in it, and a snapshot of it. "
	"No other\n"
	"customer of the API may have a service of this name:\n"
	"\n"
	"  $ NAME=try-$$\n"
	"  $ mkdir services/new/$NAME\n"
	"  $ echo 'python3 -m http.server 8080' > "
	"services/new/$NAME/bootstrap\n"
	"  $ echo 8080 > services/new/$NAME/ports\n"
	"  $ mv services/new/$NAME services/\n"
	"  $ cat services/$NAME/url\n"
	"  https://...\n"
	"  $ echo uname > services/$NAME/run/what\n"
	"  $ cat services/$NAME/run/what.job/stdout\n"
	"  Linux\n"
	"  $ (echo 'uname; exit' >&3; cat <&3) 3<>services/$NAME/console\n"
	"  ...\n"
	"  $ mkdir services/$NAME/snapshots/first\n"
	"  $ echo 1 > services/$NAME/snapshots/first/restore\n"
	"  $ echo 1 > services/$NAME/snapshots/first/destroy\n"
	"  $ echo 1 > services/$NAME/destroy\n"
	"\n"
	"A file that is not a program is an input file of the programs beside "
	"it. If the\n"
	"API refuses something, closing the file reports it. See "
	"unsandboxfs(5).\n";

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
		"this tree in one screen, and commands that work as printed",
		.flags = ROW_FINAL, .text = readme_text),
	DIRECTORY("/run", "save a script here and it runs in a fresh sandbox",
		.saves = run_saves),
	ANSWER_LIST("/languages", API_LANGUAGES,
		"the languages that the API runs, one a line"),
	ANSWER_JSON("/languages.json", API_LANGUAGES,
		"the same with their aliases, as the API gives them"),
	{ 0 },
};
