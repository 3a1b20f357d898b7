/* SPDX-License-Identifier: MIT */
/* tests/server/artifact.h - the files that a run leaves behind */
#ifndef TESTS_SERVER_ARTIFACT_H
#define TESTS_SERVER_ARTIFACT_H

#include <time.h>

#include "text.h"

/*
 * If all runs share /tmp: moves files written to /tmp/artifacts since then to
 * dir/artifacts.  Of two runs at a time, the first one to end gets them.
 */
void artifact_adopt(const char *dir, time_t since);

/*
 * A JSON array of the files in dir/artifacts, and of dir/a.out if there is a
 * binary, with every member name that clients read.
 */
void artifact_collect(struct text *text, const char *dir, bool has_binary);

#endif
