/* SPDX-License-Identifier: MIT */
/* api/curl_memory.c - wipes the memory of curl and jansson when it is freed */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"

static _Atomic unsigned failures;

static void *counted(void *block)
{
	failures += !block;
	return block;
}

unsigned curl_memory_failures(void)
{
	return failures;
}

static void *allocate(size_t size)
{
	return counted(malloc(size));
}

static void *allocate_zeroed(size_t count, size_t size)
{
	return counted(calloc(count, size));
}

static void wipe_and_free(void *block)
{
	if (block)
		explicit_bzero(block, malloc_usable_size(block));
	free(block);
}

/* realloc(3) may move a block without wiping the old one. */
static void *resize(void *old, size_t size)
{
	size_t old_size = old ? malloc_usable_size(old) : 0;
	void *block;

	if (old && size <= old_size)
		return old;
	block = allocate(size);
	if (!block)
		return NULL;
	if (old)
		memcpy(block, old, old_size);
	wipe_and_free(old);
	return block;
}

static char *duplicate(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = allocate(size);

	return copy ? memcpy(copy, s, size) : NULL;
}

CURLcode curl_global_init_wiped(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
	return curl_global_init_mem(CURL_GLOBAL_DEFAULT, allocate,
		wipe_and_free, resize, duplicate, allocate_zeroed);
}
