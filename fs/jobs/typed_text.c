/* SPDX-License-Identifier: MIT */
/* fs/jobs/typed_text.c - what is typed into a live shell to run a command, and
 * what that prints */
#include "fs/jobs/typed_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "api/api.h"

enum { B64_LINE = 76 }; /* a terminal's line may be 4095 bytes */

static const char begins[] = "unsb", stopped[] = " stopped";

int typed_mark(char mark[MARK_SIZE])
{
	unsigned char noise[(MARK_SIZE - 1) / 2];

	if (getrandom(noise, sizeof(noise), 0) != sizeof(noise))
		return -EIO;
	for (size_t i = 0; i < sizeof(noise); i++)
		snprintf(mark + 2 * i, 3, "%02x", noise[i]);
	return 0;
}

/* ---- what is typed ---- */

static char *printed(const char *format, const char *mark, size_t *len)
{
	char *text;
	int n = asprintf(&text, format, mark, mark);

	*len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? NULL : text;
}

char *typed_greeting(const char *mark, size_t *len)
{
	return printed(" printf '\\n%%s%%s\\n' unsb '%s'\r", mark, len);
}

char *typed_interrupt(const char *mark, size_t *len)
{
	return printed("\003 rm -f /tmp/.uns-%s*; printf '\\n%%s%%s stopped\\n'"
		       " unsb '%s'\r",
		mark, len);
}

static void base64_lines(FILE *out, const char *text, size_t len)
{
	for (size_t at = 0; at < len; at += B64_LINE)
		fprintf(out, "%.*s\r",
			(int)(len - at < B64_LINE ? len - at : B64_LINE),
			text + at);
}

/* A session's shell runs it itself, and so keeps its variables. */
static void command_print(const char *mark, bool is_in_shell, const char *text,
	size_t len, FILE *out)
{
	fprintf(out, " base64 -d >/tmp/.uns-%s <<'%s'\r", mark, mark);
	base64_lines(out, text, len);
	fprintf(out,
		"%s\r %s /tmp/.uns-%s >/tmp/.uns-%s.1 2>/tmp/.uns-%s.2 "
		"</dev/null; printf '\\n%%s%%s %%s ' unsb '%s' $?; "
		"base64 </tmp/.uns-%s.1 | tr -d '\\n'; printf ' '; "
		"base64 </tmp/.uns-%s.2 | tr -d '\\n'; echo ' end'; "
		"rm -f /tmp/.uns-%s*\r",
		mark, is_in_shell ? "." : "bash", mark, mark, mark, mark, mark,
		mark, mark);
}

char *typed_command(const char *mark, bool is_in_shell, const char *command,
	size_t command_len, size_t *len)
{
	size_t text_len = 0;
	char *text = base64_encode(command, command_len, &text_len);
	char *typed = NULL;
	FILE *out = text ? text_stream_open(&typed, len) : NULL;

	if (out)
		command_print(mark, is_in_shell, text, text_len, out);
	if (out && fclose(out)) {
		free(typed);
		typed = NULL;
	}
	if (text)
		explicit_bzero(text, text_len);
	free(text);
	return typed;
}

/* ---- what is printed ---- */

const char *typed_marked(const char *line, const char *mark)
{
	const char *at = strstr(line, begins);

	return at && !strncmp(at + 4, mark, MARK_SIZE - 1)
		? at + 4 + MARK_SIZE - 1
		: NULL;
}

bool typed_has_ended(const char *marked)
{
	return strstr(marked, " end") != NULL;
}

bool typed_was_interrupted(const char *marked)
{
	return !strncmp(marked, stopped, sizeof(stopped) - 1);
}

static json_t *result_json(const char *out, size_t out_len, const char *err,
	size_t err_len, int status)
{
	return json_pack("{s:s s:o s:o s:i}", "status", "completed", "stdout",
		json_from_bytes(out, out_len), "stderr",
		json_from_bytes(err, err_len), "exit_code", status);
}

json_t *typed_status(int status)
{
	return result_json("", 0, "", 0, status);
}

/* The next word of a line, decoded. Owned by the caller. */
static char *output_read(const char **at, size_t *len)
{
	const char *end = strchr(*at, ' ');
	char *bytes = NULL;

	if (!end || base64_decode(*at, (size_t)(end - *at), &bytes, len))
		return NULL;
	*at = end + 1;
	return bytes;
}

/* " STATUS STDOUT STDERR end" */
json_t *typed_result(const char *marked)
{
	size_t out_len, err_len;
	char *at, *out = NULL, *err = NULL;
	json_t *result = NULL;
	long status = strtol(marked + 1, &at, 10);
	const char *rest = at + 1;

	if (*marked == ' ' && *at == ' ')
		out = output_read(&rest, &out_len);
	if (out)
		err = output_read(&rest, &err_len);
	if (err)
		result = result_json(out, out_len, err, err_len, (int)status);
	free(out);
	free(err);
	return result;
}
