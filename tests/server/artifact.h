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
 * A JSON array of the files in the artifacts/ of a program's /tmp and /root,
 * and of its a.out if there is a binary, with every member name that clients
 * read; some switches leave names out.
 */
void artifact_collect(struct text *text, const char *dir, bool has_binary);

/* Only the files in the artifacts/ of a service's /root. */
void artifact_collect_root(
	struct text *text, const char *dir, bool is_sandboxed);

/* One JSON object: the compiled program, or why there is none. */
void artifact_binary(struct text *text, const char *dir);

/* The same of a WebAssembly module; here it is always an empty one. */
void artifact_wasm(struct text *text, const char *language);

#endif
