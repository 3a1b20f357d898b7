/* SPDX-License-Identifier: MIT */
/* fs/program/main.c - unsandboxfs, from its command line to its exit status */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/program/program.h"

static int help_print(bool all)
{
	int err;

	printf("usage: unsandboxfs [options] [SOURCE] MOUNTPOINT\n"
	       "       unsandboxfs run [options] MOUNTPOINT -- COMMAND...\n"
	       "       unsandboxfs shell SESSION-OR-SERVICE\n"
	       "Mounts an unsandbox.com account as files; what is saved in "
	       "run/ "
	       "runs.\n\n");
	err = options_help(stdout, all);
	printf("\nKeys come from UNSANDBOX_PUBLIC_KEY and "
	       "UNSANDBOX_SECRET_KEY, or from a file.\n"
	       "-o ro,account=1 may be written --ro --account=1. "
	       "See unsandboxfs(1).\n");
	return err;
}

static enum exit_status options_obey(struct options *options)
{
	int err = 0;

	if (options->show_help)
		err = help_print(options->show_all);
	else if (options->show_version)
		printf("unsandboxfs " UNSANDBOXFS_VERSION "\nlibfuse %s\n",
			fuse_pkgversion());
	else
		return options->fake	    ? EXIT_OK
			: options->is_check ? check_run(options)
					    : serve(options);
	if (!err && fflush(stdout))
		err = -errno;
	if (!err)
		return EXIT_OK;
	log_line(LOG_ERR, "standard output: %s", strerror(-err));
	return EXIT_OTHER;
}

int main(int argc, char **argv)
{
	struct options options;
	enum exit_status status;
	char **command = command_cut(&argc, argv);
	char why[WHY_LEN];
	int err;

	if (argc > 1 && !strcmp(argv[1], "shell"))
		return shell_main(argc - 1, argv + 1);
	process_harden();
	err = options_parse(&options, argc, argv, why, sizeof(why));
	log_open(options.foreground, options.debug);
	if (command)
		options.command = command;
	if (!err) {
		status = options_obey(&options);
	} else {
		log_line(LOG_ERR, "%s", why);
		status = err == -ENOMEM ? EXIT_OTHER : EXIT_USAGE;
	}
	options_clear(&options);
	return (int)status;
}
