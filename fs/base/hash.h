/* SPDX-License-Identifier: MIT */
/* fs/base/hash.h - FNV-1a: for tables and for what is compared, not for secrets
 */
#ifndef FS_BASE_HASH_H
#define FS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The hash of no bytes, from which every hash starts. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

/* Continues `hash` with these bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* The same for a string with its NUL: "a","b" and "ab","" differ. */
static inline uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

#endif
