/* SPDX-License-Identifier: MIT */
/* fs/program/serve.c - checks, forks, mounts, serves, and cleans up */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "fs/base/base.h"
#include "fs/mount/mount.h"
#include "fs/program/program.h"

#define LOCK_TRIES 40
#define LOCK_PAUSE_NS (50 * 1000 * 1000)

static enum exit_status session_serve(struct mount *mount,
	const struct options *options, struct daemon *daemon, char *why)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_session *session = NULL;
	enum exit_status status = EXIT_FUSE;
	sigset_t signals;

	if (options_fuse_args(options, &args) == 0)
		session = mount_session(mount, &args);
	fuse_opt_free_args(&args);
	if (!session)
		return refuse(EXIT_FUSE, why, WHY_LEN,
			"cannot start libfuse; see the line above");
	signals_block(&signals);
	if (fuse_session_mount(session, options->mountpoint))
		snprintf(why, WHY_LEN, "%s: cannot mount; see the line above",
			options->mountpoint);
	else
		status = mount_loop(mount, session, daemon_ready, daemon);
	fuse_session_destroy(session);
	return status;
}

/* Calls mount_new. Retries for 2 s while the state directory is locked: a
 * daemon that was just unmounted may still be writing its last records. */
static int mount_open(const struct options *options,
	struct api_credentials *credentials, struct mount **mount, char *why,
	enum exit_status *status)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	int err;

	for (int tries = 0;; tries++) {
		err = mount_new(
			options, credentials, mount, why, WHY_LEN, status);
		if (err != -EBUSY || tries == LOCK_TRIES)
			return err;
		nanosleep(&pause, NULL);
	}
}

static enum exit_status account_serve(
	const struct options *options, struct daemon *daemon, char *why)
{
	static struct api_credentials credentials;
	enum exit_status status = EXIT_CREDENTIALS;
	struct mount *mount = NULL;
	int err = api_credentials_load(&credentials, options->account,
		options->accounts_file, why, WHY_LEN);

	process_wipe_keys();
	if (!err) {
		log_line(LOG_INFO, "keys: %s", credentials.source);
		err = mount_open(options, &credentials, &mount, why, &status);
	}
	/* all relative paths were opened; do not keep a directory busy */
	if (!err && chdir("/") == 0) {
		why[0] = '\0';
		status = session_serve(mount, options, daemon, why);
	}
	mount_free(mount);
	api_credentials_clear(&credentials);
	return status;
}

/* Forks, and serves in the daemon's process. */
static enum exit_status daemon_serve(const struct options *options, char *why)
{
	enum exit_status status = EXIT_OTHER;
	struct daemon daemon;
	int err = daemon_start(&daemon,
		options->foreground && !options->command, options->command);

	if (err)
		return refuse(EXIT_OTHER, why, WHY_LEN,
			"cannot start the daemon: %s", strerror(-err));
	if (options->auto_unmount)
		err = watchdog_start(options->mountpoint);
	if (err)
		snprintf(why, WHY_LEN,
			"-o auto_unmount: cannot start the watchdog: %s",
			strerror(-err));
	else
		status = account_serve(options, &daemon, why);
	status = daemon_end(&daemon, status, why);
	why[0] = '\0'; /* daemon_end has reported it */
	return status;
}

/* Makes the mountpoint absolute, because the daemon leaves its directory. */
static enum exit_status mountpoint_set(struct options *options, char *why)
{
	char path[PATH_MAX];

	if (options->is_passed) {
		log_set_name(options->mountpoint);
		return mountpoint_take(options->mountpoint, why, WHY_LEN)
			? EXIT_MOUNTPOINT
			: EXIT_OK;
	}
	if (mountpoint_prepare(options->mountpoint, path, why, WHY_LEN))
		return EXIT_MOUNTPOINT;
	free(options->mountpoint);
	options->mountpoint = strdup(path);
	if (!options->mountpoint)
		return refuse(EXIT_OTHER, why, WHY_LEN, "out of memory");
	log_set_name(path);
	return EXIT_OK;
}

static enum exit_status mountpoint_serve(struct options *options, char *why)
{
	enum exit_status status = system_check(options, why, WHY_LEN);

	if (status == EXIT_OK)
		status = mountpoint_set(options, why);
	if (status == EXIT_OK && options->log_file &&
		log_to_file(options->log_file))
		status = refuse(EXIT_USAGE, why, WHY_LEN, "-o log_file=%s: %s",
			options->log_file, strerror(errno));
	return status == EXIT_OK ? daemon_serve(options, why) : status;
}

enum exit_status serve(struct options *options)
{
	char why[WHY_LEN] = "";
	enum exit_status status = EXIT_OK;

	if (!options->remount)
		status = mountpoint_serve(options, why);
	else if (mountpoint_remount(options, why, sizeof(why)))
		status = EXIT_MOUNTPOINT;
	if (why[0] != '\0')
		log_line(LOG_ERR, "%s", why);
	return status;
}
