/* SPDX-License-Identifier: MIT */
/* tests/server/main.c - starts, waits for a signal, ends */
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "exchange.h"
#include "server.h"
#include "tls.h"

static struct server server;

/* A parent that has already exited sends no signal. */
static void follow_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		raise(SIGTERM);
}

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int wait_for_signal(const sigset_t *signals)
{
	int signal;

	while (sigwait(signals, &signal))
		;
	return signal;
}

static int serve(const sigset_t *signals)
{
	const char *dir = server.options.tls_dir;
	int port = server.options.port;
	struct MHD_Daemon *daemon = exchange_start(&server, !dir, &port);
	struct tls *tls = NULL;
	int err = 1;

	if (daemon && dir)
		tls = tls_start(dir, daemon, server.stop_fd, &port);
	server.port = port;
	if (daemon && (tls || !dir)) {
		printf("listening on %s://127.0.0.1:%d\n",
			dir ? "https" : "http", port);
		fflush(stdout);
		wait_for_signal(signals);
		err = 0;
	}
	server_stop(&server);
	tls_stop(tls);
	if (daemon)
		MHD_stop_daemon(daemon);
	return err;
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	struct options options;
	sigset_t signals;
	int err;

	if (argc > 1 && !strcmp(argv[1], CHILD_WORD))
		return sandbox_main(argc, argv);
	err = options_parse(&options, argc, argv);
	if (err > 0)
		options_help();
	if (err)
		return err > 0 ? 0 : 2;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (options.exit_with_parent)
		follow_parent(parent);
	raise_descriptors();
	err = server_init(&server, &options);
	if (!err)
		err = serve(&signals);
	server_clear(&server);
	return err ? 1 : 0;
}
