/* SPDX-License-Identifier: MIT */
/* tests/fuzz/names.c - names and words from the network */
#include <string.h>

#include "api/errno.h"
#include "fs/jobs/jobs.h"
#include "fs/base/log.h"
#include "fs/base/safe_name.h"
#include "tests/fuzz/fuzz.h"

static void check_name(const char *name)
{
	HOLDS(name[0] && strlen(name) <= SAFE_NAME_MAX);
	HOLDS(!strchr(name, '/') && strcmp(name, ".") && strcmp(name, ".."));
	for (; *name; name++)
		HOLDS((unsigned char)*name >= ' ' && *name != 0x7f);
}

/* Text for a terminal contains no control characters. */
static void check_line(const char *line)
{
	for (; *line; line++)
		HOLDS((unsigned char)*line >= ' ' && *line != 0x7f &&
			!(line[0] == '\xc2' && (unsigned char)line[1] < 0xa0));
}

static void check_safe_name(const uint8_t *bytes, size_t len)
{
	char *name = safe_name_encode((const char *)bytes, len), *back;

	HOLDS(name);
	if (*name && strlen(name) <= SAFE_NAME_MAX)
		check_name(name);
	back = safe_name_decode(name);
	HOLDS(back);
	if (len && !memchr(bytes, '\0', len))
		HOLDS(strlen(back) == len && !memcmp(back, bytes, len));
	free(name);
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1), line[MESSAGE_SIZE];

	HOLDS(text);
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (job_id_is_name(text))
		check_name(text);
	check_safe_name(bytes, len);
	error_message_put(line, sizeof(line), text);
	check_line(line);
	error_message_put(line, 7, text);
	HOLDS(strlen(line) < 7);
	line_escape(text, line, sizeof(line));
	check_line(line);
	line_escape(text, line, 7);
	HOLDS(strlen(line) < 7);
	free(text);
	return 0;
}
