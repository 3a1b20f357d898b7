/* SPDX-License-Identifier: MIT */
/* tests/server/pump.h - bytes between a TLS connection and a plain socket */
#ifndef TESTS_SERVER_PUMP_H
#define TESTS_SERVER_PUMP_H

#include <openssl/types.h>

/*
 * Carries bytes both ways until one side ends or stop_fd is readable; the
 * handshake is done.  ssl_fd is made non-blocking.
 */
void pump(SSL *ssl, int ssl_fd, int plain_fd, int stop_fd);

#endif
