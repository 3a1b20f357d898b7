/* SPDX-License-Identifier: MIT */
/* fs/core/edit.c - what is written to a row's file, until it is closed */
#include "fs/core/edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int edit_room(struct edit *edit, size_t len)
{
	char *grown;

	if (len > EDIT_MAX)
		return -EFBIG;
	if (len <= edit->len)
		return 0;
	/* realloc(3) would leave copies of a vault in memory */
	grown = calloc(1, len + 1);
	if (!grown)
		return -ENOMEM;
	if (edit->bytes) {
		memcpy(grown, edit->bytes, edit->len);
		explicit_bzero(edit->bytes, edit->len);
		free(edit->bytes);
	}
	edit->bytes = grown;
	edit->len = len;
	return 0;
}

/* Offsets count from the first byte written, so that `echo 9 >> ttl` writes 9,
 * whatever was there; base is 0 if there was content to append to. */
int edit_write(struct edit *edit, const char *bytes, size_t len, off_t offset)
{
	if (edit->base < 0)
		edit->base = offset;
	if (offset < edit->base)
		return -EINVAL;
	size_t from = offset - edit->base;
	if (from > EDIT_MAX)
		return -EFBIG;
	int err = edit_room(edit, from + len);
	if (err)
		return err;
	if (len)
		memcpy(edit->bytes + from, bytes, len);
	edit->generation++;
	return 0;
}

void edit_truncate(struct edit *edit, size_t size)
{
	/* rsync sets the length that the file has. A value that was sent with
	 * its newline is not in the edit any more. */
	if (size && size >= edit->len)
		return;
	edit->len = size;
	if (!size) {
		edit->base = 0;
		edit->is_refused = false;
	}
	edit->generation++;
}

void edit_free(struct edit *edit)
{
	if (edit)
		free(edit->bytes);
	free(edit);
}
