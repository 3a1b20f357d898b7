/* SPDX-License-Identifier: MIT */
/* tests/holds.h - assertions without cmocka */
#ifndef TESTS_HOLDS_H
#define TESTS_HOLDS_H

#include <stdio.h>
#include <stdlib.h>

#define HOLDS(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: does not hold: %s\n",          \
				__FILE__, __LINE__, #condition);               \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
