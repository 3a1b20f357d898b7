/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_type.c - a command that is typed into a live shell */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"

/*
 * Where the API takes no command by POST, it is typed. A terminal does not tell
 * stdout from stderr, echoes what is typed, and adds prompts. So the command is
 * written to a file there, in base64, and run with its outputs going to files;
 * these and the exit code are then printed in one line behind a mark. The mark
 * is typed in two parts, so that it is not found in the echo. A first mark
 * shows that a shell is there, and reads.
 */

enum {
	GREET_MS = 3000, /* a shell that starts may lose what is typed */
	GREETINGS = 10,
	CONNECT_MS = 30000,
	OUTPUT_MAX = 64 << 20, /* of what is printed */
	MARK_SIZE = 17,
	B64_LINE = 76, /* a terminal's line may be 4095 bytes */
};

enum typing_state { TYPING_WAITS, TYPING_GREETS, TYPING_RUNS, TYPING_ENDED };

struct typing {
	TAILQ_ENTRY(typing) link;
	struct run *run;
	struct api_shell *shell;
	struct timer timer;
	enum typing_state state;
	unsigned greetings;
	char mark[MARK_SIZE];
	char *typed;
	size_t typed_len, typed_at;
	char *printed;
	size_t printed_len, printed_size, searched;
	int err;	/* how it ended */
	json_t *answer; /* its result */
	enum job_failure failure;
	char why[512];
};

static void typing_send(struct typing *typing)
{
	ssize_t n = 1;

	while (n > 0 && typing->typed_at < typing->typed_len) {
		n = api_shell_write(typing->shell,
			typing->typed + typing->typed_at,
			typing->typed_len - typing->typed_at);
		if (n > 0)
			typing->typed_at += (size_t)n;
	}
}

static void typing_type(struct typing *typing, char *text, size_t len)
{
	if (typing->typed)
		explicit_bzero(typing->typed, typing->typed_len);
	free(typing->typed);
	typing->typed = text;
	typing->typed_len = len;
	typing->typed_at = 0;
	typing_send(typing);
}

static void typing_reap(void *ctx);

/* An event must not close the shell. */
static void typing_end(struct typing *typing, int err, enum job_failure failure,
	const char *why)
{
	if (typing->state == TYPING_ENDED)
		return;
	typing->state = TYPING_ENDED;
	typing->err = err;
	typing->failure = failure;
	snprintf(typing->why, sizeof(typing->why), "%s", why);
	typing->timer.fire = typing_reap;
	timer_arm(&typing->run->core->timers, &typing->timer,
		typing->run->core->now_ms);
}

/* ---- what is typed ---- */

static void typing_greet(struct typing *typing)
{
	char *text;
	int len = asprintf(
		&text, " printf '\\n%%s%%s\\n' unsb '%s'\r", typing->mark);

	if (len < 0) {
		typing_end(typing, -ENOMEM, JOB_NOT_SENT, "");
		return;
	}
	typing->state = TYPING_GREETS;
	typing->greetings++;
	typing_type(typing, text, (size_t)len);
	timer_arm(&typing->run->core->timers, &typing->timer,
		typing->run->core->now_ms + GREET_MS);
}

static void base64_lines(FILE *out, const char *text, size_t len)
{
	for (size_t at = 0; at < len; at += B64_LINE)
		fprintf(out, "%.*s\r",
			(int)(len - at < B64_LINE ? len - at : B64_LINE),
			text + at);
}

/* A session's shell runs it itself, and so keeps its variables. */
static void command_type(
	const struct typing *typing, const char *text, size_t len, FILE *out)
{
	bool is_session = typing->run->endpoint != API_SERVICE_EXECUTE;
	const char *mark = typing->mark;

	fprintf(out, " base64 -d >/tmp/.uns-%s <<'%s'\r", mark, mark);
	base64_lines(out, text, len);
	fprintf(out,
		"%s\r %s /tmp/.uns-%s >/tmp/.uns-%s.1 2>/tmp/.uns-%s.2 "
		"</dev/null; printf '\\n%%s%%s %%s ' unsb '%s' $?; "
		"base64 </tmp/.uns-%s.1 | tr -d '\\n'; printf ' '; "
		"base64 </tmp/.uns-%s.2 | tr -d '\\n'; echo ' end'; "
		"rm -f /tmp/.uns-%s*\r",
		mark, is_session ? "." : "bash", mark, mark, mark, mark, mark,
		mark, mark);
}

static void typing_run(struct typing *typing)
{
	json_t *body = json_read(typing->run->body, typing->run->body_len);
	size_t len = 0, text_len = 0, typed_len = 0;
	char *command = json_to_bytes(json_member(body, "command"), &len);
	char *text = command ? base64_encode(command, len, &text_len) : NULL;
	char *typed = NULL;
	FILE *out = text ? open_memstream(&typed, &typed_len) : NULL;

	typing->state = TYPING_RUNS;
	if (out)
		command_type(typing, text, text_len, out);
	if (out && !fclose(out))
		typing_type(typing, typed, typed_len);
	else
		typing_end(typing, -ENOMEM, JOB_NOT_SENT, "");
	timer_arm(&typing->run->core->timers, &typing->timer,
		typing->run->core->now_ms + typing->run->timeout_ms);
	if (command)
		explicit_bzero(command, len);
	free(command);
	free(text);
	json_decref(body);
}

/* ---- what is printed ---- */

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

static json_t *result_json(const char *out, size_t out_len, const char *err,
	size_t err_len, int status)
{
	return json_pack("{s:s s:o s:o s:i}", "status", "completed", "stdout",
		json_from_bytes(out, out_len), "stderr",
		json_from_bytes(err, err_len), "exit_code", status);
}

/* "STATUS STDOUT STDERR end" */
static void result_read(struct typing *typing, const char *line)
{
	size_t out_len, err_len;
	char *at, *out = NULL, *err = NULL;
	long status = strtol(line, &at, 10);
	const char *rest = at + 1;

	if (*at == ' ')
		out = output_read(&rest, &out_len);
	if (out)
		err = output_read(&rest, &err_len);
	if (err)
		typing->answer =
			result_json(out, out_len, err, err_len, (int)status);
	free(out);
	free(err);
	typing_end(typing, typing->answer ? 0 : -EPROTO, JOB_LOST,
		"what the live shell printed cannot be read");
}

static int printed_add(struct typing *typing, const char *bytes, size_t len)
{
	size_t need = typing->printed_len + len + 1;

	if (need > OUTPUT_MAX)
		return -EFBIG;
	if (need > typing->printed_size) {
		char *more = realloc(typing->printed, 2 * need);
		if (!more)
			return -ENOMEM;
		typing->printed = more;
		typing->printed_size = 2 * need;
	}
	for (size_t i = 0; i < len; i++) /* a NUL would end the text */
		typing->printed[typing->printed_len++] =
			bytes[i] ? bytes[i] : '?';
	typing->printed[typing->printed_len] = '\0';
	return 0;
}

/* A whole line that begins with the mark; NULL: there is none yet. Lines are
 * looked at once. */
static char *marked_line(struct typing *typing)
{
	char *line = typing->printed + typing->searched, *end;

	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		char *at = strstr(line, "unsb");
		typing->searched = (size_t)(end + 1 - typing->printed);
		if (at && !strncmp(at + 4, typing->mark, MARK_SIZE - 1))
			return at + 4 + MARK_SIZE - 1;
		line = end + 1;
	}
	return NULL;
}

static void on_opened(void *ctx)
{
	typing_greet(ctx);
}

static void on_output(void *ctx, const void *bytes, size_t len)
{
	struct typing *typing = ctx;
	char *line;

	if (typing->state == TYPING_ENDED)
		return;
	int err = printed_add(typing, bytes, len);
	if (err) {
		typing_end(typing, err, JOB_LOST,
			"its output is too large for a live shell");
		return;
	}
	while (typing->state != TYPING_ENDED && (line = marked_line(typing)))
		if (typing->state == TYPING_GREETS)
			typing_run(typing);
		else if (strstr(line, " end"))
			result_read(typing, line + 1);
}

static void on_writable(void *ctx)
{
	typing_send(ctx);
}

static void on_ended(void *ctx, const struct api_shell_ended *ended)
{
	struct typing *typing = ctx;
	const struct api_answer *answer = ended->answer;
	bool has_run = typing->state == TYPING_RUNS;
	char path[300];

	if (ended->end == SHELL_REFUSED) {
		snprintf(path, sizeof(path), "/sessions/%s/shell",
			typing->run->id);
		key_explain(typing->run->core, "GET", path, answer);
		typing_end(typing, answer->err, JOB_REFUSED, answer->message);
		return;
	}
	/* It may have been the command's own end. */
	if (ended->end == SHELL_EXITED && has_run && ended->status >= 0)
		typing->answer = result_json("", 0, "", 0, ended->status);
	typing_end(typing, typing->answer ? 0 : -ECONNRESET,
		has_run ? JOB_UNKNOWN : JOB_REFUSED,
		"the live shell that it was typed into has ended");
}

static const struct api_shell_events typing_events = {
	.opened = on_opened,
	.output = on_output,
	.writable = on_writable,
	.ended = on_ended,
};

/* ---- one at a time in each shell ---- */

/* Once, and what is typed behind it removes the command's files. */
void typing_interrupt(struct typing *typing)
{
	char text[64];
	int len = snprintf(
		text, sizeof(text), "\003 rm -f /tmp/.uns-%s*\r", typing->mark);

	if (typing->state == TYPING_RUNS)
		api_shell_write(typing->shell, text, (size_t)len);
}

static void typing_late(void *ctx)
{
	struct typing *typing = ctx;
	bool has_run = typing->state == TYPING_RUNS;

	if (typing->state == TYPING_GREETS && typing->greetings < GREETINGS) {
		typing_greet(typing);
		return;
	}
	typing_interrupt(typing);
	typing_end(typing, has_run ? -ETIMEDOUT : -EOPNOTSUPP,
		has_run ? JOB_UNKNOWN : JOB_REFUSED,
		has_run ? "it did not end in time"
			: "the API takes no commands here, and its live shell "
			  "does not answer as a POSIX shell");
}

static bool is_before(const struct typing *typing)
{
	const struct typing *other;

	TAILQ_FOREACH(other, &typing->run->core->jobs->runs.typings, link)
	{
		if (other == typing)
			return false;
		if (!strcmp(other->run->id, typing->run->id))
			return true;
	}
	return false;
}

static void typing_start(struct typing *typing)
{
	struct core *core = typing->run->core;

	if (!core->api || typing->state != TYPING_WAITS || typing->shell ||
		is_before(typing))
		return;
	int err = api_shell_open(core->api, typing->run->id, &typing_events,
		typing, core->now_ms, &typing->shell);
	typing->timer.fire = typing_late;
	timer_arm(&core->timers, &typing->timer, core->now_ms + CONNECT_MS);
	if (err)
		typing_end(typing, err, JOB_NOT_SENT,
			"the live shell cannot be attached");
}

static void typings_start(struct core *core)
{
	struct typing *typing;

	TAILQ_FOREACH(typing, &core->jobs->runs.typings, link)
	typing_start(typing);
}

void typing_free(struct typing *typing)
{
	if (!typing)
		return;
	struct core *core = typing->run->core;
	TAILQ_REMOVE(&core->jobs->runs.typings, typing, link);
	timer_disarm(&core->timers, &typing->timer);
	api_shell_close(typing->shell);
	if (typing->typed)
		explicit_bzero(typing->typed, typing->typed_len);
	free(typing->typed);
	free(typing->printed);
	json_decref(typing->answer);
	free(typing);
	typings_start(core);
}

static void typing_reap(void *ctx)
{
	struct typing *typing = ctx;
	struct run *run = typing->run;
	struct core *core = run->core;

	core->jobs->runs.in_flight--;
	if (typing->answer)
		run_take_answer(run, typing->answer);
	else
		job_fail(run->job, typing->err, typing->failure, typing->why);
	run_free(run);
	runs_send(core);
}

bool run_is_typed(const struct run *run)
{
	const struct runs *runs = &run->core->jobs->runs;

	if (run->has_inputs)
		return false;
	return run->endpoint == API_SESSION_SHELL      ? runs->types_in_sessions
		: run->endpoint == API_SERVICE_EXECUTE ? runs->types_in_services
						       : false;
}

int run_type(struct run *run)
{
	struct typing *typing = calloc(1, sizeof(*typing));
	unsigned char noise[(MARK_SIZE - 1) / 2];

	if (!typing)
		return -ENOMEM;
	if (getrandom(noise, sizeof(noise), 0) != sizeof(noise)) {
		free(typing);
		return -EIO;
	}
	for (size_t i = 0; i < sizeof(noise); i++)
		snprintf(typing->mark + 2 * i, 3, "%02x", noise[i]);
	typing->run = run;
	typing->timer.ctx = typing;
	run->typing = typing;
	TAILQ_INSERT_TAIL(&run->core->jobs->runs.typings, typing, link);
	typing_start(typing);
	return 0;
}
