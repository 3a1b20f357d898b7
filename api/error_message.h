/* SPDX-License-Identifier: MIT */
/* api/error_message.h - why a request failed, in one line fit for a terminal */
#ifndef API_ERROR_MESSAGE_H
#define API_ERROR_MESSAGE_H

#include <stddef.h>

#include <jansson.h>

#include "api/errno.h"

#define MESSAGE_SIZE 512
#define CODE_SIZE 64

/* Copies s as one line: control bytes, C1 ones too, and what is no valid UTF-8
 * become \xNN; what does not fit is cut off between characters. */
void error_message_put(char *out, size_t size, const char *s);

/* The words of an answer that is no success. They live as long as json. */
struct api_error api_error_of(const json_t *json);

#endif
