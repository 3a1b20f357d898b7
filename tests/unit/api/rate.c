/* SPDX-License-Identifier: MIT */
/* tests/unit/api/rate.c - the token bucket, and the order of requests */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <time.h>

#include <cmocka.h>

#include "api/rate.h"

#define T0 5000000 /* the time of the start */

/*
 * A scenario is a list of steps, played against one bucket:
 *
 *   set M B         the key allows M requests a minute, with a burst of B
 *   headers L R S   an answer has limit L, remaining R, and a reset in S
 * seconds since N         the next `headers` may not have counted N requests
 *   age N           the next `headers` took N ms to arrive
 *   limited S       a 429 that asks to wait S seconds; -1: it does not say
 *   person N, program N, reader N, poll N
 *                   N requests of this priority with a time-out of 30 s; all
 *                   requests are numbered from 1
 *   brief N         N requests of a person with a time-out of 2 s
 *   later N         N requests of a person that are due in 5 s
 *   ms N            N ms pass
 *   go A-B          exactly A to B may be sent now, in this order; 0-0: none
 *   late A-B        exactly A to B cannot be sent in time; 0-0: none
 *   wake N          something is to be done in N ms; -1: nothing
 */
struct scenario {
	const char *name;
	const char *steps;
};

static const struct scenario scenarios[] = {
	{ "no limit while nothing is known",
		"person 100, go 1-100, wake -1, poll 5, go 101-105" },
	{ "a burst, then by the minute",
		"set 60 10, person 12, go 1-10, wake 1125, ms 1124, "
		"go 0-0, ms 1, go 11-11, ms 1000, go 12-12, wake -1" },
	{ "the burst comes back",
		"set 60 10, person 10, go 1-10, ms 60000, person 11, "
		"go 11-20" },
	{ "never more than the burst",
		"set 60 10, ms 3600000, person 11, go 1-10" },
	{ "no known burst", "set 60 0, person 61, go 1-60" },
	{ "what was sent before the key was known counts",
		"person 3, go 1-3, set 60 10, person 8, go 4-10" },
	{ "less than one a minute",
		"set 0.7 1, person 1, go 1-1, ms 250, poll 1, late 2-2, "
		"ms 85715, reader 2, go 3-3, late 4-4" },
	{ "less than one a minute, and no burst",
		"set 0.7 0, person 1, go 1-1, ms 56000, person 1, go 0-0, "
		"wake 29965, ms 29965, go 2-2" },
	{ "a 429 of a key with less than one a minute",
		"set 0.5 1, limited 300, brief 1, late 1-1, ms 100000, "
		"person 1, go 0-0, wake 20250, ms 20250, go 2-2" },
	{ "the same key again changes nothing",
		"set 60 10, person 10, go 1-10, set 60 10, person 1, go 0-0" },
	{ "a smaller burst cuts the tokens",
		"set 60 10, set 60 3, person 5, go 1-3" },
	{ "unknown again", "set 60 1, person 2, go 1-1, set 0 0, go 2-2" },
	{ "people first, then readers, then polls",
		"set 60 3, ms 60000, limited -1, poll 1, reader 1, person 1, "
		"go 0-0, ms 1125, go 3-3, ms 1000, go 2-2, ms 2000, go 0-0, "
		"ms 1000, go 1-1" },
	{ "polls leave two tokens",
		"set 60 10, poll 20, go 1-8, person 2, go 21-22" },
	{ "a person and many runs take turns",
		"set 60 1, program 4, go 1-1, person 2, ms 1125, go 5-5, "
		"ms 1125, go 2-2, ms 1125, go 6-6, ms 1125, go 3-3, ms 1125, "
		"go 4-4" },
	{ "runs know their wait behind a person",
		"set 60 10, program 38, go 1-10, ms 125, late 0-0, person 2, "
		"late 38-38, ms 1000, go 39-39, ms 1000, go 11-11" },
	{ "a run comes before a reader and a poll",
		"set 60 3, limited -1, poll 1, reader 1, program 1, ms 1125, "
		"go 3-3, ms 1000, go 2-2" },
	{ "polls are sent with a burst of one",
		"set 60 1, poll 2, go 1-1, ms 1125, go 2-2" },
	{ "in order within one priority",
		"set 60 1, person 3, go 1-1, ms 1125, go 2-2, ms 1125, go "
		"3-3" },
	{ "a request that waits for its retry does not block others",
		"set 60 10, later 1, person 2, go 2-3, wake 5000, ms 5000, "
		"go 1-1" },
	{ "refused at once, not at the time-out",
		"set 60 10, person 10, go 1-10, ms 125, brief 3, late 12-13, "
		"wake 1000, ms 1000, go 11-11" },
	{ "the wait of many", "set 60 10, person 45, late 40-45, go 1-10" },
	{ "refused because of later requests of a higher priority",
		"set 60 10, limited -1, poll 27, late 0-0, person 2, "
		"late 26-27" },
	{ "remaining lowers the count",
		"set 60 10, headers 60 2 30, person 5, go 1-2, wake 1125" },
	{ "remaining raises the count, less what it may not have counted",
		"set 60 10, person 10, go 1-10, since 3, headers 60 7 30, "
		"person 6, go 11-14" },
	{ "within these bounds our own count is kept",
		"set 60 10, person 6, go 1-6, since 3, headers 60 5 30, "
		"person 5, go 7-10" },
	{ "what remained when a long run was sent",
		"set 60 10, person 5, go 1-5, ms 125, ms 5000, age 5000, "
		"headers 60 6 30, person 11, go 6-15" },
	{ "and was used since then",
		"set 60 10, person 10, go 1-10, since 9, age 5000, "
		"headers 60 9 30, person 1, go 0-0" },
	{ "more than the burst is another count",
		"set 60 10, person 10, go 1-10, headers 60 50 30, person 1, "
		"go 0-0, headers 60 9 30, go 0-0" },
	{ "nothing remaining, with a key: by the minute",
		"set 60 10, headers 60 0 30, person 1, wake 1125" },
	{ "learned from headers alone",
		"headers 60 59 60, person 70, go 1-59" },
	{ "and followed upwards",
		"headers 60 1 60, person 9, go 1-1, headers 60 5 60, go 2-6" },
	{ "nothing remaining, until the reset",
		"headers 60 0 20, person 1, wake 20000, ms 20000, go 1-1" },
	{ "a reset beyond all time limits",
		"headers 60 0 3600, person 1, late 1-1, ms 60000, person 1, "
		"go 2-2" },
	{ "the key counts more than headers",
		"headers 600 599 60, set 60 10, headers 600 590 60, person 20, "
		"go 1-10" },
	{ "nonsense in headers",
		"headers 99999999999 5 1, headers -1 5 1, headers 0 5 1, "
		"person 20, go 1-20" },
	{ "429 with a time",
		"person 1, go 1-1, limited 5, person 2, go 0-0, wake 5000, "
		"ms 5000, go 2-3" },
	{ "a rate that was rounded up to a whole number",
		"set 2 1, person 1, go 1-1, ms 30250, person 1, go 2-2, "
		"limited 12, person 1, wake 12250, ms 12250, go 3-3, "
		"ms 42266, person 1, go 0-0, ms 1, go 4-4, set 2 1, "
		"ms 42266, person 1, go 0-0, ms 1, go 5-5" },
	{ "but not less than the whole number before",
		"set 9 1, person 1, go 1-1, limited 6, limited 6, person 2, "
		"wake 6250, ms 6250, go 2-2, wake 7750" },
	{ "429 without, nothing known",
		"person 1, go 1-1, limited -1, person 2, go 2-3" },
	{ "429 without, the key known",
		"set 60 10, limited -1, person 2, go 0-0, wake 1125" },
	{ "429 for an hour is asked again after a minute",
		"set 60 10, limited 3600, brief 1, late 1-1, ms 60000, "
		"person 1, go 2-2" },
	{ "a shorter 429 does not end a longer one",
		"limited 10, limited 5, person 1, wake 10000" },
	{ "time that stands still or goes back",
		"set 60 10, person 10, go 1-10, ms 125, ms -5000, person 1, "
		"go 0-0, ms 6000, go 11-11" },
};

/* The late requests, one at a time. */
static struct rate_entry *next_late(struct rate *rate, uint64_t now_ms)
{
	static struct rate_list late = TAILQ_HEAD_INITIALIZER(late);
	struct rate_entry *entry;

	rate_late(rate, now_ms, &late);
	entry = TAILQ_FIRST(&late);
	if (entry)
		TAILQ_REMOVE(&late, entry, link);
	return entry;
}

struct play {
	struct rate rate;
	uint64_t now_ms;
	struct rate_answer answer; /* since and age of the next one */
	struct rate_entry entries[256];
	int count;
	const char *name;
};

static void come(struct play *play, long count, enum api_priority priority,
	uint64_t due_ms, uint64_t limit_ms)
{
	for (; count > 0; count--) {
		struct rate_entry *entry = &play->entries[++play->count];

		entry->priority = priority;
		entry->due_ms = play->now_ms + due_ms;
		entry->deadline_ms = play->now_ms + limit_ms;
		rate_push(&play->rate, entry);
	}
}

typedef struct rate_entry *next_entry(struct rate *rate, uint64_t now_ms);

static void expect(
	struct play *play, next_entry *next, const char *what, const char *args)
{
	struct rate_entry *entry;
	int first, last;

	assert_int_equal(sscanf(args, "%d-%d", &first, &last), 2);
	while ((entry = next(&play->rate, play->now_ms))) {
		if (entry - play->entries != first)
			fail_msg("%s: %s %s: %d instead of %d", play->name,
				what, args, (int)(entry - play->entries),
				first);
		first++;
	}
	if (first && first != last + 1)
		fail_msg("%s: %s %s: ended before %d", play->name, what, args,
			first);
}

static void answer_comes(struct play *play, long long limit,
	long long remaining, long long reset_s)
{
	play->answer.limit = limit;
	play->answer.remaining = remaining;
	play->answer.reset_s = reset_s;
	rate_learn(&play->rate, &play->answer, play->now_ms);
	play->answer = (struct rate_answer){ 0 };
}

static void play_step(struct play *play, const char *step)
{
	char verb[16];
	const char *args;
	long long a = 0, b = 0, c = 0;
	double per_minute = 0;
	uint64_t wake;

	assert_int_equal(sscanf(step, " %15s", verb), 1);
	args = strstr(step, verb) + strlen(verb);
	sscanf(args, "%lld %lld %lld", &a, &b, &c);
	if (!strcmp(verb, "set")) {
		sscanf(args, "%lf %lld", &per_minute, &b);
		rate_set(&play->rate, per_minute, (unsigned)b, play->now_ms);
	} else if (!strcmp(verb, "headers"))
		answer_comes(play, a, b, c);
	else if (!strcmp(verb, "since"))
		play->answer.since = (uint64_t)a;
	else if (!strcmp(verb, "age"))
		play->answer.age_ms = (uint64_t)a;
	else if (!strcmp(verb, "limited"))
		rate_limited(&play->rate, a, play->now_ms);
	else if (!strcmp(verb, "person"))
		come(play, (long)a, API_PERSON, 0, 30000);
	else if (!strcmp(verb, "program"))
		come(play, (long)a, API_PROGRAM, 0, 30000);
	else if (!strcmp(verb, "reader"))
		come(play, (long)a, API_READER, 0, 30000);
	else if (!strcmp(verb, "poll"))
		come(play, (long)a, API_POLL, 0, 30000);
	else if (!strcmp(verb, "brief"))
		come(play, (long)a, API_PERSON, 0, 2000);
	else if (!strcmp(verb, "later"))
		come(play, (long)a, API_PERSON, 5000, 30000);
	else if (!strcmp(verb, "ms"))
		play->now_ms += (uint64_t)a;
	else if (!strcmp(verb, "go"))
		expect(play, rate_next, verb, args);
	else if (!strcmp(verb, "late"))
		expect(play, next_late, verb, args);
	else if (!strcmp(verb, "wake")) {
		wake = rate_wake_ms(&play->rate, play->now_ms);
		if (wake != (a < 0 ? UINT64_MAX : play->now_ms + (uint64_t)a))
			fail_msg("%s: wakes in %lld ms, not in %lld",
				play->name, (long long)(wake - play->now_ms),
				a);
	} else {
		fail_msg("%s: unknown step %s", play->name, verb);
	}
}

static void each_scenario(void **state)
{
	char steps[512], *step, *rest;
	struct play play;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		memset(&play, 0, sizeof(play));
		rate_init(&play.rate);
		play.now_ms = T0;
		play.name = scenarios[i].name;
		snprintf(steps, sizeof(steps), "%s", scenarios[i].steps);
		for (step = strtok_r(steps, ",", &rest); step;
			step = strtok_r(NULL, ",", &rest))
			play_step(&play, step);
	}
}

/* No minute has more than burst + per_minute requests. */
static void the_rate_is_never_exceeded(void **state)
{
	static uint64_t sent[4000];
	struct play play = { .now_ms = T0, .name = "flood" };
	size_t count = 0, first = 0, i;

	(void)state;
	rate_init(&play.rate);
	rate_set(&play.rate, 60, 10, T0);
	for (i = 0; i < 6000; i++) {
		struct rate_entry *entry;

		play.now_ms += 37;
		play.count = 0;
		if (play.rate.count == 0)
			come(&play, 20, API_PERSON, 0, 3600000);
		while ((entry = rate_next(&play.rate, play.now_ms)))
			sent[count++] = play.now_ms;
		while (sent[first] + 60000 <= play.now_ms)
			first++;
		assert_true(count - first <= 70);
	}
	/* nor much less than it may */
	assert_in_range(count, 225, 235);
}

static uint32_t random_below(uint32_t n)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % n;
}

/* A key's limit, with requests that take longer or shorter to arrive. */
static void limit_is_used(unsigned per_minute, unsigned burst)
{
	struct rate_entry entries[8];
	struct {
		uint64_t arrives_ms, ends_ms, sent_ms;
		int64_t remaining;
	} wire[8] = { { 0 } };
	unsigned uneven_ms = MIN(6000 / per_minute, 200);
	unsigned sent = 0, refused = 0;
	double tokens = burst;
	uint64_t now_ms;
	struct rate rate;
	int i;

	rate_init(&rate);
	rate_set(&rate, per_minute, burst, T0);
	memset(entries, 0, sizeof(entries));
	for (now_ms = T0; now_ms < T0 + 600000; now_ms++) {
		struct rate_entry *entry;

		tokens = MIN(tokens + per_minute / 60000.0, burst);
		for (i = 0; i < 8; i++) {
			struct rate_answer answer = { per_minute,
				wire[i].remaining, 1, 7,
				now_ms - wire[i].sent_ms };

			if (wire[i].arrives_ms == now_ms) {
				refused += tokens < 1;
				tokens -= tokens < 1 ? 0 : 1;
				wire[i].remaining = (int64_t)tokens;
			}
			if (wire[i].ends_ms == now_ms)
				rate_learn(&rate, &answer, now_ms);
			if (wire[i].ends_ms > now_ms || entries[i].due_ms)
				continue;
			entries[i].due_ms = now_ms;
			entries[i].deadline_ms = UINT64_MAX;
			entries[i].priority = API_PROGRAM;
			rate_push(&rate, &entries[i]);
		}
		while ((entry = rate_next(&rate, now_ms))) {
			i = (int)(entry - entries);
			entry->due_ms = 0;
			wire[i].sent_ms = now_ms;
			wire[i].arrives_ms =
				now_ms + 20 + random_below(uneven_ms + 1);
			wire[i].ends_ms = wire[i].arrives_ms + 20;
			sent++;
		}
	}
	assert_int_equal(refused, 0);
	assert_in_range(
		sent, 85 * 10 * per_minute / 100, 10 * per_minute + burst);
}

static void each_limit_is_nearly_used(void **state)
{
	(void)state;
	limit_is_used(10, 1);
	limit_is_used(60, 1);
	limit_is_used(60, 10);
	limit_is_used(600, 1);
	limit_is_used(600, 10);
	limit_is_used(3000, 100);
}

/*
 * The client's bucket against that of a server: a followed log, a list that is
 * polled, and long runs. No request is refused, and the whole rate is used.
 */
struct twin {
	double tokens;
	struct {
		struct rate_entry *entry;
		uint64_t number, beside, sent_ms, ends_ms;
		int64_t remaining;
	} on_way[64];
	int count;
	uint64_t sent, refused;
};

static void twin_takes(
	struct twin *twin, struct rate_entry *entry, uint64_t now_ms)
{
	int i = twin->count++;

	twin->on_way[i].entry = entry;
	twin->on_way[i].number = ++twin->sent;
	twin->on_way[i].beside = (uint64_t)i;
	twin->on_way[i].sent_ms = now_ms;
	twin->on_way[i].ends_ms =
		now_ms + (entry->priority == API_PROGRAM ? 7000 : 40);
	if (twin->tokens >= 1)
		twin->tokens -= 1;
	else
		twin->refused++;
	twin->on_way[i].remaining = (int64_t)twin->tokens;
}

/* Answers one that has ended; false: there is none. */
static bool twin_answers(struct twin *twin, struct rate *rate, uint64_t now_ms)
{
	struct rate_answer answer = { .limit = 60, .reset_s = 1 };
	int i;

	for (i = 0; i < twin->count; i++)
		if (twin->on_way[i].ends_ms <= now_ms)
			break;
	if (i == twin->count)
		return false;
	answer.remaining = twin->on_way[i].remaining;
	answer.age_ms = now_ms - twin->on_way[i].sent_ms;
	answer.since =
		twin->sent - twin->on_way[i].number + twin->on_way[i].beside;
	rate_learn(rate, &answer, now_ms);
	twin->on_way[i].entry->due_ms = 0;
	twin->on_way[i] = twin->on_way[--twin->count];
	return true;
}

static void the_whole_rate_is_used(void **state)
{
	struct rate_entry log = { .priority = API_POLL };
	struct rate_entry list = { .priority = API_POLL };
	struct rate_entry runs[5];
	struct twin twin = { .tokens = 10 };
	unsigned lists = 0, logs = 0;
	uint64_t now_ms, end_ms = T0 + 600000;
	struct rate rate;
	size_t i;

	(void)state;
	rate_init(&rate);
	rate_set(&rate, 60, 10, T0);
	for (i = 0; i < 5; i++)
		runs[i] = (struct rate_entry){ .priority = API_PROGRAM };
	for (now_ms = T0; now_ms < end_ms; now_ms += 20) {
		struct rate_entry *entry,
			*all[] = { &log, &list, &runs[0], &runs[1], &runs[2],
				&runs[3], &runs[4] };

		twin.tokens += 0.02;
		if (twin.tokens > 10)
			twin.tokens = 10;
		while (twin_answers(&twin, &rate, now_ms))
			;
		for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			if (all[i]->due_ms)
				continue; /* it waits, or is on the wire */
			all[i]->due_ms = now_ms;
			all[i]->deadline_ms = now_ms + 3600000;
			rate_push(&rate, all[i]);
		}
		while ((entry = rate_next(&rate, now_ms))) {
			twin_takes(&twin, entry, now_ms);
			lists += entry == &list;
			logs += entry == &log;
		}
		/* the client's count is never much lower than the server's */
		assert_true((double)rate.level / 60000 > twin.tokens - 7);
	}
	assert_int_equal(twin.refused, 0);
	assert_in_range(twin.sent, 600, 610);
	/* 5 runs of 7 s are 43 a minute; the rest is left for polls */
	assert_in_range(lists, 80, 95);
	assert_in_range(logs, 80, 95);
}

/* One random event for each of two equal buckets. */
static void random_event(struct rate *rates[2], struct rate_entry *entries[2],
	int *count, uint64_t now_ms)
{
	uint32_t kind = random_below(100), a = random_below(64),
		 b = random_below(12);
	int i;

	for (i = 0; i < 2; i++) {
		struct rate_answer answer = { 60, b, a, b % 4, a * 100 };

		if (kind < 60) {
			struct rate_entry *entry = &entries[i][*count];

			entry->priority = a % 4;
			entry->due_ms = now_ms + (b == 0 ? a * 200 : 0);
			entry->deadline_ms = now_ms + 1000 + a * 700;
			if (b == 1)
				rate_push_again(rates[i], entry);
			else
				rate_push(rates[i], entry);
		} else if (kind < 70) {
			rate_learn(rates[i], &answer, now_ms);
		} else if (kind < 72) {
			rate_limited(rates[i], (int64_t)a - 1, now_ms);
		} else if (kind < 73) {
			rate_set(rates[i], 20 + a, b, now_ms);
		}
	}
	*count += kind < 60;
}

/* The same requests are late as if all were looked at each time. */
static void skipped_looks_change_nothing(void **state)
{
	enum { EVENTS = 40000 };
	struct rate_entry *entries[2], *found[2];
	struct rate now_and_then, always,
		*rates[2] = { &now_and_then, &always };
	int count = 0, late_count = 0, looks = 0, i, j;
	uint64_t now_ms = T0;

	(void)state;
	for (i = 0; i < 2; i++) {
		entries[i] = calloc(EVENTS, sizeof(*entries[i]));
		rate_init(rates[i]);
		rate_set(rates[i], 60, 10, now_ms);
	}
	for (j = 0; j < EVENTS; j++) {
		struct rate_list late[2];

		now_ms += random_below(600);
		random_event(rates, entries, &count, now_ms);
		always.late_ms = 0;
		looks += now_and_then.late_ms <= now_ms;
		for (i = 0; i < 2; i++) {
			TAILQ_INIT(&late[i]);
			rate_late(rates[i], now_ms, &late[i]);
		}
		do {
			for (i = 0; i < 2; i++) {
				found[i] = TAILQ_FIRST(&late[i]);
				if (found[i])
					TAILQ_REMOVE(&late[i], found[i], link);
			}
			assert_true(!found[0] == !found[1]);
			late_count += found[0] != NULL;
			if (found[0])
				assert_int_equal(found[0] - entries[0],
					found[1] - entries[1]);
		} while (found[0]);
		do {
			for (i = 0; i < 2; i++)
				found[i] = rate_next(rates[i], now_ms);
			assert_true(!found[0] == !found[1]);
			if (found[0])
				assert_int_equal(found[0] - entries[0],
					found[1] - entries[1]);
		} while (found[0]);
		assert_int_equal(rate_wake_ms(rates[0], now_ms),
			rate_wake_ms(rates[1], now_ms));
	}
	assert_true(late_count > EVENTS / 20);
	print_message("%d late, %d looks\n", late_count, looks);
	for (i = 0; i < 2; i++)
		free(entries[i]);
}

/* The cost of an event does not grow with the number of waiting requests. */
static void an_event_is_cheap_while_many_wait(void **state)
{
	enum { MANY = 40000 };
	struct rate_entry *entries = calloc(MANY, sizeof(*entries));
	struct rate_list late = TAILQ_HEAD_INITIALIZER(late);
	uint64_t now_ms = T0;
	clock_t start = clock();
	struct rate rate;
	int i;

	(void)state;
	rate_init(&rate);
	rate_set(&rate, 60, 10, now_ms);
	for (i = 0; i < MANY; i++) {
		entries[i].priority = i % 2 ? API_PROGRAM : API_PERSON;
		entries[i].due_ms = now_ms;
		entries[i].deadline_ms = now_ms + 100000000;
		rate_push(&rate, &entries[i]);
		rate_late(&rate, now_ms, &late);
		rate_wake_ms(&rate, now_ms);
		now_ms += i % 100 == 0;
		rate_next(&rate, now_ms);
	}
	assert_true(TAILQ_EMPTY(&late));
	assert_int_equal(rate.count, MANY - 10);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 2);
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_scenario),
		cmocka_unit_test(the_rate_is_never_exceeded),
		cmocka_unit_test(each_limit_is_nearly_used),
		cmocka_unit_test(the_whole_rate_is_used),
		cmocka_unit_test(skipped_looks_change_nothing),
		cmocka_unit_test(an_event_is_cheap_while_many_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
