/* SPDX-License-Identifier: MIT */
/* tests/server/gzip.h - writes bytes as a gzip file */
#ifndef TESTS_SERVER_GZIP_H
#define TESTS_SERVER_GZIP_H

#include "text.h"

/* Stored, not compressed: gunzip reads it, and no library is needed. */
void gzip_pack(struct text *out, const void *bytes, size_t len);

#endif
