/* SPDX-License-Identifier: MIT */
/* fs/resources/item_texts.c - the objects of a long list, as little memory */
#include "fs/resources/item_texts.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include <zlib.h>

#include "api/api.h"

/* Items in a block: half as many take a tenth more memory, twice as many take
 * twice the time to read one (20 us). */
enum { BLOCK = 32, QUICK = 1 };

struct item_block {
	size_t at; /* in `packed`; each item ends in a NUL */
	uint32_t len, open_len;
};

/* Makes room for len bytes in a buffer. -ENOMEM. */
static int buffer_grow(char **buffer, size_t *room, size_t len)
{
	size_t more = *room ? *room : 4096;

	while (more < len)
		more *= 2;
	char *grown = more > *room ? realloc(*buffer, more) : *buffer;
	if (!grown)
		return -ENOMEM;
	*buffer = grown;
	*room = more;
	return 0;
}

static int blocks_grow(struct item_texts *texts)
{
	size_t room = texts->room ? texts->room * 2 : 1;
	struct item_block *blocks =
		reallocarray(texts->blocks, room, sizeof(*blocks));

	if (!blocks)
		return -ENOMEM;
	texts->blocks = blocks;
	texts->room = room;
	return 0;
}

/* zlib's own compress2 prepares 256 KB for each block. */
static int packer_ready(struct item_texts *texts)
{
	z_stream *packer = texts->packer;

	if (packer)
		return deflateReset(packer) == Z_OK ? 0 : -ENOMEM;
	packer = calloc(1, sizeof(*packer));
	if (packer && deflateInit(packer, QUICK) == Z_OK) {
		texts->packer = packer;
		return 0;
	}
	free(packer);
	return -ENOMEM;
}

static void packer_free(struct item_texts *texts)
{
	if (texts->packer)
		deflateEnd(texts->packer);
	free(texts->packer);
	texts->packer = NULL;
}

/* The open block becomes one of the others. All are in one buffer: each on its
 * own would hold a page among what is freed after the list is read. */
static int block_close(struct item_texts *texts)
{
	int err = packer_ready(texts);
	z_stream *packer = texts->packer;
	size_t room;

	if (err || texts->open_len > UINT32_MAX ||
		(texts->count == texts->room && blocks_grow(texts)))
		return -ENOMEM;
	room = deflateBound(packer, texts->open_len);
	if (buffer_grow(&texts->packed, &texts->packed_room,
		    texts->packed_len + room))
		return -ENOMEM;
	packer->next_in = (unsigned char *)texts->open;
	packer->avail_in = (unsigned)texts->open_len;
	packer->next_out = (unsigned char *)texts->packed + texts->packed_len;
	packer->avail_out = (unsigned)room;
	if (deflate(packer, Z_FINISH) != Z_STREAM_END)
		return -ENOMEM;
	texts->blocks[texts->count++] = (struct item_block){ texts->packed_len,
		(uint32_t)packer->total_out, (uint32_t)texts->open_len };
	texts->packed_len += packer->total_out;
	texts->open_len = texts->open_items = 0;
	return 0;
}

int item_texts_add(struct item_texts *texts, const char *text, size_t len)
{
	int err = texts->open_items == BLOCK ? block_close(texts) : 0;

	if (!err)
		err = buffer_grow(&texts->open, &texts->open_room,
			texts->open_len + len + 1);
	if (err)
		return err;
	memcpy(texts->open + texts->open_len, text, len);
	texts->open_len += len;
	texts->open[texts->open_len++] = '\0';
	texts->open_items++;
	return 0;
}

int item_texts_end(struct item_texts *texts)
{
	int err = texts->open_items ? block_close(texts) : 0;
	char *less = realloc(texts->packed, MAX(texts->packed_len, 1));

	if (less) {
		texts->packed = less;
		texts->packed_room = texts->packed_len;
	}
	packer_free(texts);
	free(texts->open);
	texts->open = NULL;
	texts->open_room = 0;
	texts->open_block = SIZE_MAX;
	return err;
}

size_t item_texts_bytes(const struct item_texts *texts)
{
	return texts->packed_room + texts->room * sizeof(*texts->blocks);
}

static int block_open(struct item_texts *texts, size_t number)
{
	const struct item_block *block = &texts->blocks[number];
	uLongf len = block->open_len;

	if (texts->open_block == number)
		return 0;
	texts->open_block = SIZE_MAX;
	if (buffer_grow(&texts->open, &texts->open_room, len) ||
		uncompress((unsigned char *)texts->open, &len,
			(unsigned char *)texts->packed + block->at,
			block->len) != Z_OK)
		return -ENOMEM;
	texts->open_block = number;
	return 0;
}

json_t *item_texts_read(struct item_texts *texts, size_t number)
{
	const char *text;

	if (block_open(texts, number / BLOCK))
		return NULL;
	text = texts->open;
	for (size_t i = number % BLOCK; i; i--)
		text += strlen(text) + 1;
	return json_read(text, strlen(text));
}

void item_texts_clear(struct item_texts *texts)
{
	free(texts->blocks);
	free(texts->packed);
	free(texts->open);
	packer_free(texts);
	*texts = (struct item_texts){ 0 };
}
