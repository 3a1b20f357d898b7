/* SPDX-License-Identifier: MIT */
/* tests/unit/fs/jobs/run_type.c - commands that are typed into a live shell */
#include "tests/unit/fs/jobs/fixture.h"

#include "tests/unit/alloc_fail.h"

/* The Makefile wraps what is called __wrap_ here. */
int __wrap_api_shell_open(struct api *api, const char *id,
	const struct api_shell_events *events, void *ctx, uint64_t now_ms,
	struct api_shell **out);
ssize_t __wrap_api_shell_write(
	struct api_shell *shell, const void *bytes, size_t len);
void __wrap_api_shell_close(struct api_shell *shell);
void __wrap_run_take_answer(
	const struct run *run, json_t *json, struct spool *spool);
void __wrap_job_fail(
	struct job *job, int err, enum job_failure failure, const char *reason);
void __wrap_run_free(struct run *run);

enum { SECOND_MS = 1000 };

/* A live shell without an API. */
static struct shell {
	const struct api_shell_events *events;
	void *ctx;
	unsigned opened, closed;
	char typed[4096];
	size_t len;
} shell;

/* How the runs ended. */
static struct ends {
	unsigned answered, failed, freed;
	int err;
	char stdout_text[16];
} ends;

int __wrap_api_shell_open(struct api *api, const char *id,
	const struct api_shell_events *events, void *ctx, uint64_t now_ms,
	struct api_shell **out)
{
	(void)api;
	(void)now_ms;
	assert_string_equal(id, "s1");
	assert_int_equal(shell.opened, shell.closed); /* one at a time */
	*out = NULL;
	if (alloc_fails())
		return -ENOMEM;
	shell.events = events;
	shell.ctx = ctx;
	shell.opened++;
	*out = (struct api_shell *)&shell;
	return 0;
}

ssize_t __wrap_api_shell_write(
	struct api_shell *to, const void *bytes, size_t len)
{
	assert_ptr_equal(to, &shell);
	assert_true(shell.len + len < sizeof(shell.typed));
	memcpy(shell.typed + shell.len, bytes, len);
	shell.len += len;
	shell.typed[shell.len] = '\0';
	return (ssize_t)len;
}

void __wrap_api_shell_close(struct api_shell *to)
{
	shell.closed += to != NULL;
}

void __wrap_run_take_answer(
	const struct run *run, json_t *json, struct spool *spool)
{
	(void)run, (void)spool;
	ends.answered++;
	snprintf(ends.stdout_text, sizeof(ends.stdout_text), "%s",
		json_string_value(json_object_get(json, "stdout")));
}

void __wrap_job_fail(
	struct job *job, int err, enum job_failure failure, const char *reason)
{
	(void)job;
	(void)failure;
	(void)reason;
	ends.failed++;
	ends.err = err;
}

void __wrap_run_free(struct run *run)
{
	typing_free(run->typing);
	run->typing = NULL;
	ends.freed++;
}

static struct fixture fixture;

static int setup(void **state)
{
	(void)state;
	fixture_open(&fixture);
	assert_int_equal(jobs_load(&fixture.core), 0);
	fixture.core.api = (struct api *)&fixture; /* only passed on */
	memset(&shell, 0, sizeof(shell));
	memset(&ends, 0, sizeof(ends));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	alloc_fail_at = 0;
	typings_clear(&fixture.core);
	assert_int_equal(shell.opened, shell.closed);
	poller_clear(&fixture.core);
	jobs_clear(&fixture.core);
	fixture_close(&fixture);
	return 0;
}

/* ---- events ---- */

static char id[] = "s1", body[] = "{\"command\":\"echo out\"}";

static int start(struct run *run)
{
	*run = (struct run){
		.core = &fixture.core,
		.id = id,
		.endpoint = API_SESSION_SHELL,
		.body = body,
		.body_len = strlen(body),
		.timeout_ms = 60 * SECOND_MS,
	};
	int err = run_type(run);
	fixture.jobs.runs.in_flight += !err;
	return err;
}

static void pass(uint64_t ms)
{
	fixture.core.now_ms += ms;
	timers_fire(&fixture.core.timers, fixture.core.now_ms);
}

static bool has_typed(const char *text)
{
	return strstr(shell.typed, text) != NULL;
}

/* The shell has read its input, and prints the mark and this text. */
static void print(const char *text)
{
	char line[200];
	const char *mark = strstr(shell.typed, "unsb '");

	if (!mark || shell.opened == shell.closed)
		return;
	snprintf(line, sizeof(line), "$ echo\r\nunsb%.16s%s\r\n", mark + 6,
		text);
	shell.len = 0;
	shell.typed[0] = '\0';
	shell.events->output(shell.ctx, line, strlen(line));
}

static void open_shell(void)
{
	if (shell.opened > shell.closed)
		shell.events->opened(shell.ctx);
}

/* ---- tests ---- */

static void play(struct run *run)
{
	if (start(run))
		return;
	open_shell();
	print("");
	print(" 0 b3V0Cg== ZXJy end");
	pass(0);
}

static void test_answer(void **state)
{
	struct run run;
	(void)state;

	play(&run);
	assert_int_equal(ends.answered, 1);
	assert_string_equal(ends.stdout_text, "out\n");
	assert_int_equal(ends.freed, 1);
	assert_int_equal(fixture.jobs.runs.in_flight, 0);
}

/* Whichever allocation fails, the run ends once, and the shell is closed. */
static void test_memory(void **state)
{
	struct run run;
	long at;
	(void)state;

	for (at = 1;; at++) {
		memset(&ends, 0, sizeof(ends));
		alloc_fail_at = at;
		play(&run);
		bool is_over = alloc_fail_at != 0;
		alloc_fail_at = 0;
		if (!run.typing && !ends.freed) /* run_type has failed */
			continue;
		pass(0);
		assert_int_equal(ends.answered + ends.failed, 1);
		assert_int_equal(ends.freed, 1);
		assert_null(run.typing);
		assert_int_equal(shell.opened, shell.closed);
		assert_int_equal(fixture.jobs.runs.in_flight, 0);
		if (is_over)
			break;
		if (ends.failed)
			assert_true(ends.err == -ENOMEM || ends.err == -EPROTO);
	}
	assert_int_equal(ends.answered, 1);
	assert_true(at > 5);
}

static void begin(struct run *run)
{
	assert_int_equal(start(run), 0);
	open_shell();
	print("");
	assert_true(has_typed("base64 -d"));
	shell.len = 0;
}

/* A Ctrl-C that kills nothing is typed again; the next command waits. */
static void test_stops(void **state)
{
	struct run first, second;
	(void)state;

	begin(&first);
	assert_int_equal(start(&second), 0);
	typing_leave(first.typing);
	assert_null(first.typing);
	for (int i = 0; i < 3; i++) {
		assert_true(has_typed("\003 rm -f /tmp/.uns-"));
		shell.len = 0;
		shell.typed[0] = '\0';
		pass(SECOND_MS - 1);
		assert_int_equal(shell.len, 0);
		pass(1);
	}
	assert_int_equal(shell.closed, 0);
	/* The mark in the command's own output is not the answer. */
	char *typed = strdup(shell.typed);
	print(" 130   end");
	pass(0);
	assert_int_equal(shell.closed, 0);
	strcpy(shell.typed, typed);
	free(typed);
	print(" stopped");
	pass(0);
	assert_int_equal(shell.closed, 1);
	assert_int_equal(shell.opened, 2);
	assert_int_equal(ends.answered + ends.failed, 0);
	typing_leave(second.typing);
}

static void test_cannot_be_stopped(void **state)
{
	struct run run;
	(void)state;

	begin(&run);
	typing_leave(run.typing);
	for (int i = 0; i < 60 && !shell.closed; i++) {
		shell.len = 0;
		pass(SECOND_MS);
	}
	assert_int_equal(shell.closed, 1);
}

/* A command that takes too long fails at once, and is stopped. */
static void test_late(void **state)
{
	struct run run;
	(void)state;

	begin(&run);
	pass(60 * SECOND_MS);
	assert_int_equal(ends.failed, 1);
	assert_int_equal(ends.err, -ETIMEDOUT);
	assert_int_equal(ends.freed, 1);
	assert_true(has_typed("\003"));
	assert_int_equal(shell.closed, 0);
	print(" stopped");
	pass(0);
	assert_int_equal(shell.closed, 1);
}

static void test_stop_memory(void **state)
{
	struct run run;
	(void)state;

	for (long at = 1; at < 5; at++) {
		begin(&run);
		alloc_fail_at = at;
		typing_leave(run.typing);
		print(" stopped");
		alloc_fail_at = 0;
		pass(0);
		assert_int_equal(shell.opened, shell.closed);
		shell.typed[0] = '\0';
	}
}

/* Before the command was typed, nothing has to be stopped. */
static void test_leaves_early(void **state)
{
	struct run run;
	(void)state;

	assert_int_equal(start(&run), 0);
	open_shell();
	typing_leave(run.typing);
	assert_int_equal(shell.closed, 1);
	assert_false(has_typed("\003"));
}

/* Until it is typed, nothing can have run. */
static void test_waits(void **state)
{
	struct job job = { 0 };
	struct run first, second;
	(void)state;

	assert_int_equal(start(&first), 0);
	first.is_sent = true;
	first.job = &job;
	assert_true(run_is_waiting(&first));
	open_shell();
	assert_true(run_is_waiting(&first));
	print("");
	assert_true(has_typed("base64 -d"));
	assert_false(run_is_waiting(&first));
	assert_int_equal(start(&second), 0);
	second.is_sent = true;
	second.job = &job;
	assert_true(run_is_waiting(&second));
	print(" 0 b3V0Cg== ZXJy end");
	assert_false(run_is_waiting(&first));
	pass(0);
	assert_int_equal(ends.answered, 1);
	typing_leave(second.typing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_answer),
		CASE(test_memory),
		CASE(test_stops),
		CASE(test_cannot_be_stopped),
		CASE(test_late),
		CASE(test_stop_memory),
		CASE(test_leaves_early),
		CASE(test_waits),
	};

	json_set_alloc_funcs(__wrap_malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
