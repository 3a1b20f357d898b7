/* SPDX-License-Identifier: MIT */
/* tests/server/server.c - the state of the stand-in */
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "folder.h"

/* Makes the path absolute: a supervisor mounts it from another directory. */
static int make_dir(struct server *server)
{
	const char *base = getenv("TMPDIR");
	char *real;
	int err = 0;

	if (server->options.data_dir) {
		err = folder_make(server->options.data_dir);
		if (err)
			return err;
		real = realpath(server->options.data_dir, NULL);
		if (!real || strlen(real) >= sizeof(server->dir))
			err = -ENAMETOOLONG;
		else
			strcpy(server->dir, real);
		free(real);
		return err;
	}
	snprintf(server->dir, sizeof(server->dir), "%s/standin-XXXXXX",
		base ? base : "/tmp");
	if (!mkdtemp(server->dir))
		return -errno;
	server->is_dir_temporary = true;
	return 0;
}

int server_init(struct server *server, const struct options *options)
{
	int err;

	memset(server, 0, sizeof(*server));
	server->options = *options;
	atomic_init(&server->concurrency, options->concurrency);
	pthread_mutex_init(&server->admission, NULL);
	jobs_init(&server->jobs);
	resources_init(&server->resources);
	terminals_init(&server->terminals);
	sudo_init(&server->sudo);
	faults_init(&server->faults);
	ledger_init(&server->ledger);
	server->stop_fd = eventfd(0, EFD_CLOEXEC);
	err = server->stop_fd < 0 ? -errno : 0;
	if (!err)
		err = journal_init(&server->journal);
	if (!err)
		err = accounts_init(&server->accounts, options);
	if (!err)
		err = launcher_init(&server->launcher, options->is_plain);
	if (!err)
		err = make_dir(server);
	if (!err)
		resources_load(server);
	if (err)
		fprintf(stderr, "standin: cannot start: %s\n", strerror(-err));
	return err;
}

void server_stop(struct server *server)
{
	const long long one = 1;

	if (write(server->stop_fd, &one, sizeof(one)) < 0)
		perror("standin");
	jobs_close(&server->jobs);
	resources_stop(server);
	terminal_kill(server, NULL);
}

void server_clear(struct server *server)
{
	char runs[320];

	jobs_clear(&server->jobs);
	terminals_clear(&server->terminals);
	resources_clear(&server->resources);
	sudo_clear(&server->sudo);
	faults_clear(&server->faults);
	ledger_clear(&server->ledger);
	journal_clear(&server->journal);
	accounts_clear(&server->accounts);
	launcher_clear(&server->launcher);
	pthread_mutex_destroy(&server->admission);
	close(server->stop_fd);
	snprintf(runs, sizeof(runs), "%s/run", server->dir);
	folder_remove(runs);
	if (server->is_dir_temporary)
		folder_remove(server->dir);
}

bool server_pause(const struct server *server, long long ms)
{
	struct pollfd stop = { .fd = server->stop_fd, .events = POLLIN };

	return poll(&stop, 1, ms) == 0;
}

void server_new_dir(
	struct server *server, const char *kind, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s/%d-%u", server->dir, kind, (int)getpid(),
		atomic_fetch_add(&server->dir_number, 1));
}
