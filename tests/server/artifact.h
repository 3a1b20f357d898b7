/* SPDX-License-Identifier: MIT */
/* tests/server/artifact.h - the files that a run leaves behind */
#ifndef SERVER_ARTIFACT_H
#define SERVER_ARTIFACT_H

#include "text.h"

/*
 * A JSON array, under every name that clients read, of the files in
 * dir/artifacts, and of dir/a.out when there is a binary.
 */
void artifact_collect(struct text *text, const char *dir, bool has_binary);

#endif
