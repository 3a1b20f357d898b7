/* SPDX-License-Identifier: MIT */
/* tests/server/artifact.h - the files that a run leaves behind */
#ifndef TESTS_SERVER_ARTIFACT_H
#define TESTS_SERVER_ARTIFACT_H

#include <time.h>

#include "text.h"

/*
 * Where /tmp is shared by all: moves what was written to /tmp/artifacts since
 * then to dir/artifacts.  Of two runs at a time, the first to end has it.
 */
void artifact_adopt(const char *dir, time_t since);

/*
 * A JSON array, under every name that clients read, of the files in
 * dir/artifacts, and of dir/a.out when there is a binary.
 */
void artifact_collect(struct text *text, const char *dir, bool has_binary);

#endif
