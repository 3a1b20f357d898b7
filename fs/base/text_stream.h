/* SPDX-License-Identifier: MIT */
/* fs/base/text_stream.h - writes a text that may be secret */
#ifndef FS_BASE_TEXT_STREAM_H
#define FS_BASE_TEXT_STREAM_H

#include <stdio.h>

/*
 * Like open_memstream: fclose sets *text and *len, and ends the text with a
 * zero. But the stream leaves no copy of it in freed memory. If fclose returns
 * EOF, it is out of memory, and *text is NULL; otherwise the caller owns the
 * text. NULL: out of memory. Do not seek.
 */
FILE *text_stream_open(char **text, size_t *len);

#endif
