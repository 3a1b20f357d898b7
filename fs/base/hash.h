/* SPDX-License-Identifier: MIT */
/* fs/base/hash.h - hashes for tables and for what is compared, not for secrets
 */
#ifndef FS_BASE_HASH_H
#define FS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The hash of no bytes, from which every hash starts. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

/* Continues `hash` with these bytes: FNV-1a. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* For long texts, eight times as fast; another hash. */
static inline uint64_t hash_words(uint64_t hash, const void *bytes, size_t len)
{
	const char *at = bytes;
	uint64_t word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0xbf58476d1ce4e5b9);
		hash ^= hash >> 32; /* a product moves bits up only */
	}
	return hash_bytes(hash, at, len);
}

/* As hash_bytes, for a string with its NUL: "a","b" and "ab","" differ. */
static inline uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

#endif
