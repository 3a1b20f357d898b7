/* SPDX-License-Identifier: MIT */
/* fs/program/check.c - --check: what a mount would find, a line for each thing,
 * and what to do about it */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "api/api.h"
#include "fs/base/base.h"
#include "fs/core/core.h"
#include "fs/program/program.h"

enum { WARN_DAYS = 7, DAY_S = 24 * 60 * 60 };

static struct api_credentials keys;

struct check {
	const struct options *options;
	enum exit_status status; /* of the first that failed */
	char text[WHY_LEN];
};

static void check_print(struct check *check, const char *mark, const char *name)
{
	char line[WHY_LEN];

	line_escape(check->text, line, sizeof(line));
	printf("%-4s  %-12s %s\n", mark, name, line);
}

static void check_end(
	struct check *check, const char *name, enum exit_status status)
{
	check_print(check, status ? "FAIL" : "ok", name);
	if (!check->status)
		check->status = status;
}

#define say(check, ...)                                                        \
	snprintf((check)->text, sizeof((check)->text), __VA_ARGS__)

static bool credentials_check(struct check *check)
{
	int err = api_credentials_load(&keys, check->options->account,
		check->options->accounts_file, check->text,
		sizeof(check->text));

	if (!err)
		say(check, "%s (%s)", keys.source, keys.public_key);
	check_end(check, "credentials", err ? EXIT_CREDENTIALS : EXIT_OK);
	return !err;
}

/* ---- the key, as the API sees it ---- */

struct asked {
	struct check *check;
	bool is_answered;
	enum exit_status status;
	char expiry[256]; /* "": far away */
};

static const char *member_text(const json_t *json, const char *names)
{
	const char *text = json_string_value(json_member(json, names));

	return text ? text : "";
}

static void expiry_check(struct asked *asked, const json_t *json)
{
	json_t *value = json_member(json, "expires_at|valid_through_datetime");
	const char *url = member_text(json, "renew_url");
	struct timespec expiry;
	long days;

	if (!value || json_time(value, &expiry))
		return;
	days = (expiry.tv_sec - time(NULL)) / DAY_S;
	if (days <= WARN_DAYS)
		snprintf(asked->expiry, sizeof(asked->expiry),
			"the key expires in %ld days%s%s", days,
			*url ? "; renew it: " : "", url);
}

static void key_answered(void *ctx, const struct api_answer *answer)
{
	struct asked *asked = ctx;
	json_int_t runs;
	double rate;
	char advice[384];
	json_t *tier;
	char *text;

	asked->is_answered = true;
	if (answer->err) {
		asked->status = key_is_refused(answer->err) ? EXIT_CREDENTIALS
							    : EXIT_OTHER;
		key_advice(NULL, &keys, answer, advice, sizeof(advice));
		say(asked->check, "%s: %s%s%s", asked->check->options->url,
			answer->message, *advice ? "; " : "", advice);
		return;
	}
	tier = json_member(answer->json, "tier|plan");
	text = tier ? json_dumps(tier, JSON_ENCODE_ANY) : NULL;
	rate = json_number_value(
		json_member(answer->json, "rate_per_minute|rate_limit"));
	runs = json_integer_value(
		json_member(answer->json, "concurrency_limit|concurrency"));
	say(asked->check,
		"valid at %s; tier %s, %.7g requests a minute, "
		"%" JSON_INTEGER_FORMAT " runs at a time",
		asked->check->options->url, text ? text : "unknown", rate,
		runs);
	free(text);
	expiry_check(asked, answer->json);
}

static int key_ask(struct api *api, struct asked *asked)
{
	struct api_request request = { .endpoint = API_KEYS_VALIDATE };
	struct timespec now;
	uint64_t now_ms;
	int err;

	clock_read(&now_ms, &now);
	err = api_start(api, &request, now_ms, key_answered, asked, NULL);
	while (!err && !asked->is_answered) {
		err = api_poll(api, NULL, 0, now_ms, 1000);
		clock_read(&now_ms, &now);
		api_run(api, now_ms);
	}
	return err;
}

static void key_check(struct check *check)
{
	const struct options *options = check->options;
	const struct api_config config = {
		.url = options->url,
		.cacert = options->cacert,
		.user_agent = "unsandboxfs/" UNSANDBOXFS_VERSION,
		.credentials = &keys,
		.timeout_ms = options->timeout_ms,
	};
	struct asked asked = { .check = check };
	struct api *api = NULL;
	int64_t skew_s = 0;
	int err = api_new(&config, &api, check->text, sizeof(check->text));

	if (!err) {
		err = key_ask(api, &asked);
		skew_s = api_stats(api)->skew_s;
	}
	check_end(check, "key", err ? EXIT_OTHER : asked.status);
	if (asked.expiry[0]) {
		say(check, "%s", asked.expiry);
		check_print(check, "note", "key");
	}
	if (!err && skew_s) {
		say(check,
			"differs by %" PRId64 " s from the API's; run: "
			"timedatectl set-ntp true",
			skew_s);
		check_print(check, "note", "clock");
	} else if (!err && !asked.status) {
		say(check, "agrees with the API's");
		check_end(check, "clock", EXIT_OK);
	}
	api_free(api);
}

/* ---- this machine ---- */

static void fuse_check_print(struct check *check)
{
	enum exit_status status =
		system_check(check->options, check->text, sizeof(check->text));

	if (status == EXIT_OK)
		say(check, "/dev/fuse %s; %s",
			check->options->is_passed ? "is open" : "can be used",
			others_are_allowed()
				? "allow_other is allowed"
				: "allow_other is not: /etc/fuse.conf has no "
				  "line user_allow_other");
	check_end(check, "FUSE", status);
}

static void mountpoint_check(struct check *check)
{
	const char *path = check->options->mountpoint;
	int err = check->options->is_passed
		? mountpoint_take(path, check->text, sizeof(check->text))
		: mountpoint_look(path, check->text, sizeof(check->text));

	if (!err && check->options->is_passed)
		say(check, "%s: /dev/fuse, and mounted", path);

	check_end(check, "mountpoint", err ? EXIT_MOUNTPOINT : EXIT_OK);
}

static void state_check(struct check *check)
{
	struct state state;
	struct statvfs fs;
	int err = state_open(&state, check->options->state_dir, keys.public_key,
		check->text, sizeof(check->text));

	if (err == -EBUSY) { /* usually by a live mount there */
		check_print(check, "note", "state");
		return;
	}
	if (!err && statvfs(state.path, &fs) == 0)
		say(check, "%s: %" PRIu64 " MiB free", state.path,
			(uint64_t)fs.f_bavail * fs.f_frsize >> 20);
	check_end(check, "state", err ? EXIT_STATE : EXIT_OK);
	if (!err)
		state_close(&state);
}

enum exit_status check_run(const struct options *options)
{
	struct check check = { .options = options };
	bool has_keys = credentials_check(&check);

	if (has_keys)
		key_check(&check);
	fuse_check_print(&check);
	if (options->mountpoint)
		mountpoint_check(&check);
	if (has_keys)
		state_check(&check);
	api_credentials_clear(&keys);
	return check.status;
}
