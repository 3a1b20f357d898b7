/* SPDX-License-Identifier: MIT */
/* fs/core/edit.h - what is written to a row's file, until it is closed */
#ifndef FS_CORE_EDIT_H
#define FS_CORE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * It belongs to the node, not to a handle: a shell's `{ a; b; } > f` writes
 * through many.
 */
struct edit {
	char *bytes;
	size_t len;
	off_t base; /* file offset of bytes[0]; -1: nothing written yet */
	uint64_t generation, sent;
	unsigned writers;
	bool is_refused; /* until it is truncated or closed */
};

/* The longest text that one value may have, in bytes. */
enum { EDIT_MAX = 16 << 20 };

/* Stores written bytes. -EFBIG, -ENOMEM; -EINVAL for an offset before the
 * first one that was written. */
int edit_write(struct edit *edit, const char *bytes, size_t len, off_t offset);
void edit_truncate(struct edit *edit, size_t size);
/* Takes NULL. */
void edit_free(struct edit *edit);

#endif
