/* SPDX-License-Identifier: MIT */
/* fs/program/main.c - unsandboxfs, from its command line to its exit status */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/log.h"
#include "fs/mount/mount.h"
#include "fs/program/daemon.h"
#include "fs/program/mountpoint.h"
#include "fs/program/option.h"
#include "fs/program/options.h"
#include "fs/program/start.h"
#include "fs/program/watchdog.h"

#define LOCK_TRIES 40 /* 2 s */

/* Why the program ends; one line. */
struct why {
	char text[PATH_MAX + 256];
};

static enum exit_status help_print(void)
{
	size_t len;
	char *options = options_help(&len);

	if (!options)
		return EXIT_OTHER;
	printf("usage: unsandboxfs [options] MOUNTPOINT\n"
	       "       unsandboxfs SOURCE MOUNTPOINT -o OPTION[,OPTION...]\n\n"
	       "Shows what an unsandbox.com account has, as files; what is "
	       "saved in run/ runs.\nSOURCE is an URL or a label.\n\n"
	       "    -f  stay in the foreground, log to stderr\n"
	       "    -d  the same, and log every request\n"
	       "    -h  this text        -V  the version\n\n%s\n"
	       "Keys come from UNSANDBOX_PUBLIC_KEY and UNSANDBOX_SECRET_KEY, "
	       "else from an accounts\nfile. See unsandboxfs(1) and (5).\n",
		options);
	free(options);
	return EXIT_OK;
}

static enum exit_status version_print(void)
{
	printf("unsandboxfs " UNSANDBOXFS_VERSION "\nlibfuse %s\n",
		fuse_pkgversion());
	return EXIT_OK;
}

static enum exit_status session_serve(struct mount *mount,
	struct fuse_session *session, const struct options *options,
	struct daemon *daemon, struct why *why)
{
	enum exit_status status;

	start_hold_signals();
	if (fuse_session_mount(session, options->mountpoint)) {
		snprintf(why->text, sizeof(why->text),
			"%s: cannot be mounted on; the line above says why",
			options->mountpoint);
		return EXIT_FUSE;
	}
	status = mount_loop(mount, session, daemon_ready, daemon);
	fuse_session_unmount(session);
	return status;
}

static enum exit_status mounted_serve(struct mount *mount,
	const struct options *options, struct daemon *daemon, struct why *why)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_session *session = NULL;
	enum exit_status status;

	if (options_fuse_args(options, &args) == 0)
		session = mount_session(mount, &args);
	fuse_opt_free_args(&args);
	if (!session) {
		snprintf(why->text, sizeof(why->text),
			"libfuse does not start; the line above says why");
		return EXIT_FUSE;
	}
	status = session_serve(mount, session, options, daemon, why);
	fuse_session_destroy(session);
	return status;
}

/* mount_new; a mount that has just been unmounted may hold the state directory
 * for a moment yet, while it stores what it was told last. */
static int mount_open(const struct options *options,
	const struct api_credentials *credentials, struct mount **mount,
	struct why *why, enum exit_status *status)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	int err;

	for (int tries = 0;; tries++) {
		err = mount_new(options, credentials, mount, why->text,
			sizeof(why->text), status);
		if (err != -EBUSY || tries == LOCK_TRIES)
			return err;
		nanosleep(&pause, NULL);
	}
}

static enum exit_status account_serve(
	const struct options *options, struct daemon *daemon, struct why *why)
{
	static struct api_credentials credentials;
	enum exit_status status = EXIT_CREDENTIALS;
	struct mount *mount = NULL;
	int err = api_credentials_load(&credentials, options->account,
		options->accounts_file, why->text, sizeof(why->text));

	start_forget_keys();
	if (!err) {
		log_line(LOG_INFO, "keys: %s", credentials.source);
		err = mount_open(options, &credentials, &mount, why, &status);
	}
	/* Whatever was relative is open now; keep no directory busy. */
	if (!err && chdir("/") == 0) {
		why->text[0] = '\0';
		status = mounted_serve(mount, options, daemon, why);
	}
	mount_free(mount);
	api_credentials_clear(&credentials);
	return status;
}

/* All that can be refused before there is a daemon. */
static enum exit_status mount_prepare(struct options *options, struct why *why)
{
	enum exit_status status;
	char path[PATH_MAX];

	status = start_check(options, why->text, sizeof(why->text));
	if (status != EXIT_OK)
		return status;
	if (mountpoint_prepare(
		    options->mountpoint, path, why->text, sizeof(why->text)))
		return EXIT_MOUNTPOINT;
	if (option_text(&options->mountpoint, strdup(path)) == 0)
		return EXIT_OK;
	snprintf(why->text, sizeof(why->text), "out of memory");
	return EXIT_OTHER;
}

static enum exit_status mount_serve(
	const struct options *options, struct why *why)
{
	enum exit_status status = EXIT_OTHER;
	struct daemon daemon;
	int err = daemon_start(&daemon, options->foreground);

	if (err) {
		snprintf(why->text, sizeof(why->text), "fork: %s",
			strerror(-err));
		return EXIT_OTHER;
	}
	if (options->auto_unmount)
		err = guard_start(options->mountpoint);
	if (err)
		snprintf(why->text, sizeof(why->text), "-o auto_unmount: %s",
			strerror(-err));
	else
		status = account_serve(options, &daemon, why);
	status = daemon_end(&daemon, status, why->text);
	why->text[0] = '\0'; /* it has been told */
	return status;
}

/* What the command line asks for. */
static enum exit_status options_obey(struct options *options, struct why *why)
{
	enum exit_status status;

	if (options->show_help)
		return help_print();
	if (options->show_version)
		return version_print();
	if (options->fake)
		return EXIT_OK;
	status = mount_prepare(options, why);
	return status == EXIT_OK ? mount_serve(options, why) : status;
}

int main(int argc, char **argv)
{
	struct why why = { "" };
	struct options options;
	enum exit_status status = EXIT_USAGE;
	int err;

	start_process();
	err = options_parse(&options, argc, argv, why.text, sizeof(why.text));
	log_open(options.foreground, options.debug);
	if (!err)
		status = options_obey(&options, &why);
	if (why.text[0] != '\0')
		log_line(LOG_ERR, "%s", why.text);
	options_clear(&options);
	return (int)status;
}
