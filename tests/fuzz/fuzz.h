/* SPDX-License-Identifier: MIT */
/* tests/fuzz/fuzz.h - what every fuzz target has */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/holds.h"

/* One input; libFuzzer makes them up, replay.c reads them from files. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif
