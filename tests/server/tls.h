/* SPDX-License-Identifier: MIT */
/* tests/server/tls.h - https, as a proxy to the plain server */
#ifndef TESTS_SERVER_TLS_H
#define TESTS_SERVER_TLS_H

struct tls;
struct MHD_Daemon;

/*
 * Listens on loopback (port 0: any; set to the actual port) with the
 * certificate in dir, and passes decrypted connections to the daemon.  So the
 * library sees no TLS, and faults are the same with and without it.  NULL on
 * failure, with a line on stderr.
 */
struct tls *tls_start(
	const char *dir, struct MHD_Daemon *daemon, int stop_fd, int *port);

/* Once stop_fd is readable: waits for all connections to end. */
void tls_stop(struct tls *tls);

#endif
