/* SPDX-License-Identifier: MIT */
/* tests/server/pump.h - copies bytes between TLS and a plain socket */
#ifndef TESTS_SERVER_PUMP_H
#define TESTS_SERVER_PUMP_H

#include <openssl/types.h>

/*
 * Copies bytes both ways until one side ends or stop_fd is readable, after the
 * handshake.  Makes ssl_fd non-blocking.
 */
void pump(SSL *ssl, int ssl_fd, int plain_fd, int stop_fd);

#endif
