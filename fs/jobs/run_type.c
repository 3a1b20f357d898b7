/* SPDX-License-Identifier: MIT */
/* fs/jobs/run_type.c - a command that is typed into a live shell */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/core/core.h"
#include "fs/jobs/jobs.h"
#include "fs/jobs/typed_text.h"

/*
 * If the API accepts no command by POST, it is typed: see fs/jobs/typed_text.h.
 *
 * A program that a shell has just started may miss a Ctrl-C, which goes to
 * whatever the terminal's foreground is at that moment. So a command is
 * interrupted again and again, until the shell itself answers. Its run is over
 * by then, but the next command of this shell waits.
 */

enum {
	GREET_MS = 3000, /* a shell that starts may lose what is typed */
	GREETINGS = 10,
	STOP_MS = 1000, /* between two Ctrl-C */
	STOPS = 10,
	CONNECT_MS = 30000,
	OUTPUT_MAX = 64 << 20, /* of what is printed */
};

enum typing_state {
	TYPING_WAITS,
	TYPING_GREETS,
	TYPING_RUNS,
	TYPING_STOPS,
	TYPING_ENDED
};

struct typing {
	TAILQ_ENTRY(typing) link;
	struct core *core;
	struct run
		*run; /* NULL: it is over, and its command is being stopped */
	char *id;     /* of the session or the service */
	struct api_shell *shell;
	struct timer timer;
	enum typing_state state;
	unsigned greetings, stops;
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
	timer_arm(&typing->core->timers, &typing->timer, typing->core->now_ms);
}

/* ---- what is typed ---- */

/* Without an answer, typing_late() is called after ms. */
static void typing_arm(struct typing *typing, uint64_t ms)
{
	timer_arm(&typing->core->timers, &typing->timer,
		typing->core->now_ms + ms);
}

static void typing_greet(struct typing *typing)
{
	size_t len;
	char *text = typed_greeting(typing->mark, &len);

	if (!text) {
		typing_end(typing, -ENOMEM, JOB_NOT_SENT, "");
		return;
	}
	typing->state = TYPING_GREETS;
	typing->greetings++;
	typing_type(typing, text, len);
	typing_arm(typing, GREET_MS);
}

static void typing_run(struct typing *typing)
{
	const struct run *run = typing->run;
	bool is_in_shell = run->endpoint != API_SERVICE_EXECUTE;
	json_t *body = json_read(run->body, run->body_len);
	size_t len = 0, typed_len = 0;
	char *command = json_to_bytes(json_member(body, "command"), &len);
	char *typed = command ? typed_command(typing->mark, is_in_shell,
					command, len, &typed_len)
			      : NULL;

	json_decref(body);
	if (command)
		explicit_bzero(command, len);
	free(command);
	if (!typed) {
		typing_end(typing, -ENOMEM, JOB_NOT_SENT, "");
		return;
	}
	typing->state = TYPING_RUNS;
	typing_type(typing, typed, typed_len);
	typing_arm(typing, run->timeout_ms);
}

static void typing_interrupt(struct typing *typing)
{
	size_t len;
	char *text = typed_interrupt(typing->mark, &len);

	if (!text || typing->stops++ == STOPS) {
		free(text);
		typing_end(typing, 0, JOB_UNKNOWN, "");
		return;
	}
	typing_type(typing, text, len);
	typing_arm(typing, STOP_MS);
}

/* ---- what is printed ---- */

static void result_read(struct typing *typing, const char *marked)
{
	typing->answer = typed_result(marked);
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

/* What is behind the mark in the next line that has it; NULL: there is none
 * yet. Lines are looked at once. */
static const char *marked_line(struct typing *typing)
{
	char *line = typing->printed + typing->searched, *end;

	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		const char *marked = typed_marked(line, typing->mark);
		typing->searched = (size_t)(end + 1 - typing->printed);
		if (marked)
			return marked;
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
	const char *marked;

	if (typing->state == TYPING_ENDED)
		return;
	int err = printed_add(typing, bytes, len);
	if (err) {
		typing_end(typing, err, JOB_LOST,
			"its output is too large for a live shell");
		return;
	}
	while (typing->state != TYPING_ENDED && (marked = marked_line(typing)))
		if (typing->state == TYPING_GREETS)
			typing_run(typing);
		else if (typing->state == TYPING_RUNS &&
			typed_has_ended(marked))
			result_read(typing, marked);
		else if (typing->state == TYPING_STOPS &&
			typed_was_interrupted(marked))
			typing_end(typing, 0, JOB_UNKNOWN, "");
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
		snprintf(path, sizeof(path), "/sessions/%s/shell", typing->id);
		key_explain(typing->core, "GET", path, answer);
		typing_end(typing, answer->err, JOB_REFUSED, answer->message);
		return;
	}
	/* It may have been the command's own end. */
	if (ended->end == SHELL_EXITED && has_run && ended->status >= 0)
		typing->answer = typed_status(ended->status);
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

bool typing_has_begun(const struct typing *typing)
{
	return typing->state >= TYPING_RUNS;
}

void typing_leave(struct typing *typing)
{
	typing->run->typing = NULL;
	typing->run = NULL;
	if (typing->state != TYPING_RUNS) {
		typing_free(typing);
		return;
	}
	typing->state = TYPING_STOPS;
	typing_interrupt(typing);
}

/* The run has its answer, or fails, and is freed. */
static void typed_run_end(struct run *run, json_t *answer, int err,
	enum job_failure failure, const char *why)
{
	struct core *core = run->core;

	core->jobs->runs.in_flight--;
	if (answer)
		run_take_answer(run, answer, NULL);
	else
		job_fail(run->job, err, failure, why);
	run_free(run);
	runs_send(core);
}

static void typing_late(void *ctx)
{
	struct typing *typing = ctx;
	struct run *run = typing->run;

	if (typing->state == TYPING_STOPS) {
		typing_interrupt(typing);
	} else if (typing->state == TYPING_GREETS &&
		typing->greetings < GREETINGS) {
		typing_greet(typing);
	} else if (typing->state == TYPING_RUNS) {
		typing_leave(typing);
		typed_run_end(run, NULL, -ETIMEDOUT, JOB_UNKNOWN,
			"it did not end in time");
	} else {
		typing_end(typing, -EOPNOTSUPP, JOB_REFUSED,
			"the API takes no commands here, and its live shell "
			"does not answer as a POSIX shell");
	}
}

static bool is_before(const struct typing *typing)
{
	const struct typing *other;

	TAILQ_FOREACH(other, &typing->core->jobs->runs.typings, link)
	{
		if (other == typing)
			return false;
		if (!strcmp(other->id, typing->id))
			return true;
	}
	return false;
}

static void typing_start(struct typing *typing)
{
	struct core *core = typing->core;

	if (!core->api || typing->state != TYPING_WAITS || typing->shell ||
		is_before(typing))
		return;
	int err = api_shell_open(core->api, typing->id, &typing_events, typing,
		core->now_ms, &typing->shell);
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
	{
		typing_start(typing);
	}
}

void typing_free(struct typing *typing)
{
	if (!typing)
		return;
	struct core *core = typing->core;
	TAILQ_REMOVE(&core->jobs->runs.typings, typing, link);
	timer_disarm(&core->timers, &typing->timer);
	api_shell_close(typing->shell);
	if (typing->typed)
		explicit_bzero(typing->typed, typing->typed_len);
	free(typing->typed);
	free(typing->printed);
	json_decref(typing->answer);
	free(typing->id);
	free(typing);
	typings_start(core);
}

void typings_clear(struct core *core)
{
	struct typing *typing;

	while ((typing = TAILQ_FIRST(&core->jobs->runs.typings)))
		typing_free(typing);
}

static void typing_reap(void *ctx)
{
	struct typing *typing = ctx;

	if (typing->run)
		typed_run_end(typing->run, typing->answer, typing->err,
			typing->failure, typing->why);
	else
		typing_free(typing);
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
	int err;

	if (!typing)
		return -ENOMEM;
	typing->id = strdup(run->id);
	err = typing->id ? typed_mark(typing->mark) : -ENOMEM;
	if (err) {
		free(typing->id);
		free(typing);
		return err;
	}
	typing->core = run->core;
	typing->run = run;
	typing->timer.ctx = typing;
	run->typing = typing;
	TAILQ_INSERT_TAIL(&run->core->jobs->runs.typings, typing, link);
	typing_start(typing);
	return 0;
}
