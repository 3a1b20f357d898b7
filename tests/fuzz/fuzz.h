/* SPDX-License-Identifier: MIT */
/* tests/fuzz/fuzz.h - shared by all fuzz targets */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/holds.h"

/* Runs one input, from libFuzzer or from a file (replay.c). */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif
