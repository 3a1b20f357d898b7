/* SPDX-License-Identifier: MIT */
/* tests/unit/api/fixture.h - a client, a server, and a manual clock */
#ifndef TESTS_UNIT_API_FIXTURE_H
#define TESTS_UNIT_API_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/api.h"
#include "tests/unit/api/server.h"

#define PUBLIC_KEY "unsb-pk-test-0000-0000-0001"
#define SECRET_KEY "unsb-sk-test0-vault-unlck-12345"
#define ONE_TIME_CODE "918273"

/* The clock is advanced by the tests, so that no test sleeps. */
#define START_MS 1000000

struct outcome {
	int count; /* of calls of on_done */
	int err;
	int status;
	json_t *json;
	char *text;
	size_t text_len;
	uint64_t text_hash;
	char message[600];
	char code[100];
	int64_t sent_ms;
};

struct fixture {
	struct server server;
	struct api_credentials credentials;
	struct worker *worker;
	struct api *api;
	uint64_t now_ms;
	struct outcome outcome;
	char log[65536];
	int errors; /* calls of on_error */
	char error[300];
};

static void outcome_clear(struct outcome *outcome)
{
	json_decref(outcome->json);
	free(outcome->text);
	memset(outcome, 0, sizeof(*outcome));
}

static void on_done(void *ctx, const struct api_answer *answer)
{
	struct outcome *outcome = ctx;
	int count = outcome->count;

	outcome_clear(outcome);
	outcome->count = count + 1;
	outcome->err = answer->err;
	outcome->status = answer->status;
	outcome->json = json_incref(answer->json);
	if (answer->text)
		outcome->text = memcpy(malloc(answer->text_len + 1),
			answer->text, answer->text_len + 1);
	outcome->text_len = answer->text_len;
	outcome->text_hash = answer->text_hash;
	snprintf(outcome->message, sizeof(outcome->message), "%s",
		answer->message);
	snprintf(outcome->code, sizeof(outcome->code), "%s", answer->code);
	outcome->sent_ms = answer->sent_ms;
}

static void on_error(void *ctx, const char *method, const char *path,
	const struct api_answer *answer)
{
	struct fixture *fixture = ctx;

	fixture->errors++;
	snprintf(fixture->error, sizeof(fixture->error), "%s %s %d", method,
		path, answer->err);
}

static void on_log(void *ctx, int syslog_level, const char *line)
{
	struct fixture *fixture = ctx;
	size_t len = strlen(fixture->log);

	assert_in_range(syslog_level, 0, 7);
	assert_null(strchr(line, '\n'));
	snprintf(fixture->log + len, sizeof(fixture->log) - len, "%s\n", line);
}

static void client_start(
	struct fixture *fixture, const char *url, const char *cacert)
{
	struct api_config config = {
		.url = url,
		.cacert = cacert,
		.user_agent = "test/1",
		.credentials = &fixture->credentials,
		.worker = fixture->worker,
		.on_error = on_error,
		.log = on_log,
		.ctx = fixture,
	};
	char why[200];

	if (api_new(&config, &fixture->api, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

static void fixture_start(struct fixture *fixture)
{
	char url[64];

	memset(fixture, 0, sizeof(*fixture));
	strcpy(fixture->credentials.public_key, PUBLIC_KEY);
	strcpy(fixture->credentials.secret_key, SECRET_KEY);
	fixture->now_ms = START_MS;
	server_start(&fixture->server);
	fixture->worker = worker_new();
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", fixture->server.port);
	client_start(fixture, url, NULL);
}

static void fixture_stop(struct fixture *fixture)
{
	/* the log of no test contains these */
	assert_null(strstr(fixture->log, SECRET_KEY));
	assert_null(strstr(fixture->log, ONE_TIME_CODE));
	assert_null(strstr(fixture->log, "Bearer"));
	api_free(fixture->api);
	worker_free(fixture->worker);
	server_stop(&fixture->server);
	outcome_clear(&fixture->outcome);
}

/* One turn of a loop like the program's. */
static void turn(struct fixture *fixture, int timeout_ms)
{
	struct pollfd fd = { .fd = worker_fd(fixture->worker),
		.events = POLLIN };

	assert_int_equal(
		api_poll(fixture->api, &fd, 1, fixture->now_ms, timeout_ms), 0);
	worker_collect(fixture->worker);
	api_run(fixture->api, fixture->now_ms);
}

/* Runs until nothing is pending. Advances the clock if all requests wait for
 * the rate limit or a retry. */
static void settle(struct fixture *fixture)
{
	const struct api_stats *stats = api_stats(fixture->api);

	do {
		turn(fixture,
			stats->in_flight || worker_pending(fixture->worker)
				? 100
				: 0);
		if (!stats->in_flight && !worker_pending(fixture->worker) &&
			stats->queued)
			fixture->now_ms += 50;
	} while (stats->in_flight || stats->queued ||
		worker_pending(fixture->worker));
	turn(fixture, 0);
	/* locks and unlocks, so that the server's writes can be read */
	server_seen_count(&fixture->server);
}

/* Runs until the server has received this many requests. */
static inline void until_seen(struct fixture *fixture, int count)
{
	while (server_seen_count(&fixture->server) < count)
		turn(fixture, 10);
}

static struct api_call *start(struct fixture *fixture,
	enum api_endpoint endpoint, const char *id, const char *body,
	struct outcome *outcome)
{
	struct api_request request = {
		.hashes_text = true,
		.endpoint = endpoint,
		.id = id,
		.body = body ? strdup(body) : NULL,
		.body_len = body ? strlen(body) : 0,
	};
	struct api_call *call = NULL;

	assert_int_equal(api_start(fixture->api, &request, fixture->now_ms,
				 on_done, outcome, &call),
		0);
	return call;
}

/* Sends a request and waits; the outcome is fixture->outcome. */
static inline void ask(struct fixture *fixture, enum api_endpoint endpoint,
	const char *id, const char *body)
{
	outcome_clear(&fixture->outcome);
	start(fixture, endpoint, id, body, &fixture->outcome);
	settle(fixture);
	assert_int_equal(fixture->outcome.count, 1);
}

#define SCRIPT(fixture, ...)                                                   \
	do {                                                                   \
		static const struct server_step steps_[] = { __VA_ARGS__ };    \
		server_script(&(fixture)->server, steps_,                      \
			sizeof(steps_) / sizeof(steps_[0]));                   \
	} while (0)

#endif
