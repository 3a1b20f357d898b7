/* SPDX-License-Identifier: MIT */
/* tests/server/identity.h - unique ids */
#ifndef TESTS_SERVER_IDENTITY_H
#define TESTS_SERVER_IDENTITY_H

#define IDENTITY_SIZE 64

/* A random UUID; buf holds IDENTITY_SIZE. */
void identity_uuid(char *buf);

/* prefix and four groups of four: unsb-vm-1a2b-3c4d-5e6f-7081 */
void identity_make(char *buf, const char *prefix);

#endif
