/* SPDX-License-Identifier: MIT */
/* tests/unit/alloc_fail.h - lets the n-th allocation of a test fail */
#ifndef TESTS_UNIT_ALLOC_FAIL_H
#define TESTS_UNIT_ALLOC_FAIL_H

#include <stddef.h>

/*
 * Counts malloc, calloc and realloc of our own code, in the thread of the test:
 * the Makefile links a test that includes this with --wrap. Allocations within
 * shared libraries are not counted; for jansson's add
 * json_set_alloc_funcs(__wrap_malloc, free).
 */

/* Counted down; the allocation that makes it 0 fails. 0: none fails. */
static _Thread_local long alloc_fail_at;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static inline int alloc_fails(void)
{
	return alloc_fail_at && --alloc_fail_at == 0;
}

void *__wrap_malloc(size_t size)
{
	return alloc_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return alloc_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return alloc_fails() ? NULL : __real_realloc(old, size);
}

#endif
