/* SPDX-License-Identifier: MIT */
/* tests/server/identity.h - unique ids */
#ifndef TESTS_SERVER_IDENTITY_H
#define TESTS_SERVER_IDENTITY_H

#define IDENTITY_SIZE 64

/* A random UUID; buf holds IDENTITY_SIZE. */
void identity_uuid(char *buf);

/* prefix and 16 hex digits: unsb-service-1a2b3c4d5e6f7081 */
void identity_make(char *buf, const char *prefix);

#endif
