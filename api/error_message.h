/* SPDX-License-Identifier: MIT */
/* api/error_message.h - a failure in one line that a terminal can show */
#ifndef API_ERROR_MESSAGE_H
#define API_ERROR_MESSAGE_H

#include <stddef.h>

#include <jansson.h>

#include "api/errno.h"

#define MESSAGE_SIZE 512
#define CODE_SIZE 64

/* Copies s as one line into out, of at most MESSAGE_SIZE bytes: control bytes,
 * C1 controls and invalid UTF-8 become \xNN. What does not fit is cut off
 * between characters. */
void error_message_put(char *out, size_t size, const char *s);

/* The reason in an unsuccessful answer; it lives as long as json. */
struct api_error api_error_of(const json_t *json);

#endif
