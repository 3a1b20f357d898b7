/* SPDX-License-Identifier: MIT */
/* api/rate.c - how many requests may go out now, and whose turn it is */
#include "api/rate.h"

/* per_minute tokens a minute are per_minute of these a millisecond. */
#define TOKEN 60000

#define POLL_RESERVE 2
/* now_ms was read before the answer was: what the server says may be true of a
 * moment so much later. */
#define LAG_MS 250
/* An answer that took no longer speaks of now. */
#define RECENT_MS 1000
/* However far off the server puts the end of a limit, it is asked again after a
 * minute: limits are by the minute. */
#define BLOCK_MAX_S 60

void rate_init(struct rate *rate)
{
	int i;

	*rate = (struct rate){ 0 };
	for (i = 0; i <= API_POLL; i++)
		TAILQ_INIT(&rate->waiting[i]);
}

bool rate_is_known(const struct rate *rate, uint64_t now_ms)
{
	return rate->per_minute || rate->blocked_ms > now_ms;
}

static int64_t rate_full(const struct rate *rate)
{
	unsigned burst = rate->burst ? rate->burst : rate->per_minute;

	return (int64_t)burst * TOKEN;
}

/* What comes in within ms. */
static int64_t rate_gain(const struct rate *rate, uint64_t ms)
{
	return (int64_t)((ms < TOKEN ? ms : TOKEN) * rate->per_minute);
}

static void rate_refill(struct rate *rate, uint64_t now_ms)
{
	int64_t full = rate_full(rate);

	if (now_ms > rate->level_ms) {
		rate->level += rate_gain(rate, now_ms - rate->level_ms);
		rate->level_ms = now_ms;
	}
	if (rate->level > full)
		rate->level = full;
}

static void rate_level(struct rate *rate, int64_t level, uint64_t now_ms)
{
	rate->level = level;
	rate->level_ms = now_ms + LAG_MS;
}

static void rate_start(
	struct rate *rate, unsigned per_minute, unsigned burst, uint64_t now_ms)
{
	rate->per_minute = per_minute;
	rate->burst = burst;
	rate_level(
		rate, rate_full(rate) - (int64_t)rate->taken * TOKEN, now_ms);
	if (rate->level < 0)
		rate->level = 0;
	rate->taken = 0;
}

void rate_set(
	struct rate *rate, unsigned per_minute, unsigned burst, uint64_t now_ms)
{
	bool was_unknown = !rate->per_minute;

	rate->is_learned = false;
	if (was_unknown || !per_minute) {
		rate_start(rate, per_minute, burst, now_ms);
		return;
	}
	rate_refill(rate, now_ms);
	rate->per_minute = per_minute;
	rate->burst = burst;
	rate_refill(rate, now_ms);
}

static void rate_block(struct rate *rate, int64_t wait_s, uint64_t now_ms)
{
	uint64_t s = wait_s < BLOCK_MAX_S ? (uint64_t)wait_s : BLOCK_MAX_S;

	if (now_ms + s * 1000 > rate->blocked_ms)
		rate->blocked_ms = now_ms + s * 1000;
}

/*
 * The server's count is of some moment between its request and now. Since then
 * it has grown by what came in, and has fallen by what it had not counted. Our
 * own is kept where it is within these bounds: to take the lower one each time
 * would lose a token for each run that is under way, at every answer.
 */
static void rate_bound(
	struct rate *rate, const struct rate_answer *answer, uint64_t now_ms)
{
	int64_t full = rate_full(rate), least, most;

	rate_refill(rate, now_ms);
	if (answer->remaining > full / TOKEN) {
		rate->is_window = true; /* it says nothing of our bucket */
		return;
	}
	most = answer->remaining * TOKEN;
	if (answer->age_ms > RECENT_MS)
		most += rate_gain(rate, answer->age_ms - RECENT_MS);
	if (rate->level > most)
		rate_level(rate, most, now_ms);
	if (rate->is_window || answer->since >= (uint64_t)answer->remaining)
		return;
	least = (answer->remaining - (int64_t)answer->since) * TOKEN;
	if (rate->level < least)
		rate_level(rate, least, now_ms);
}

void rate_learn(
	struct rate *rate, const struct rate_answer *answer, uint64_t now_ms)
{
	if (answer->limit > 0 && answer->limit < 1000000 &&
		(!rate->per_minute || rate->is_learned)) {
		if (rate->per_minute != (unsigned)answer->limit)
			rate_start(rate, (unsigned)answer->limit, 0, now_ms);
		rate->is_learned = true;
	}
	if (answer->remaining < 0 || !rate->per_minute)
		return;
	rate_bound(rate, answer, now_ms);
	if (answer->remaining == 0 && rate->is_learned && answer->reset_s > 0)
		rate_block(rate, answer->reset_s, now_ms);
}

void rate_limited(struct rate *rate, int64_t wait_s, uint64_t now_ms)
{
	rate_level(rate, 0, now_ms);
	if (wait_s > 0)
		rate_block(rate, wait_s, now_ms);
}

void rate_push(struct rate *rate, struct rate_entry *entry)
{
	TAILQ_INSERT_TAIL(&rate->waiting[entry->priority], entry, link);
	rate->count++;
}

void rate_remove(struct rate *rate, struct rate_entry *entry)
{
	TAILQ_REMOVE(&rate->waiting[entry->priority], entry, link);
	rate->count--;
}

static int64_t rate_reserve(const struct rate *rate, enum api_priority priority)
{
	int64_t room = rate_full(rate) / TOKEN - 1;

	if (priority != API_POLL)
		return 0;
	return room < POLL_RESERVE ? room : POLL_RESERVE;
}

/* When there is a token for one that has `ahead` before it. */
static uint64_t rate_token_ms(
	const struct rate *rate, enum api_priority priority, uint64_t ahead)
{
	uint64_t at = 0;
	int64_t missing;

	if (rate->per_minute) {
		missing = (rate_reserve(rate, priority) + (int64_t)ahead + 1) *
				TOKEN -
			rate->level;
		if (missing > 0)
			at = rate->level_ms +
				((uint64_t)missing + rate->per_minute - 1) /
					rate->per_minute;
	}
	return at > rate->blocked_ms ? at : rate->blocked_ms;
}

static struct rate_entry *first_due(struct rate_list *list, uint64_t now_ms)
{
	struct rate_entry *entry = TAILQ_FIRST(list);

	while (entry && entry->due_ms > now_ms)
		entry = TAILQ_NEXT(entry, link);
	return entry;
}

/* Whose turn it is of a person's and a run's; either may be NULL. */
static struct rate_entry *take_turn(
	struct rate_entry *person, struct rate_entry *run, bool *is_runs_turn)
{
	bool is_run = !person || (run && *is_runs_turn);

	*is_runs_turn = !is_run;
	return is_run ? run : person;
}

struct rate_entry *rate_next(struct rate *rate, uint64_t now_ms)
{
	bool is_runs_turn = rate->is_runs_turn;
	struct rate_entry *entry;
	int priority;

	rate_refill(rate, now_ms);
	entry = take_turn(first_due(&rate->waiting[API_PERSON], now_ms),
		first_due(&rate->waiting[API_PROGRAM], now_ms), &is_runs_turn);
	for (priority = API_READER; priority <= API_POLL && !entry; priority++)
		entry = first_due(&rate->waiting[priority], now_ms);
	if (!entry || rate_token_ms(rate, entry->priority, 0) > now_ms)
		return NULL;
	if (entry->priority <= API_PROGRAM)
		rate->is_runs_turn = is_runs_turn;
	rate_remove(rate, entry);
	/* A full bucket gains again when the server takes of it: then. */
	if (rate->level >= rate_full(rate))
		rate->level_ms = now_ms + LAG_MS;
	if (rate->per_minute)
		rate->level -= TOKEN;
	else
		rate->taken++;
	return entry;
}

/* All that wait, in the order in which they would go. */
struct line {
	struct rate_entry *next[API_POLL + 1];
	bool is_runs_turn;
};

static struct line line_of(struct rate *rate)
{
	struct line line = { .is_runs_turn = rate->is_runs_turn };
	int i;

	for (i = 0; i <= API_POLL; i++)
		line.next[i] = TAILQ_FIRST(&rate->waiting[i]);
	return line;
}

static struct rate_entry *line_next(struct line *line)
{
	struct rate_entry *entry = take_turn(line->next[API_PERSON],
		line->next[API_PROGRAM], &line->is_runs_turn);
	int priority;

	for (priority = API_READER; priority <= API_POLL && !entry; priority++)
		entry = line->next[priority];
	if (entry)
		line->next[entry->priority] = TAILQ_NEXT(entry, link);
	return entry;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

struct rate_entry *rate_late(struct rate *rate, uint64_t now_ms)
{
	struct line line = line_of(rate);
	struct rate_entry *entry;
	uint64_t ahead = 0, at;

	rate_refill(rate, now_ms);
	while ((entry = line_next(&line))) {
		at = rate_token_ms(rate, entry->priority, ahead++);
		if (later(at, entry->due_ms) < entry->deadline_ms &&
			now_ms < entry->deadline_ms)
			continue;
		rate_remove(rate, entry);
		return entry;
	}
	return NULL;
}

uint64_t rate_wake_ms(struct rate *rate, uint64_t now_ms)
{
	struct line line = line_of(rate);
	struct rate_entry *entry;
	uint64_t wake = UINT64_MAX, at;

	rate_refill(rate, now_ms);
	while ((entry = line_next(&line))) {
		at = rate_token_ms(rate, entry->priority, 0);
		at = later(at, entry->due_ms);
		if (at > entry->deadline_ms)
			at = entry->deadline_ms;
		if (at < wake)
			wake = at;
	}
	return wake;
}
