/* SPDX-License-Identifier: MIT */
/* tests/server/certificate.h - creates a test CA and a certificate */
#ifndef TESTS_SERVER_CERTIFICATE_H
#define TESTS_SERVER_CERTIFICATE_H

/*
 * Creates ca.pem, cert.pem and key.pem in the directory unless all three
 * exist.  The CA's own key is not stored.  0 or -errno.
 */
int certificate_make(const char *dir);

#endif
