/* SPDX-License-Identifier: MIT */
/* tests/server/tls.h - https, by way of a pump to the plain server */
#ifndef TESTS_SERVER_TLS_H
#define TESTS_SERVER_TLS_H

struct tls;
struct MHD_Daemon;

/*
 * Listens on loopback (port 0: any; the port got is left there) with the
 * certificate in dir and hands decrypted connections to the daemon.  So the
 * library sees no TLS, and a spoilt answer is spoilt the same with and
 * without it.  NULL with a line on stderr.
 */
struct tls *tls_start(
	const char *dir, struct MHD_Daemon *daemon, int stop_fd, int *port);

/* Once stop_fd is readable: waits for all connections' end. */
void tls_stop(struct tls *tls);

#endif
