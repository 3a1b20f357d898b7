/* SPDX-License-Identifier: MIT */
/* tests/server/certificate.h - a test CA and a certificate, made on the fly */
#ifndef TESTS_SERVER_CERTIFICATE_H
#define TESTS_SERVER_CERTIFICATE_H

/*
 * Makes ca.pem, cert.pem and key.pem in the directory unless all three are
 * there.  The CA's own key is not kept.  0 or -errno.
 */
int certificate_make(const char *dir);

#endif
