/* SPDX-License-Identifier: MIT */
/* fs/resources/log_text.h - the text of a log in an answer of the API */
#ifndef FS_RESOURCES_LOG_TEXT_H
#define FS_RESOURCES_LOG_TEXT_H

#include <stdio.h>

#include <jansson.h>

/* Prints the log. Takes little memory of its own, even where the log has
 * hundreds of megabytes. -EPROTO: the answer has no log; -ENOMEM. The caller
 * checks out for errors. Thread-safe. */
int log_text_print(const json_t *answer, FILE *out);

#endif
